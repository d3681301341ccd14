// One slot of the grid: an emotion with its sign, its waveform or the offer to record. Draws; saves nothing.

import { withUnit } from '../../audio/time.js';
import { drawWaveform } from '../../audio/waveform.js';
import { fill, h, icon } from '../../dom.js';
import { gradeOf, verdictWord } from './verdict.js';

/**
 * @param {any} ctx
 * @param {string} emotion
 * @param {{onPick: () => void, onPlay: () => void}} actions
 */
export function slotTile(ctx, emotion, { onPick, onPlay }) {
  const { emoji, label, colour } = ctx.emotion(emotion);
  const canvas = /** @type {HTMLCanvasElement} */ (h('canvas', { 'aria-hidden': 'true' }));
  const state = h('span.state.small');
  const pick = h('button.pick', { type: 'button', onclick: onPick },
    h('span.name', null, h('span.emoji', { 'aria-hidden': 'true' }, emoji), h('span.clip', null, label)), canvas, state);
  const play = h('button.button.-plain.-round.-small.play', { type: 'button', onclick: onPlay });
  const el = h('li.slot', { '--emotion': colour, dataset: { emotion } }, pick, play);
  /** @type {any} */
  let record = null;

  const draw = () => record && drawWaveform(canvas, { peaks: record.peaks ?? [], colours: () => colour, bar: 2, gap: 2 });
  new ResizeObserver(draw).observe(canvas);

  /**
   * @param {{record: any, transfer: any, chosen: boolean, playing: boolean}} now
   */
  function update(now) {
    record = now.record;
    const said = wordsOf(ctx, now);
    el.dataset.state = now.transfer?.phase === 'failed' ? 'failed' : now.transfer ? 'saving' : record ? 'ready' : 'empty';
    el.dataset.grade = record ? gradeOf(record.quality) : '';
    el.style.setProperty('--progress', String(now.transfer?.progress ?? 0));
    pick.setAttribute('aria-pressed', String(now.chosen));
    pick.setAttribute('aria-label', `${label}: ${said}`);
    fill(state, el.dataset.state === 'empty' ? icon('mic', '-small') : null, ' ', said);
    play.hidden = !record;
    fill(play, icon(now.playing ? 'stop' : 'play', '-small'));
    play.setAttribute('aria-label', ctx.t(now.playing ? 'builder.slot.stop' : 'builder.slot.play', { emotion: label }));
    draw();
  }

  return { el, update, focus: () => pick.focus() };
}

/**
 * @param {any} ctx
 * @param {{record: any, transfer: any}} now
 */
function wordsOf(ctx, { record, transfer }) {
  const { t } = ctx;
  if (transfer?.phase === 'failed') return t('builder.slot.failed');
  if (transfer?.change.audio && transfer.phase !== 'judging') return t('builder.slot.sending', { percent: Math.round(transfer.progress * 100) });
  if (transfer?.change.audio) return t('builder.slot.judging');
  if (!record) return t('builder.slot.empty');
  return `${verdictWord(ctx, record.quality)} · ${withUnit(record.duration, ctx.i18n.locale())}`;
}
