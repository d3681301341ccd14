// One saved voice: its name (renamed in place), its emotions to hear, and what can be done with it.

import { fill, h, icon, set, setText } from '../dom.js';
import { inOrder } from '../emotion-order.js';
import { emotionPill } from './emotion-pill.js';
import { attachPopup } from './popup.js';
import { voiceFace } from './voice-card.js';

/**
 * @param {any} ctx
 * @param {any} first the record
 * @param {{edit: (id: string, options?: any) => void, remove: (personality: any) => Promise<void>}} actions
 */
export function personalityCard(ctx, first, actions) {
  const { t } = ctx;
  let personality = first;
  const face = h('span');
  const name = h('h2.name');
  const rename = h('button.button.-plain.-round.-small.rename', { type: 'button', onclick: beginRenaming }, icon('edit', '-small'));
  const title = h('div.row.title', null, name, rename);
  const about = h('p.small.soft');
  const chips = h('div.chips');
  const fault = h('p.field-error', { role: 'alert', hidden: true });
  const speak = h('button.button', { type: 'button', onclick: speakWith }, icon('speak', '-small'), t('voices.speak'));
  const edit = h('button.button', { type: 'button', onclick: () => actions.edit(personality.id) }, icon('mic', '-small'), t('voices.edit'));
  const more = moreMenu(ctx, () => personality, { edit: () => actions.edit(personality.id), remove: () => attempt(() => actions.remove(personality)) });
  const el = h('li.personality-card.glass', { tabindex: -1 },
    h('div.row.head', null, face, h('div.grow', null, title, about), more.el), chips, fault,
    h('div.row.-wrap.deeds', null, speak,
      edit));

  function speakWith() {
    ctx.store.set((/** @type {any} */ now) => ({ draft: { ...now.draft, tab: 'base', personality: personality.id } }));
    ctx.router.go('speak');
  }

  /** @param {() => Promise<void>} work */
  async function attempt(work) {
    try {
      await work();
      fault.hidden = true;
    } catch (error) {
      const { title: said, detail, hint } = ctx.explain(error);
      fault.textContent = [said, detail, hint].filter(Boolean).join(' ');
      fault.hidden = false;
    }
  }

  function beginRenaming() {
    let over = false;
    const input = h('input.input', { value: personality.name, maxlength: 200, 'aria-label': t('voices.renameTo'), autocomplete: 'off' });
    const end = (/** @type {boolean} */ keep) => {
      if (over) return;
      over = true;
      const wanted = input.value.trim();
      const held = input === document.activeElement;
      fill(title, name, rename);
      if (held) rename.focus();
      if (keep && wanted && wanted !== personality.name) attempt(() => saveName(wanted));
    };
    input.addEventListener('blur', () => end(true));
    input.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== 'Enter' && event.key !== 'Escape') return;
      event.preventDefault();
      event.stopPropagation();
      end(event.key === 'Enter');
    });
    fill(title, input);
    input.select();
  }

  /** @param {string} wanted */
  async function saveName(wanted) {
    setText(name, wanted);
    try {
      await ctx.api.patch(`/api/personality/${encodeURIComponent(personality.id)}`, { name: wanted });
    } finally {
      setText(name, personality.name);
    }
    await ctx.refresh.personalities();
  }

  /** @param {any} [record] */
  function update(record = personality) {
    const changed = record !== personality || !face.firstChild;
    personality = record;
    if (changed) fill(face, voiceFace(personality.name));
    setText(name, personality.name);
    const names = inOrder(Object.keys(personality.emotions), ctx.store.get().catalog?.emotions ?? []);
    const language = ctx.store.get().catalog?.languages.find((/** @type {any} */ one) => one.code === personality.language)?.native ?? personality.language;
    setText(about, [language, names.length && t('voices.emotions', { count: names.length })].filter(Boolean).join(' · '));
    rename.setAttribute('aria-label', t('voices.rename', { name: personality.name }));
    more.name(personality.name);
    speak.hidden = names.length === 0;
    edit.classList.toggle('-plain', names.length > 0);
    if (changed) fill(chips, names.length ? names.map((emotion) => chip(ctx, personality, emotion)) : h('p.small.soft', null, t('voices.noEmotions')));
    for (const one of chips.querySelectorAll('.emotion-pill')) one.setAttribute('aria-pressed', String(ctx.player.playing && ctx.player.current?.url === one.dataset.url));
  }

  update();
  return { el, update, focus: () => el.focus() };
}

/**
 * An emotion that plays its reference in the dock.
 * @param {any} ctx
 * @param {any} personality
 * @param {string} emotion
 */
function chip(ctx, personality, emotion) {
  const take = referenceTake(ctx, personality, emotion);
  const press = () => (ctx.player.current?.url === take.url ? ctx.player.toggle() : ctx.player.load(take, { autoplay: true }));
  const words = ctx.t('voices.hear', { emotion: ctx.emotion(emotion).label });
  return set(emotionPill(ctx, emotion, { onclick: press, title: words }), { 'aria-pressed': false, 'aria-label': words, dataset: { url: take.url } });
}

/**
 * A recording in the shape that the player takes.
 * @param {any} ctx
 * @param {any} personality
 * @param {string} emotion
 */
function referenceTake(ctx, personality, emotion) {
  const record = personality.emotions[emotion];
  const { label } = ctx.emotion(emotion);
  return {
    url: `${record.url}?file=${encodeURIComponent(record.file)}`, duration: record.duration, peaks: record.peaks,
    title: ctx.t('player.reference', { name: personality.name, emotion: label }),
    segments: [{ start: 0, end: record.duration, emotion, text: record.transcript || ctx.t('player.reference', { name: personality.name, emotion: label }), voice: personality.name }],
  };
}

/**
 * @param {any} ctx
 * @param {() => any} personality
 * @param {{edit: () => void, remove: () => void}} actions
 */
function moreMenu(ctx, personality, { edit, remove }) {
  const { t } = ctx;
  const button = h('button.button.-plain.-round', { type: 'button' }, icon('more'));
  const menu = h('div.menu.glass.-raised', { role: 'menu' });
  const item = (/** @type {string} */ tag, /** @type {any} */ props, /** @type {string} */ sign, /** @type {string} */ words) => h(`${tag}.menu-item`, { role: 'menuitem', ...props }, icon(sign), words);
  attachPopup(button, menu, {
    onOpen: () => fill(menu,
      item('button', { type: 'button', onclick: edit }, 'edit', t('voices.open')),
      personality().emotions && Object.keys(personality().emotions).length > 0 && item('a', { href: '#chimera', onclick: () => { ctx.chimeraFor = { personality: personality().id }; } }, 'describe', t('voices.chimera')),
      item('a', { href: '#smart', onclick: () => { ctx.smartInto = personality().id; } }, 'scissors', t('voices.fromOne')),
      item('a', { href: `/api/personality/${encodeURIComponent(personality().id)}/export`, download: '' }, 'download', t('voices.export')),
      item('button', { type: 'button', class: '-danger', onclick: remove }, 'trash', t('common.delete'))),
  });
  return {
    el: h('div.more-menu', null, button, menu),
    /** @param {string} name */
    name(name) {
      button.setAttribute('aria-label', t('voices.more', { name }));
      menu.setAttribute('aria-label', t('voices.more', { name }));
    },
  };
}
