// The rows of a performance, one per segment. A book has thousands: only some are drawn, following what is spoken.

import { h, keyed, setText } from '../dom.js';
import { isBusy } from '../performance.js';
import { performanceRow } from './performance-row.js';

const ROWS = 150; // drawn at once, and more at each wish

/** @param {any} ctx */
export function performanceRows(ctx) {
  const list = h('ol.performance-rows');
  const further = h('button.button.-plain.-small.further', { type: 'button', onclick: more });
  /** @type {Map<Element, ReturnType<typeof performanceRow>>} */
  const rows = new Map();
  /** @type {{parts: any[], now: import('../performance.js').Performance | null}} */
  let drawn = { parts: [], now: null };
  let most = ROWS;

  /**
   * @param {any[]} parts
   * @param {import('../performance.js').Performance | null} now null while it is only planned
   */
  function update(parts, now) {
    drawn = { parts, now };
    const isDialogue = new Set(parts.map(({ voice }) => voice)).size > 1;
    const from = now && isBusy(now) ? Math.max(0, Math.min(now.current - 2, parts.length - most)) : 0;
    const seen = parts.slice(from, from + most);
    keyed(list, seen, (_, i) => String(from + i), create, (row, part, i) => rows.get(row)?.update(part, from + i, now, isDialogue));
    forgetTheGone();
    const left = parts.length - from - seen.length;
    further.hidden = left <= 0;
    setText(further, ctx.t('performance.further', { count: left }));
  }

  function create() {
    const row = performanceRow(ctx);
    rows.set(row.el, row);
    return row.el;
  }

  function forgetTheGone() {
    for (const [el, row] of rows) {
      if (list.contains(el)) continue;
      row.unmount();
      rows.delete(el);
    }
  }

  function more() {
    most += ROWS;
    update(drawn.parts, drawn.now);
  }

  /** Brings a line into sight, and the focus to its sign. @param {number} index */
  function show(index) {
    while (most <= index && drawn.parts.length > most) more();
    const row = [...list.children].find((one) => /** @type {HTMLElement} */ (one).dataset.key === String(index));
    row?.scrollIntoView({ block: 'nearest' });
    /** @type {HTMLElement | null | undefined} */ (row?.querySelector('.check-badge:not([hidden])'))?.focus();
  }

  return { el: list, further, update, show, unmount: () => rows.forEach((row) => row.unmount()) };
}
