// The voices: personalities as cards, made, heard, renamed, edited, exported, deleted with undo; archives come in by drop.

import { fill, h, icon, keyed } from '../dom.js';
import { openImport } from '../components/import-dialog.js';
import { problemNotice } from '../components/builder/problem-notice.js';
import { personalityCard } from '../components/personality-card.js';

/**
 * @param {HTMLElement} el
 * @param {any} ctx
 */
export function mount(el, ctx) {
  const { t, store } = ctx;
  const build = (/** @type {any} */ options = {}) => ctx.buildPersonality({ onSaved: () => ctx.refresh.personalities(), ...options });
  const newButton = h('button.button.-primary#voices-new', { type: 'button', onclick: () => build() }, icon('plus'), t('voices.new'));
  const cards = cardsOf(ctx, build, () => newButton.focus());
  const gate = archiveGate(ctx, el, (id) => cards.focus(id));
  const importButton = h('button.button#voices-import', { type: 'button', onclick: gate.pick, 'aria-label': t('voices.import'), title: t('voices.import') }, icon('upload'), h('span.label', null, t('voices.import')));
  const smartLink = h('a.button#voices-smart', { href: '#smart', title: t('voices.fromOneHint') }, icon('scissors'), h('span.label', null, t('voices.fromOne')));
  const chimeraLink = h('a.button#voices-chimera', { href: '#chimera', 'aria-label': t('nav.chimera'), title: t('voices.chimeraHint') }, icon('describe'), h('span.label', null, t('nav.chimera')));
  const rest = h('div');
  el.classList.add('voices');
  el.append(h('header', null, h('h1', null, t('nav.voices')), importButton, smartLink, chimeraLink, newButton), cards.el, rest, gate.input);

  function retry() {
    Promise.all([ctx.refresh.catalog(), ctx.refresh.personalities()]).catch((error) => store.set({ problem: error }));
  }

  function update() {
    const { personalities, problem, catalog } = store.get();
    const none = personalities?.length === 0;
    cards.draw(catalog ? personalities ?? [] : []);
    el.classList.toggle('-empty', none);
    newButton.classList.toggle('-primary', !none); // the empty place has its own
    if (none) fill(rest, teaching(ctx, build, gate.pick));
    else if (!personalities && problem) fill(rest, h('div.glass', null, problemNotice(ctx, problem, [{ label: t('common.retry'), run: retry }])));
    else fill(rest, personalities ? null : ghosts());
  }

  const stops = [
    ...['personalities', 'catalog', 'problem'].map((name) => store.watch((/** @type {any} */ now) => now[name], update)),
    ctx.player.onChange(cards.refresh),
  ];
  return { update, unmount: () => stops.forEach((stop) => stop()) };
}

/**
 * @param {any} ctx
 * @param {(options?: any) => void} build opens the builder
 * @param {() => void} focusElsewhere where a card went away
 */
function cardsOf(ctx, build, focusElsewhere) {
  const { t } = ctx;
  const el = h('ul.personality-list', { 'aria-label': t('nav.voices') });
  /** @type {Map<string, ReturnType<typeof personalityCard>>} */
  const cards = new Map();
  const address = (/** @type {any} */ { id }) => `/api/personality/${encodeURIComponent(id)}`;

  /** @param {any} personality */
  async function remove(personality) {
    await ctx.api.delete(address(personality));
    await ctx.refresh.personalities();
    focusElsewhere();
    ctx.toast(t('voices.deleted', { name: personality.name }), { action: { label: t('common.undo'), run: () => bringBack(personality) } });
  }

  /** @param {any} personality */
  async function bringBack(personality) {
    try {
      await ctx.api.post(`${address(personality)}/restore`);
      await ctx.refresh.personalities();
      cards.get(personality.id)?.focus();
    } catch (error) {
      ctx.toast(ctx.explain(error).title, { kind: 'bad', action: { label: t('common.retry'), run: () => bringBack(personality) } });
    }
  }

  /** @param {any} personality */
  function cardOf(personality) {
    const card = personalityCard(ctx, personality, { edit: (id, options = {}) => build({ id, ...options }), remove });
    cards.set(personality.id, card);
    return card.el;
  }

  return {
    el,
    refresh: () => cards.forEach((card) => card.update()),
    focus: (/** @type {string} */ id) => cards.get(id)?.focus(),
    /** @param {any[]} personalities */
    draw(personalities) {
      keyed(el, personalities, (one) => one.id, cardOf, (_, one) => cards.get(one.id)?.update(one));
      for (const id of cards.keys()) if (!personalities.some((one) => one.id === id)) cards.delete(id);
    },
  };
}

/**
 * The two ways in for an archive: a file chosen, a file dropped on the view.
 * @param {any} ctx
 * @param {HTMLElement} el
 * @param {(id: string) => void} onDone
 */
function archiveGate(ctx, el, onDone) {
  const input = h('input', { type: 'file', accept: '.zip,application/zip', class: 'unseen', tabindex: -1, 'aria-hidden': 'true', onchange: () => take(input.files[0]) });

  function pick() {
    input.value = '';
    input.click();
  }

  /** @param {File | undefined} archive */
  function take(archive) {
    if (archive && /^(audio|video)\//.test(archive.type)) bringSound(ctx, archive);
    else if (archive) openImport(ctx, archive, { onDone, onOther: pick });
  }

  el.addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    el.classList.add('-dropping');
  });
  el.addEventListener('dragleave', () => el.classList.remove('-dropping'));
  el.addEventListener('drop', (event) => {
    event.preventDefault();
    el.classList.remove('-dropping');
    take(event.dataTransfer?.files[0]);
  });
  return { input, pick };
}

/**
 * A recording let go of here wants to become a voice.
 * @param {any} ctx
 * @param {File} sound
 */
function bringSound(ctx, sound) {
  ctx.smartFile = sound;
  ctx.router.go('smart');
}

function ghosts() {
  return h('div.personality-list', { 'aria-hidden': true }, Array.from({ length: 3 }, () => h('div.personality-card.glass.-ghost')));
}

/**
 * @param {any} ctx
 * @param {() => void} build
 * @param {() => void} bringIn
 */
function teaching({ t }, build, bringIn) {
  const facts = [['record', 'mic'], ['act', 'speak'], ['carry', 'folder']].map(([name, sign]) => h('li', null, icon(sign),
    h('div', null, h('h3', null, t(`voices.empty.${name}.title`)), h('p.soft.small', null, t(`voices.empty.${name}.text`)))));
  return h('section.glass.teach', null, h('h2', null, t('voices.empty.title')), h('p.soft', null, t('voices.empty.text')), h('ol', null, facts),
    h('div.row.-wrap', null, h('button.button.-primary.-large', { type: 'button', onclick: () => build() }, icon('mic'), t('voices.empty.first')),
      h('a.button.-large', { href: '#smart', title: t('voices.fromOneHint') }, icon('scissors'), t('voices.fromOne')),
      h('button.button.-plain', { type: 'button', onclick: bringIn }, t('voices.empty.import'))));
}
