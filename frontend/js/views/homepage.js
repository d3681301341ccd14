// The first visit. (Being written.)
import { h } from '../dom.js';
/** @param {HTMLElement} el @param {any} ctx */
export function setupHomepage(el, ctx) {
  el.append(h('h1', null, 'Studio'), h('a.button', { href: '#speak' }, ctx.t('nav.speak')));
  return { update() {} };
}
