// The list that opens on `[`: emotions in the reader's language, pause, voices. Arrow keys, Enter or Tab, Esc.

import { fill, h } from '../dom.js';
import { fold } from '../script-tokens.js';

const MOST = 9; // rows at once

/**
 * @typedef {{insert: string, sign: string, label: string, note: string, colour: string, words: string[]}} Choice
 * @param {{onPick: (choice: Choice) => void, label: string}} props
 */
export function scriptCompletion({ onPick, label }) {
  const el = h('div.menu.glass.-raised.script-completion#script-completion', { role: 'listbox', 'aria-label': label, hidden: true });
  /** @type {Choice[]} */
  let rows = [];
  let active = 0;

  /**
   * @param {Choice[]} choices
   * @param {string} typed
   * @param {{left: number, top?: number, bottom?: number, room: number}} at in pixels of the editor
   */
  function show(choices, typed, at) {
    rows = matching(choices, typed).slice(0, MOST);
    active = 0;
    el.hidden = !rows.length;
    el.style.left = `${at.left}px`;
    el.style.top = at.top === undefined ? 'auto' : `${at.top}px`;
    el.style.bottom = at.bottom === undefined ? 'auto' : `${at.bottom}px`;
    el.style.maxHeight = `${at.room}px`;
    draw();
  }

  function draw() {
    fill(el, rows.map((row, i) => option(row, i, i === active, () => onPick(row))));
    el.children[active]?.scrollIntoView({ block: 'nearest' });
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} whether the key was for the list
   */
  function keydown(event) {
    if (el.hidden || event.isComposing) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      active = (active + step + rows.length) % rows.length;
      draw();
    } else if ((event.key === 'Enter' && !event.ctrlKey && !event.metaKey) || event.key === 'Tab') onPick(rows[active]);
    else if (event.key === 'Escape') hide();
    else return false;
    event.preventDefault();
    return true;
  }

  function hide() {
    el.hidden = true;
  }

  return { el, show, hide, keydown, get open() { return !el.hidden; }, get activeId() { return el.hidden ? '' : `script-choice-${active}`; } };
}

/**
 * @param {Choice} choice
 * @param {number} index
 * @param {boolean} isActive
 * @param {() => void} onclick
 */
function option({ sign, label, note, colour }, index, isActive, onclick) {
  return h('div.menu-item', {
    role: 'option', id: `script-choice-${index}`, class: isActive ? '-active' : '', 'aria-selected': isActive, '--emotion': colour, onclick,
    onpointerdown: (/** @type {Event} */ event) => event.preventDefault(), // the text field keeps the focus
  }, h('span.sign', null, sign), h('span.grow.clip', null, label), h('span.small.faint.clip', null, note));
}

/**
 * Choices that begin with what is typed, then those that hold it.
 * @param {Choice[]} choices
 * @param {string} typed
 */
export function matching(choices, typed) {
  const wanted = fold(typed);
  if (!wanted) return choices;
  const rank = (/** @type {Choice} */ { words }) => {
    const folded = words.map(fold);
    if (folded.some((word) => word.startsWith(wanted))) return 0;
    return folded.some((word) => word.includes(wanted)) ? 1 : 2;
  };
  return choices.map((choice) => ({ choice, at: rank(choice) })).filter(({ at }) => at < 2)
    .sort((a, b) => a.at - b.at).map(({ choice }) => choice);
}
