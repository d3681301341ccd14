// One segment of a performance: its emotion, its words, its piece of the waveform, and a button to hear it alone.

import { h, icon, set, setText } from '../dom.js';
import { drawWaveform } from '../audio/waveform.js';
import { withUnit } from '../audio/time.js';
import { partState, peaksOfPart } from '../performance.js';
import { standingOf } from '../verification.js';
import { verificationBadge } from './verification-badge.js';

/** @param {any} ctx */
export function performanceRow(ctx) {
  const { t } = ctx;
  const sign = h('span.sign', { 'aria-hidden': true });
  const word = h('span.word');
  const voice = h('span.voice.clip');
  const time = h('span.time.numbers');
  const text = h('p.text');
  const wave = h('canvas.wave', { 'aria-hidden': true });
  const play = h('button.button.-plain.-round.play', { type: 'button', onclick: () => playPart(ctx.player, shown.take, shown.part) }, icon('play', '-small'));
  const checked = verificationBadge(ctx, { report });
  const el = h('li.performance-row', null, h('div.badge', null, sign), h('div.words', null, h('div.row.small.mood', null, word, voice, checked.button, time), text, wave, checked.panel), play);
  const shown = { part: /** @type {any} */ (null), take: /** @type {any} */ (null), colour: '', index: 0 };

  async function report() {
    const { lineReport } = await import('./verification-report.js');
    const { part, take, index } = shown;
    return lineReport(ctx, part, { redo: take.id ? () => { checked.close(); ctx.redo(index); } : null });
  }

  /**
   * @param {any} part
   * @param {number} index
   * @param {import('../performance.js').Performance | null} now null while it is only planned
   * @param {boolean} isDialogue whether several voices speak
   */
  function update(part, index, now, isDialogue) {
    const emotion = ctx.emotion(part.emotion);
    const state = now ? partState(now, index) : 'planned';
    const take = now?.status === 'done' || now?.redoing !== null ? now?.take ?? null : null;
    shown.index = index;
    set(el, { '--emotion': emotion.colour, dataset: { state } });
    setText(sign, emotion.emoji);
    setText(word, emotion.label);
    setText(voice, isDialogue ? part.voice ?? '' : '');
    setText(time, take ? withUnit(part.end - part.start, ctx.i18n.locale()) : '');
    setText(text, part.text);
    play.hidden = wave.hidden = !take;
    play.setAttribute('aria-label', t('performance.playSegment', { count: index + 1 }));
    if (part !== shown.part) checked.close();
    drawWave(take, part, emotion.colour);
    showStanding(take, part, index);
  }

  /** @param {any} take @param {any} part @param {number} index */
  function showStanding(take, part, index) {
    const standing = take ? standingOf(part) : 'none';
    const words = { none: '', good: '', redone: t('verify.times', { count: part.takes }), doubtful: t('verify.short.doubtful') }[standing];
    checked.update(standing, words, `${t('verify.line', { count: index + 1 })}: ${t(`verify.standing.${standing}`)}`);
  }

  /** @param {any} take @param {any} part @param {string} colour */
  function drawWave(take, part, colour) {
    if (!take || (shown.take === take && shown.part === part)) return;
    Object.assign(shown, { take, part, colour });
    // drawn when the row has its width
    requestAnimationFrame(draw);
  }

  const draw = () => drawWaveform(wave, { peaks: peaksOfPart(shown.take, shown.part), colours: () => shown.colour, bar: 2, gap: 2 });
  const resized = new ResizeObserver(() => {
    if (shown.take && !wave.hidden) draw();
  });
  resized.observe(wave);

  return { el, update, unmount: () => resized.disconnect() };
}

let watching = 0;

/**
 * Plays one segment of a take and stops where it ends, unless the listener went elsewhere meanwhile.
 * @param {any} player
 * @param {any} take
 * @param {{start: number, end: number}} part
 */
function playPart(player, take, { start, end }) {
  if (player.current?.url !== take.url) player.load(take, { autoplay: false });
  player.seek(start);
  if (!player.playing) player.toggle();
  clearInterval(watching);
  watching = window.setInterval(() => {
    const isOver = player.time >= end;
    if (isOver && player.playing && player.time < end + 0.5) player.pause();
    if (isOver || !player.playing || player.time < start - 0.3) clearInterval(watching);
  }, 40);
}
