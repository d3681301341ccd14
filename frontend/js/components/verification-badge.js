// The sign on a line or a take that was checked; a press unfolds what was found beneath it.

import { fill, h, icon, setText } from '../dom.js';

const SIGNS = /** @type {const} */ ({ none: 'info', good: 'check', redone: 'redo', doubtful: 'warn' });
let count = 0;

/**
 * @param {any} ctx
 * @param {{report: () => Promise<Node>, className?: string}} props report: what is unfolded, made anew each time
 */
export function verificationBadge(ctx, { report, className = '' }) {
  const words = h('span');
  const sign = h('span.sign-place');
  const panel = h('div.check-report', { hidden: true, id: `check-report-${(count += 1)}` });
  const button = h('button.check-badge', { type: 'button', class: className, 'aria-expanded': 'false', 'aria-controls': panel.id, onclick: toggle, onkeydown: typed }, sign, words);
  panel.addEventListener('keydown', typed);
  let drawn = '';

  async function toggle() {
    if (!panel.hidden) return close();
    fill(panel, await report());
    panel.hidden = false;
    button.setAttribute('aria-expanded', 'true');
    panel.scrollIntoView({ block: 'nearest' });
  }

  function close() {
    if (panel.hidden) return;
    const held = panel.contains(document.activeElement);
    panel.hidden = true;
    button.setAttribute('aria-expanded', 'false');
    if (held) button.focus();
  }

  /** @param {KeyboardEvent} event */
  function typed(event) {
    if (event.key !== 'Escape' || panel.hidden) return;
    event.preventDefault();
    event.stopPropagation();
    close();
  }

  return {
    button, panel, close,
    /**
     * @param {import('../verification.js').Standing} standing
     * @param {string} text '' shows the sign alone
     * @param {string} label
     */
    update(standing, text, label) {
      button.hidden = standing === 'none';
      if (button.hidden) close();
      button.dataset.standing = standing;
      setText(words, text);
      button.setAttribute('aria-label', label);
      button.title = label;
      if (drawn !== standing) fill(sign, icon(SIGNS[standing], '-small'));
      drawn = standing;
    },
  };
}
