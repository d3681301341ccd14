// An emotion as people see it everywhere: colour, sign and word.

import { h } from '../dom.js';

/**
 * A chip that does something (puts its tag into the script).
 * @param {any} ctx
 * @param {string} name
 * @param {{onclick?: () => void, className?: string, title?: string}} [props] without `onclick` it only tells
 * @returns {HTMLElement}
 */
export function emotionPill(ctx, name, { onclick, className = '', title } = {}) {
  const { emoji, label, colour } = ctx.emotion(name);
  const looks = { class: className, '--emotion': colour, title, dataset: { emotion: name } };
  const content = [h('span.sign', { 'aria-hidden': true }, emoji), h('span', null, label)];
  // the script keeps its caret when a chip is pressed with a pointer
  const props = onclick ? { type: 'button', onclick, onmousedown: (/** @type {Event} */ event) => event.preventDefault() } : {};
  return h(`${onclick ? 'button' : 'span'}.emotion-pill`, { ...looks, ...props }, content);
}
