// Offers tags where one is being written: watches the caret of a text field, opens the list beside it, types what is picked.

import { openTag } from '../script-tokens.js';
import { scriptCompletion } from './script-completion.js';

const WIDTH = 264; // CSS pixels of the list
const TALLEST = 330; // CSS pixels
const MOVES = new Set(['ArrowLeft', 'ArrowRight', 'Home', 'End']);

/** @typedef {import('./script-completion.js').Choice} Choice */

/**
 * @param {HTMLTextAreaElement} input
 * @param {{label: string, choices: () => Choice[], rectAt: (offset: number) => DOMRect, frame: () => DOMRect,
 *   replace: (from: number, to: number, text: string) => void}} props frame: what the list is placed in
 */
export function scriptOffer(input, { label, choices, rectAt, frame, replace }) {
  const list = scriptCompletion({ onPick: pick, label });

  function offer() {
    const tag = input.selectionStart === input.selectionEnd ? openTag(input.value, input.selectionStart) : null;
    if (tag) list.show(choices(), tag.typed, beside(rectAt(tag.start), frame()));
    else list.hide();
    describe();
  }

  function describe() {
    if (list.activeId) input.setAttribute('aria-activedescendant', list.activeId);
    else input.removeAttribute('aria-activedescendant');
  }

  /** @param {Choice} choice */
  function pick(choice) {
    const caret = input.selectionStart;
    const closed = /^\S{0,40}?\]/.exec(input.value.slice(caret))?.[0].length ?? 0; // the rest of the tag it stands in
    replace(openTag(input.value, caret)?.start ?? caret, caret + closed, choice.insert);
  }

  input.addEventListener('keydown', (event) => {
    if (list.keydown(event)) describe();
  });
  input.addEventListener('keyup', (event) => {
    if (MOVES.has(event.key)) offer();
  });
  input.addEventListener('click', offer);
  input.addEventListener('blur', list.hide);
  return { el: list.el, offer, hide: list.hide };
}

/**
 * Where the list opens: beneath the tag, or above it where the page ends sooner.
 * @param {DOMRect} tag
 * @param {DOMRect} frame
 */
function beside(tag, frame) {
  const dock = document.querySelector('#player')?.getBoundingClientRect();
  const foot = dock?.height ? dock.top : innerHeight;
  const [below, above] = [foot - tag.bottom - 12, tag.top - 12];
  const isUp = below < 240 && above > below;
  return {
    left: Math.max(0, Math.min(tag.left - frame.left, frame.width - WIDTH)),
    room: Math.max(120, Math.min(TALLEST, isUp ? above : below)),
    ...(isUp ? { bottom: frame.bottom - tag.top + 4 } : { top: tag.bottom - frame.top + 4 }),
  };
}
