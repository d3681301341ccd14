// Keys of the whole page: Space plays outside text fields, Ctrl+Enter speaks, Esc cancels, ? shows them all.

import { h } from './dom.js';
import { modalIsOpen } from './components/modal.js';
import { isBusy } from './performance.js';

const TYPING = 'input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable]';
const PRESSED_BY_SPACE = 'button, a[href], summary, [role=button], [role=option], [role=tab], [role=slider], audio';

/** @param {any} ctx */
export function setupKeys(ctx) {
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.isComposing || modalIsOpen()) return;
    const run = actionOf(event, ctx);
    if (!run) return;
    event.preventDefault();
    run();
  });
}

/**
 * @param {KeyboardEvent} event
 * @param {any} ctx
 * @returns {(() => void) | null}
 */
function actionOf(event, ctx) {
  const target = /** @type {Element} */ (event.target);
  const bare = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) return () => ctx.speak?.();
  if (event.key === 'Escape') return isBusy(ctx.store.get().performance) ? ctx.cancel : null;
  if (!bare || target.closest(TYPING)) return null;
  if (event.key === ' ' && !target.closest(PRESSED_BY_SPACE) && ctx.player.current) return () => ctx.player.toggle();
  if (event.key === '?') return () => showKeys(ctx);
  return null;
}

/** @param {any} ctx */
export function showKeys({ t, openModal }) {
  const rows = [
    ['Ctrl', 'Enter', t('keys.speak')], ['Esc', '', t('keys.escape')], [t('keys.space'), '', t('keys.play')],
    ['[', '', t('keys.tag')], ['?', '', t('keys.help')],
  ];
  openModal({
    title: t('keys.title'),
    width: 420,
    body: h('dl.keys', null, rows.map(([first, second, what]) => h('div.row', null,
      h('dt', null, h('kbd', null, first), second && [' + ', h('kbd', null, second)]), h('dd', null, what)))),
  });
}
