// An emotion with a recording: hear it, trim it, write down what is said, read the doctor's verdict, replace or remove it.

import { withUnit } from '../../audio/time.js';
import { fill, h, icon, setText } from '../../dom.js';
import { checkup } from './checkup.js';
import { readingFor } from './readings.js';
import { problemNotice } from './problem-notice.js';
import { later } from './later.js';
import { repairs } from './repairs.js';
import { trimmer } from './trim.js';
import { transcriptBox } from './transcript-box.js';
import { verdict } from './verdict.js';

const PAUSE_BEFORE_SAVING = 500; // milliseconds after the last touch of a handle

/**
 * @param {any} ctx
 * @param {{emotion: string, record: () => void, chooseFile: () => void, session: any, voice: any, dictation: import('./dictation.js').Dictation,
 *   doctor: import('./doctor.js').Doctor}} ways
 * @param {any} first the record of the emotion
 */
export function benchReady(ctx, { emotion, record, chooseFile, session, voice, dictation, doctor }, first) {
  const { t } = ctx;
  const trim = trimmer(ctx, { onChange: later(saveTrim, PAUSE_BEFORE_SAVING), onPick: (from) => play(from) });
  const playButton = h('button.button.-primary.-round', { type: 'button', onclick: () => play(trim.range.start) });
  const length = h('p.small.soft.numbers.grow');
  const all = h('button.button.-small.-plain', { type: 'button', onclick: useAll }, icon('scissors', '-small'), t('builder.trim.all'));
  const words = transcriptBox(ctx, { emotion, first, reading: readingFor(session.personality.language, emotion), session, dictation });
  const judged = h('div');
  const look = checkup(ctx, { emotion, doctor, session });
  const mended = repairs(ctx, { emotion, first, session, voice });
  const fault = h('div');
  /** @type {any} */
  let sound = null;
  let entry = first;
  let file = '';

  const el = h('div.stack.ready', null, trim.el, h('div.row.listen', null, playButton, length, all), words.el, fault, judged, look.el, mended.el,
    h('div.row.-wrap.changes', null,
      h('button.button.-small', { type: 'button', onclick: record }, icon('mic', '-small'), t('builder.record.again')),
      h('button.button.-small', { type: 'button', onclick: chooseFile }, icon('upload', '-small'), t('builder.slot.replace')),
      h('button.button.-small.-plain.-danger', { type: 'button', onclick: remove }, icon('trash', '-small'), t('builder.slot.remove'))));

  async function draw() {
    file = entry.file;
    sound = await session.source(emotion, entry);
    if (!sound || file !== entry.file) return;
    const duration = sound.duration || entry.duration;
    const range = { start: entry.source?.start ?? 0, end: Math.min(duration, entry.source?.end ?? duration) };
    trim.show({ peaks: sound.peaks, duration }, range, ctx.emotion(emotion).colour, sound.exact);
    tell();
  }

  function tell() {
    const { start, end } = trim.range;
    setText(length, t('builder.trim.length', { length: withUnit(end - start, ctx.i18n.locale()), whole: withUnit(sound?.duration ?? 0, ctx.i18n.locale()) }));
    all.hidden = !trim.trimmed;
  }

  /** @param {number} from */
  function play(from) {
    if (!sound) return;
    const { end } = trim.range;
    voice.toggle(`bench ${emotion}`, sound.exact ? sound.blob : entry.url, {
      start: from, end: sound.exact ? end : Infinity,
      onTime: (/** @type {number|null} */ seconds) => {
        trim.at(seconds);
        drawPlay();
      },
    });
    drawPlay();
  }

  function drawPlay() {
    const playing = voice.playing(`bench ${emotion}`);
    if (playButton.dataset.playing === String(playing)) return;
    playButton.dataset.playing = String(playing);
    fill(playButton, icon(playing ? 'stop' : 'play'));
    playButton.setAttribute('aria-label', t(playing ? 'common.stop' : 'common.play'));
  }

  function saveTrim() {
    tell();
    const { start, end } = trim.range;
    session.put(emotion, { start, end });
  }

  function useAll() {
    trim.show(sound, { start: 0, end: sound.duration }, ctx.emotion(emotion).colour);
    saveTrim();
    playButton.focus();
  }

  async function remove() {
    voice.stop();
    words.flush();
    const { label } = ctx.emotion(emotion);
    try {
      const undo = await session.remove(emotion);
      ctx.toast(t('builder.slot.removed', { emotion: label }), { action: { label: t('common.undo'), run: undo } });
    } catch (error) {
      fill(fault, problemNotice(ctx, error, [{ label: t('common.retry'), run: remove }]));
    }
  }

  drawPlay();
  draw();
  return {
    el,
    leave: words.flush,
    /** @param {any} next @param {any} transfer */
    update(next, transfer) {
      if (!next) return;
      const changed = next !== entry || !judged.firstChild;
      entry = next;
      if (changed) fill(judged, verdict(ctx, entry));
      if (file !== entry.file) draw();
      judged.classList.toggle('-busy', Boolean(transfer) && transfer.phase !== 'failed');
      words.update(entry, transfer);
      look.update(entry);
      mended.update(entry);
      fill(fault, transfer?.phase === 'failed' ? problemNotice(ctx, transfer.problem, [{ label: t('common.retry'), run: () => session.put(emotion, {}) }]) : null);
    },
  };
}
