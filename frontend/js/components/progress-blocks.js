// Progress as blocks: one per segment, filled while it is spoken, in the colour of its emotion. Long scripts share blocks.

import { h, keyed } from '../dom.js';

const MOST = 40; // blocks that a bar can hold and still be blocks

/** @param {any} ctx */
export function progressBlocks(ctx) {
  const el = h('div.progress-blocks', { role: 'progressbar', 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-label': ctx.t('performance.progress') });

  /** @param {import('../performance.js').Performance} performance */
  function update({ parts, progress, status, current }) {
    const count = Math.max(1, Math.min(MOST, parts.length));
    const spoken = status === 'done' ? count : (filled({ parts, progress, status, current }) / Math.max(1, parts.length)) * count;
    el.setAttribute('aria-valuenow', String(Math.round(progress * 100)));
    el.classList.toggle('-waiting', status === 'starting' || status === 'queued' || status === 'loading');
    keyed(el, Array.from({ length: count }, (_, i) => i), String, () => h('i'), (block, i) => {
      const part = parts[Math.floor((i / count) * parts.length)];
      block.style.setProperty('--fill', String(Math.max(0, Math.min(1, spoken - i))));
      block.style.setProperty('--emotion', part ? ctx.emotion(part.emotion).colour : 'var(--accent)');
      block.style.flexGrow = String(parts.length <= MOST ? Math.sqrt((part?.text.length ?? 1) + 8) : 1);
    });
  }

  return { el, update };
}

/**
 * How many segments are spoken, with the fraction of the one that is being spoken.
 * @param {Pick<import('../performance.js').Performance, 'parts' | 'progress' | 'status' | 'current'>} performance
 */
export function filled({ parts, progress, status, current }) {
  if (status === 'encoding' || status === 'done') return parts.length;
  if (!current) return 0;
  const whole = current - 1;
  return Math.min(current - 0.04, Math.max(whole + 0.08, progress * parts.length)); // progress is of the whole job
}
