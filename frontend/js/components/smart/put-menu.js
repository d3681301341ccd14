// The way to an emotion without dragging: a menu of all of them, the suggested one first. Says where the clip lies.

import { fill, h, icon, redraw } from '../../dom.js';
import { attachPopup } from '../popup.js';

/**
 * @param {any} ctx
 * @param {ReturnType<typeof import('../../smart-room.js').createSmartRoom>} room
 * @param {import('../../smart-room.js').Clip} clip
 */
export function putMenu(ctx, room, clip) {
  const { t } = ctx;
  const button = h('button.button.-small.put', { type: 'button' });
  const menu = h('div.menu.glass.-raised', { role: 'menu', 'aria-label': t('smart.put.into') });
  const el = h('div.more-menu', null, button, menu);
  let lies = '';

  attachPopup(button, menu, { onOpen: () => fill(menu, items()) });

  function items() {
    const standard = (ctx.store.get().catalog?.emotions ?? []).map((/** @type {any} */ one) => one.name);
    const own = Object.keys(room.desk.placed).filter((name) => !standard.includes(name));
    const names = [...new Set([clip.emotion, ...standard, ...own])].filter(Boolean);
    return [names.map(item), lies && h('button.menu-item.-danger', { type: 'button', role: 'menuitem', onclick: () => room.place(lies, '') }, icon('close', '-small'), t('smart.put.out'))];
  }

  /** @param {string} name */
  function item(name) {
    const { emoji, label } = ctx.emotion(name);
    const taken = room.desk.placed[name] && room.desk.placed[name] !== clip.id;
    return h('button.menu-item', { type: 'button', role: 'menuitem', dataset: { emotion: name }, onclick: () => room.place(name, clip.id) },
      h('span', { 'aria-hidden': true }, emoji), h('span.grow', null, label), name === lies ? icon('check', '-small') : taken && h('span.small.soft', null, t('smart.put.replaces')));
  }

  return {
    el,
    /** @param {string} emotion */
    update(emotion) {
      lies = emotion;
      const { emoji, label, colour } = ctx.emotion(emotion || 'neutral');
      button.style.setProperty('--emotion', colour);
      redraw(button, emotion, () => (emotion ? [h('span', { 'aria-hidden': true }, emoji), h('span', null, label), icon('chevron-down', '-small')] : [t('smart.put.name'), icon('chevron-down', '-small')]));
      button.classList.toggle('-in', Boolean(emotion));
      button.setAttribute('aria-label', emotion ? t('smart.put.lies', { emotion: label }) : t('smart.put.into'));
    },
  };
}
