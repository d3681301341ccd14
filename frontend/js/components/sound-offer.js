// A place for a recording: dropped, chosen, or made here by microphone. Hands over a file; does nothing with it.

import { fill, h, icon } from '../dom.js';
import { recording } from './builder/recording.js';

const FREE = { longest: 1800, scale: 60, count: 0, advice: 'offer.free' }; // half an hour, begun at once

/**
 * @param {any} ctx
 * @param {{title: string, hint: string, onFile: (file: File) => void, name: string}} props name: prefix of the ids
 */
export function soundOffer(ctx, { title, hint, onFile, name }) {
  const { t } = ctx;
  const files = h(`input#${name}-file`, { type: 'file', accept: 'audio/*,video/webm,video/mp4', class: 'unseen', tabindex: -1, 'aria-hidden': 'true', onchange: () => files.files[0] && onFile(files.files[0]) });
  const el = h('div.sound-offer');
  /** @type {ReturnType<typeof recording> | null} */
  let recorder = null;

  function choose() {
    files.value = '';
    files.click();
  }

  /** @param {string} [fault] code of the microphone */
  function offer(fault = '') {
    recorder?.end();
    recorder = null;
    fill(el, h('span.sign', { 'aria-hidden': true }, icon('upload', '-large')), h('h2', null, title), h('p.small.soft', null, hint),
      h('div.row.-wrap.offers', null,
        h(`button.button.-primary#${name}-choose`, { type: 'button', onclick: choose }, icon('folder', '-small'), t('offer.choose')),
        h(`button.button#${name}-record`, { type: 'button', onclick: record }, icon('mic', '-small'), t('offer.record'))),
      fault && h('div.notice.-warn', { role: 'alert' }, icon('mic'), h('div.grow', null, h('strong', null, t(`builder.microphone.${fault}.title`)), h('p', null, t(`builder.microphone.${fault}.hint`)))),
      files);
    if (fault) focus();
  }

  function record() {
    recorder = recording(ctx, {
      onDone(blob, file) {
        recorder = null;
        offer();
        onFile(new File([blob], file, { type: blob.type }));
      },
      onCancel: () => { offer(); focus(); },
      onProblem: offer,
    }, FREE);
    fill(el, recorder.el);
    recorder.focus();
  }

  function focus() {
    /** @type {HTMLElement | null} */ (el.querySelector('.offers button'))?.focus();
  }

  offer();
  return { el, choose, focus, end: () => { if (recorder) offer(); } };
}

/**
 * Files let go of anywhere over an element.
 * @param {HTMLElement} el
 * @param {(file: File) => void} onFile the first one
 */
export function takesDrops(el, onFile) {
  let depth = 0; // enters minus leaves: children report both
  const light = (/** @type {number} */ now) => el.classList.toggle('-dropping', (depth = Math.max(0, now)) > 0);
  const carries = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes('Files');
  el.addEventListener('dragenter', (event) => { if (carries(event)) light(depth + 1); });
  el.addEventListener('dragleave', (event) => { if (carries(event)) light(depth - 1); });
  el.addEventListener('dragover', (event) => { if (carries(event)) event.preventDefault(); });
  el.addEventListener('drop', (event) => {
    light(0);
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    onFile(file);
  });
}
