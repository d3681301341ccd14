// One long recording becomes a voice: its head, so far.

import { h } from '../dom.js';

/** @param {HTMLElement} el @param {any} ctx */
export function mount(el, ctx) {
  el.append(h('header', null, h('h1', null, ctx.t('nav.smart'))));
  return { update() {} };
}
