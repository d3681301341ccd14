// Speak. (Being written.)
import { h } from '../dom.js';
/** @param {HTMLElement} el @param {any} ctx */
export function mount(el, ctx) {
  el.append(h('header', null, h('h1', null, ctx.t('nav.speak'))));
  return { update() {} };
}
/** @param {any} ctx @param {import('../draft.js').Tab} tab */
export function switchTab(ctx, tab) {
  ctx.store.set({ draft: { ...ctx.store.get().draft, tab } });
}
