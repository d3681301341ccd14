// The place where one emotion is made: shows the right face for its state (empty, recording, on its way, ready, failed).

import { fill, h, icon } from '../../dom.js';
import { benchEmpty } from './bench-empty.js';
import { benchReady } from './bench-ready.js';
import { problemNotice } from './problem-notice.js';
import { recording } from './recording.js';
import { wordsOf } from './verdict.js';

/**
 * @param {any} ctx
 * @param {import('./session.js').Session} session
 * @param {ReturnType<typeof import('./sound.js').createVoice>} voice
 * @param {{dictation: import('./dictation.js').Dictation, doctor: import('./doctor.js').Doctor, onBack: () => void, onFiles: (files: File[]) => void, chooseFile: () => void, chimera: (emotion: string) => void}} actions
 */
export function bench(ctx, session, voice, actions) {
  const { t } = ctx;
  const heading = h('h3.title', { tabindex: -1 });
  const back = h('button.button.-plain.-round.back', { type: 'button', 'aria-label': t('builder.allEmotions'), onclick: actions.onBack }, icon('chevron-right'));
  const live = h('p.unseen', { role: 'status', 'aria-live': 'polite' });
  const body = h('div.bench-body');
  const el = h('section.bench', { 'aria-label': t('builder.bench') }, h('header.row', null, back, heading), body, live);
  let emotion = '';
  let shown = '';
  let said = '';
  /** @type {any} the face that is shown: `{el, update?, end?}` */
  let face = null;
  /** @type {ReturnType<typeof recording> | null} */
  let recorder = null;
  let microphoneFault = '';

  /** @param {string} next */
  function choose(next) {
    if (next === emotion) return;
    stopRecording();
    voice.stop();
    microphoneFault = '';
    emotion = next;
    const { emoji, label, colour } = ctx.emotion(emotion);
    el.style.setProperty('--emotion', colour);
    fill(heading, h('span.emoji', { 'aria-hidden': 'true' }, emoji), h('span', null, label));
    said = '';
    update();
  }

  function record() {
    stopRecording();
    voice.stop();
    microphoneFault = '';
    recorder = recording(ctx, {
      onDone: (blob, name) => {
        recorder = null;
        session.put(emotion, { audio: blob, fileName: name, start: undefined, end: undefined });
      },
      onCancel: () => settle(''),
      onProblem: settle,
    });
    update();
    recorder.focus();
  }

  /** @param {string} fault code of the microphone, '' for none */
  function settle(fault) {
    recorder = null;
    microphoneFault = fault;
    update();
    body.querySelector('button')?.focus();
  }

  function stopRecording() {
    recorder?.end();
    recorder = null;
  }

  function update() {
    if (!emotion) return;
    const entry = session.personality?.emotions[emotion];
    const transfer = session.transfer(emotion);
    const key = `${emotion} ${faceOf(entry, transfer, recorder, microphoneFault)}`;
    if (key !== shown) show(key, entry, transfer);
    face?.update?.(entry, transfer);
    announce(entry, transfer);
  }

  /** @param {string} key @param {any} entry @param {any} transfer */
  function show(key, entry, transfer) {
    const held = body.contains(document.activeElement);
    face?.leave?.();
    shown = key;
    const kind = key.slice(emotion.length + 1).split(' ')[0];
    const ways = { emotion, record, chooseFile: actions.chooseFile, chimera: actions.chimera, session, voice, dictation: actions.dictation, doctor: actions.doctor };
    if (kind === 'recording') face = recorder;
    else if (kind === 'ready') face = benchReady(ctx, ways, entry);
    else if (kind === 'saving') face = saving(ctx, transfer);
    else if (kind === 'failed') face = failed(ctx, ways, transfer);
    else face = benchEmpty(ctx, ways, microphoneFault);
    fill(body, face.reading ?? null, face.el);
    if (kind === 'recording') body.prepend(benchEmpty.reading(ctx, session, emotion) ?? '');
    if (held && kind !== 'recording') heading.focus();
  }

  /** @param {any} entry @param {any} transfer */
  function announce(entry, transfer) {
    const { label } = ctx.emotion(emotion);
    const words = transfer?.phase === 'failed' ? ctx.explain(transfer.problem).title
      : transfer?.change.audio ? t('builder.saving.judging')
        : entry ? `${label}: ${t('builder.saving.saved')}. ${entry.quality?.findings?.map((/** @type {any} */ one) => wordsOf(ctx, one)).join(' ') ?? ''}` : '';
    if (words !== said) live.textContent = said = words;
  }

  return { el, choose, record, update, end: stopRecording, focus: () => heading.focus(), get recording() { return Boolean(recorder); } };
}

/**
 * @param {any} entry
 * @param {any} transfer
 * @param {any} recorder
 * @param {string} microphoneFault
 */
function faceOf(entry, transfer, recorder, microphoneFault) {
  if (recorder) return 'recording';
  if (transfer?.change.audio) return transfer.phase === 'failed' ? 'failed' : 'saving';
  return entry && !microphoneFault ? 'ready' : `empty ${microphoneFault}`;
}

/**
 * @param {any} ctx
 * @param {any} transfer
 */
function saving(ctx, transfer) {
  const words = h('p', null);
  const bar = h('progress.upload', { max: 1 });
  const update = (/** @type {any} */ _entry, /** @type {any} */ now = transfer) => {
    if (!now) return;
    const judging = now.phase === 'judging';
    words.textContent = ctx.t(judging ? 'builder.saving.judging' : 'builder.saving.sending', { percent: Math.round(now.progress * 100) });
    if (judging) bar.removeAttribute('value');
    else bar.setAttribute('value', String(now.progress));
    bar.setAttribute('aria-label', words.textContent ?? '');
  };
  return { el: h('div.saving', null, words, bar), update };
}

/**
 * @param {any} ctx
 * @param {any} ways
 * @param {any} transfer
 */
function failed(ctx, { emotion, record, chooseFile, session }, transfer) {
  const refused = transfer.problem.status === 422; // the same file would be refused again
  return {
    el: h('div.stack', null, problemNotice(ctx, transfer.problem, [
      ...(refused ? [] : [{ label: ctx.t('common.retry'), run: () => session.put(emotion, {}) }]),
      { label: ctx.t('builder.record.start'), run: record },
      { label: ctx.t('builder.slot.choose'), run: chooseFile },
      { label: ctx.t('builder.slot.letGo'), run: () => session.forget(emotion) },
    ])),
  };
}
