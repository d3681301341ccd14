// One clip: heard, read and put right, judged in words, dragged or sent by menu to the emotion that it shall be.

import { clock, withUnit } from '../../audio/time.js';
import { drawWaveform } from '../../audio/waveform.js';
import { fill, h, icon, redraw, setText } from '../../dom.js';
import { reasons } from '../../smart-clips.js';
import { emotionPill } from '../emotion-pill.js';
import { gradeOf, verdictWord, wordsOf } from '../builder/verdict.js';
import { dragged } from './dragging.js';
import { putMenu } from './put-menu.js';

/**
 * @param {any} ctx
 * @param {ReturnType<typeof import('../../smart-room.js').createSmartRoom>} room
 * @param {import('../../smart-room.js').Clip} clip
 */
export function clipCard(ctx, room, clip) {
  const { t, i18n } = ctx;
  const place = clock(clip.start);
  const play = h('button.button.-round.play', { type: 'button', onclick: () => hear(ctx, room, clip) });
  const canvas = /** @type {HTMLCanvasElement} */ (h('canvas', { 'aria-hidden': true }));
  const time = h('span.small.soft.numbers.time', null, `${place} · ${withUnit(clip.end - clip.start, i18n.locale())}`);
  const hold = h('span.hold', { 'aria-hidden': true, title: t('smart.drag') }, icon('grip'));
  const head = h('div.head', { draggable: 'true' }, play, canvas, time, hold);
  const words = h('textarea.input.words', { rows: 2, maxlength: 5000, 'aria-label': t('smart.words', { time: place }), placeholder: t('builder.transcript.placeholder'), oninput: fit, onchange: () => room.write(clip.id, words.value) });
  const put = putMenu(ctx, room, clip);
  const el = h('li.clip-card', { tabindex: -1, '--emotion': ctx.emotion(clip.emotion || 'neutral').colour, dataset: { clip: clip.id } }, head, words,
    h('div.foot', null, sounds(ctx, clip), judged(ctx, clip), put.el), doubtsOf(ctx, clip));
  dragged(head, clip.id, el);

  function draw() {
    drawWaveform(canvas, { peaks: clip.peaks ?? [], bar: 2, gap: 2, colours: () => ctx.emotion(clip.emotion || 'neutral').colour });
  }

  /** As high as its words, where the browser does not do that itself. */
  function fit() {
    words.style.setProperty('--lines', String(Math.max(1, Math.ceil(words.value.length / 62))));
  }

  new ResizeObserver(draw).observe(canvas);

  function refresh() {
    const playing = ctx.player.playing && ctx.player.current?.url === clip.audio;
    redraw(play, playing, () => icon(playing ? 'pause' : 'play'));
    play.setAttribute('aria-label', t(playing ? 'smart.pause' : 'smart.play', { time: place }));
    el.classList.toggle('-current', ctx.player.current?.url === clip.audio);
  }

  return {
    el, refresh,
    /** @param {string} emotion that it was put into, '' for none */
    update(emotion) {
      if (document.activeElement !== words && words.value !== room.wordsOf(clip)) words.value = room.wordsOf(clip);
      fit();
      el.classList.toggle('-placed', Boolean(emotion));
      put.update(emotion);
      refresh();
    },
    show() {
      el.scrollIntoView({ block: 'center' });
      el.focus();
    },
  };
}

/**
 * What it sounds like, how sure that is, and why.
 * @param {any} ctx
 * @param {import('../../smart-room.js').Clip} clip
 */
function sounds(ctx, clip) {
  const { t, i18n } = ctx;
  if (!clip.emotion) return h('span.small.soft', null, t('smart.noGuess'));
  const sure = new Intl.NumberFormat(i18n.locale(), { style: 'percent' }).format(clip.confidence ?? 0);
  const why = reasons(clip.relative).map((word) => t(`smart.why.${word}`));
  return h('div.sounds', null, emotionPill(ctx, clip.emotion), h('span.small.soft.numbers', { title: t('smart.sure') }, [sure, ...why].join(' · ')));
}

/**
 * @param {any} ctx
 * @param {import('../../smart-room.js').Clip} clip
 */
function judged(ctx, clip) {
  const grade = gradeOf(clip);
  return h('span.judged.small', { class: `-${grade}` }, icon(grade === 'poor' ? 'warn' : 'check', '-small'),
    h('span', null, verdictWord(ctx, clip)), h('span.numbers.soft', { title: ctx.t('builder.verdict.score', { score: Math.round(clip.score) }) }, String(Math.round(clip.score))),
    clip.speaker && (ctx.smartRoom.sitting?.speakers ?? 1) > 1 ? h('span.soft', null, `· ${ctx.t('smart.speaker.one', { number: String(clip.speaker) })}`) : null);
}

/**
 * @param {any} ctx
 * @param {import('../../smart-room.js').Clip} clip
 */
function doubtsOf(ctx, clip) {
  const warnings = (clip.findings ?? []).filter(({ kind }) => kind === 'warning');
  return warnings.length > 0 && h('ul.doubts.small', null, warnings.map((finding) => h('li', null, icon('info', '-small'), h('span', null, wordsOf(ctx, finding)))));
}

/**
 * Plays a clip in the dock, or pauses it there.
 * @param {any} ctx
 * @param {any} room
 * @param {import('../../smart-room.js').Clip} clip
 */
export function hear(ctx, room, clip) {
  if (ctx.player.current?.url === clip.audio) return ctx.player.toggle();
  const duration = clip.end - clip.start;
  const title = ctx.t('smart.clipAt', { time: clock(clip.start) });
  ctx.player.load({ url: clip.audio, duration, peaks: clip.peaks, title, segments: [{ start: 0, end: duration, emotion: clip.emotion || 'neutral', text: room.wordsOf(clip) || title }] }, { autoplay: true });
}
