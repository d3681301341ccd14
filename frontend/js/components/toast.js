// Short messages at the foot of the page, said once, with at most one thing to do (undo).

import { h, icon } from '../dom.js';

const SHOWN = 5000; // milliseconds
const SHOWN_WITH_ACTION = 10_000; // milliseconds

/**
 * @typedef {(text: string, options?: {kind?: 'good' | 'bad', action?: {label: string, run: () => void}, seconds?: number}) => {close(): void}} Toast
 * @param {HTMLElement} host a live region
 * @param {() => string} closeLabel
 * @returns {Toast}
 */
export function createToasts(host, closeLabel) {
  return (text, { kind = 'good', action, seconds } = {}) => {
    const el = h('div.toast.glass.-raised', { class: kind === 'bad' ? '-bad' : '' }, h('span.grow', null, text));
    const close = () => {
      clearTimeout(timer);
      el.remove();
    };
    if (action) el.append(h('button.button.-small', { type: 'button', onclick: () => { close(); action.run(); } }, action.label));
    el.append(h('button.button.-plain.-round.-small', { type: 'button', 'aria-label': closeLabel(), onclick: close }, icon('close', '-small')));
    let timer = setTimeout(close, seconds ? seconds * 1000 : action ? SHOWN_WITH_ACTION : SHOWN);
    el.addEventListener('pointerenter', () => clearTimeout(timer));
    el.addEventListener('pointerleave', () => { timer = setTimeout(close, SHOWN); });
    host.append(el);
    return { close };
  };
}
