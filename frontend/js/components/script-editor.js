// The script: a plain text field whose letters are drawn, with coloured tags, by a mirror behind it. Offers tags on `[`.

import { h } from '../dom.js';
import { openTag, tokens } from '../script-tokens.js';
import { scriptCompletion } from './script-completion.js';
import { scriptMirror } from './script-mirror.js';

/**
 * @typedef {import('./script-completion.js').Choice} Choice
 * @param {any} ctx
 * @param {{label: string, placeholder: string, describedBy: string, onInput: (text: string) => void,
 *   vocabulary: () => import('../script-tokens.js').Vocabulary, choices: () => Choice[]}} props
 */
export function scriptEditor(ctx, props) {
  const mirror = scriptMirror(ctx);
  const input = /** @type {HTMLTextAreaElement} */ (h('textarea#script-input', {
    'aria-label': props.label, 'aria-describedby': props.describedBy, placeholder: props.placeholder, spellcheck: false,
    autocomplete: 'off', autocapitalize: 'sentences', 'aria-autocomplete': 'list', 'aria-controls': 'script-completion',
  }));
  const completion = scriptCompletion({ onPick: pick, label: ctx.t('script.choices') });
  const paper = h('div.paper', null, mirror.el, input);
  const scroller = h('div.script-scroll', { onpointerdown: focusBelow }, paper);
  const el = h('div.script-editor', null, scroller, completion.el);

  input.addEventListener('input', () => {
    props.onInput(input.value);
    draw();
    offer();
  });
  input.addEventListener('keydown', (event) => {
    if (completion.keydown(event)) describe();
  });
  input.addEventListener('click', offer);
  input.addEventListener('keyup', (event) => {
    if (event.key.startsWith('ArrowL') || event.key.startsWith('ArrowR') || event.key === 'Home' || event.key === 'End') offer();
  });
  input.addEventListener('blur', () => completion.hide());

  function draw() {
    mirror.draw(input.value, tokens(input.value, props.vocabulary()));
  }

  function offer() {
    const tag = input.selectionStart === input.selectionEnd ? openTag(input.value, input.selectionStart) : null;
    if (!tag) completion.hide();
    else completion.show(props.choices(), tag.typed, beside(mirror.rectAt(tag.start)));
    describe();
  }

  function describe() {
    if (completion.activeId) input.setAttribute('aria-activedescendant', completion.activeId);
    else input.removeAttribute('aria-activedescendant');
  }

  /**
   * Where the list opens: beneath the tag, or above it where the page ends sooner.
   * @param {DOMRect} rect of the tag's bracket
   */
  function beside(rect) {
    const frame = el.getBoundingClientRect();
    const dock = document.querySelector('#player')?.getBoundingClientRect();
    const foot = dock?.height ? dock.top : innerHeight;
    const [below, above] = [foot - rect.bottom - 12, rect.top - 12];
    const left = Math.max(0, Math.min(rect.left - frame.left, frame.width - 264));
    const up = below < 240 && above > below;
    return { left, room: Math.max(120, Math.min(330, up ? above : below)), ...(up ? { bottom: frame.bottom - rect.top + 4 } : { top: rect.bottom - frame.top + 4 }) };
  }

  /** @param {Choice} choice */
  function pick(choice) {
    const tag = openTag(input.value, input.selectionStart);
    const end = /^[^[\]\n]*\]/.exec(input.value.slice(input.selectionStart))?.[0].length ?? 0;
    replace(tag?.start ?? input.selectionStart, input.selectionStart + end, choice.insert);
  }

  /**
   * Types into the field, so that the browser's own undo knows it.
   * @param {number} from
   * @param {number} to
   * @param {string} text
   */
  function replace(from, to, text) {
    const spaced = /^\s/.test(input.value.slice(to)) ? text : `${text} `;
    input.focus();
    input.setSelectionRange(from, to);
    if (!document.execCommand('insertText', false, spaced)) input.setRangeText(spaced, from, to, 'end');
    completion.hide();
    props.onInput(input.value);
    draw();
  }

  /** @param {PointerEvent} event */
  function focusBelow(event) {
    if (event.target !== scroller) return;
    event.preventDefault();
    input.focus();
    input.setSelectionRange(input.value.length, input.value.length);
  }

  return {
    el, input, draw, replace,
    /** @param {string} text what stands before the caret's place */
    insert(text) {
      const before = input.value.slice(0, input.selectionStart);
      replace(input.selectionStart, input.selectionEnd, before && !/\s$/.test(before) ? ` ${text}` : text);
    },
    /** @param {string} text */
    set(text) {
      if (input.value !== text) input.value = text;
      draw();
    },
  };
}
