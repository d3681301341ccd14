// One try: the wave with the part of each voice in its colour and the join marked, how alike they are, and what to do with it.

import { withUnit } from '../../audio/time.js';
import { drawWaveform } from '../../audio/waveform.js';
import { h, icon, redraw, setText } from '../../dom.js';
import { gradeOf, verdictWord } from '../builder/verdict.js';

/**
 * @param {any} ctx
 * @param {ReturnType<typeof import('../../chimera-room.js').createChimeraRoom>} room
 * @param {import('../../chimera-room.js').Try} one
 * @param {{isBest: boolean, emotion: string, play: (one: import('../../chimera-room.js').Try) => void}} props
 */
export function tryCard(ctx, room, one, { isBest, emotion, play }) {
  const { t, i18n } = ctx;
  const count = one.index + 1;
  const { colour, label } = ctx.emotion(emotion);
  const canvas = /** @type {HTMLCanvasElement} */ (h('canvas', { 'aria-hidden': true }));
  const join = h('span.join', { 'aria-hidden': true, '--at': String(one.join.at / one.duration), '--wide': String(one.join.crossfade_ms / 1000 / one.duration), title: t('chimera.tries.join') });
  const hear = h('button.button.-round.play', { type: 'button', onclick: () => play(one) });
  const marks = /** @type {const} */ (['a', 'b']).map((mark) => h(`button.chip.mark.-${mark}`, { type: 'button', 'aria-label': t('chimera.tries.compareAs', { mark: mark.toUpperCase(), count }), onclick: () => room.arrange({ [mark]: one.index }) }, mark.toUpperCase()));
  const keep = h('button.button.-small.keep', { type: 'button', onclick: () => room.arrange({ kept: one.index }) });
  const el = h('li.try-card', { '--emotion': colour, dataset: { try: one.index } },
    h('div.row.head', null, h('h3', null, t('chimera.tries.name', { count })), isBest && h('span.badge.small.-accent', null, t('chimera.tries.best')), h('span.grow'), h('div.row.marks', { role: 'group', 'aria-label': t('chimera.compare.title') }, marks)),
    h('div.row.heard', null, hear, h('div.wave', null, canvas, join)),
    h('ul.legend.small.soft', null, h('li.-own', null, t('chimera.tries.own', { time: withUnit(one.parts.user.end - one.parts.user.start, i18n.locale()) })), h('li.-acted', null, t('chimera.tries.acted', { emotion: label, time: withUnit(one.parts.ai.end - one.parts.ai.start, i18n.locale()) }))),
    likeness(ctx, one.similarity),
    h('div.row.-wrap.measured', null, h('span.small.soft.numbers', null, facts(ctx, one)), h('span.grow'), keep));

  const draw = () => {
    const ours = getComputedStyle(canvas).color;
    drawWaveform(canvas, { peaks: one.peaks, bar: 2, gap: 2, colours: (fraction) => (fraction * one.duration < one.join.at ? ours : colour) });
  };
  new ResizeObserver(draw).observe(canvas);

  function refresh() {
    const playing = ctx.player.playing && ctx.player.current?.url === one.audio;
    redraw(hear, playing, () => icon(playing ? 'pause' : 'play'));
    hear.setAttribute('aria-label', t(playing ? 'chimera.tries.pause' : 'chimera.tries.play', { count }));
    el.classList.toggle('-current', ctx.player.current?.url === one.audio);
  }

  function update() {
    const { desk } = room;
    marks.forEach((mark, i) => mark.setAttribute('aria-pressed', String((i ? desk.b : desk.a) === one.index)));
    const kept = desk.kept === one.index;
    el.classList.toggle('-kept', kept);
    keep.setAttribute('aria-pressed', String(kept));
    redraw(keep, kept, () => [kept && icon('check', '-small'), t(kept ? 'chimera.tries.kept' : 'chimera.tries.keep')]);
    refresh();
  }

  return { el, update, refresh };
}

/**
 * How near the acted voice is to the user's, by a speaker embedding.
 * @param {any} ctx
 * @param {number | null} similarity cosine; null where nobody could tell
 */
function likeness({ t, i18n }, similarity) {
  if (similarity === null) return h('p.small.soft', null, t('chimera.tries.notJudged'));
  const share = Math.max(0, Math.min(1, similarity));
  const words = new Intl.NumberFormat(i18n.locale(), { style: 'percent' }).format(share);
  const value = h('span.numbers.small');
  setText(value, words);
  return h('div.likeness', null, h('span.small', null, t('chimera.tries.likeness')),
    h('div.bar', { role: 'meter', 'aria-label': t('chimera.tries.likeness'), 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': Math.round(share * 100), 'aria-valuetext': words, '--fill': String(share) }, h('i')), value);
}

/** @param {any} ctx @param {import('../../chimera-room.js').Try} one */
function facts(ctx, one) {
  const { t, i18n } = ctx;
  const decibels = new Intl.NumberFormat(i18n.locale(), { maximumFractionDigits: 1, minimumFractionDigits: 1 }).format(Math.abs(one.join.level_step_db));
  return [withUnit(one.duration, i18n.locale()), t('chimera.tries.step', { decibels }), t('chimera.tries.quality', { verdict: verdictWord(ctx, one.quality) }), gradeOf(one.quality) === 'poor' && '⚠'].filter(Boolean).join(' · ');
}
