// The script: a plain text field whose letters are drawn, with coloured tags, by a mirror behind it. Offers tags on `[`.

import { h } from '../dom.js';
import { tokens } from '../script-tokens.js';
import { scriptMirror } from './script-mirror.js';
import { scriptOffer } from './script-offer.js';

/**
 * @param {any} ctx
 * @param {{label: string, placeholder: string, describedBy: string, onInput: (text: string) => void,
 *   vocabulary: () => import('../script-tokens.js').Vocabulary, choices: () => import('./script-completion.js').Choice[]}} props
 */
export function scriptEditor(ctx, { label, placeholder, describedBy, onInput, vocabulary, choices }) {
  const mirror = scriptMirror(ctx);
  const input = /** @type {HTMLTextAreaElement} */ (h('textarea#script-input', {
    'aria-label': label, 'aria-describedby': describedBy, placeholder, spellcheck: false,
    autocomplete: 'off', autocapitalize: 'sentences', 'aria-autocomplete': 'list', 'aria-controls': 'script-completion',
  }));
  const offered = scriptOffer(input, { label: ctx.t('script.choices'), choices, rectAt: mirror.rectAt, frame: () => el.getBoundingClientRect(), replace });
  const scroller = h('div.script-scroll', { onpointerdown: focusBelow }, h('div.paper', null, mirror.el, input));
  const el = h('div.script-editor', null, scroller, offered.el);

  const draw = () => mirror.draw(input.value, tokens(input.value, vocabulary()));
  input.addEventListener('input', () => {
    onInput(input.value);
    draw();
    offered.offer();
  });

  /** Types into the field, so that the browser's own undo knows it. @param {number} from @param {number} to @param {string} text */
  function replace(from, to, text) {
    const spaced = /^\s/.test(input.value.slice(to)) ? text : `${text} `;
    input.focus();
    input.setSelectionRange(from, to);
    if (!document.execCommand('insertText', false, spaced)) input.setRangeText(spaced, from, to, 'end');
    offered.hide();
    onInput(input.value);
    draw();
  }

  /** @param {string} text what is put at the caret */
  function insert(text) {
    const before = input.value.slice(0, input.selectionStart);
    replace(input.selectionStart, input.selectionEnd, before && !/\s$/.test(before) ? ` ${text}` : text);
  }

  /** @param {string} text */
  function set(text) {
    if (input.value !== text) input.value = text;
    draw();
  }

  /** @param {PointerEvent} event beneath the last line */
  function focusBelow(event) {
    if (event.target !== scroller) return;
    event.preventDefault();
    input.focus();
    input.setSelectionRange(input.value.length, input.value.length);
  }

  return { el, input, draw, replace, insert, set };
}
