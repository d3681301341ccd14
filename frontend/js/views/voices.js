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
  const { t } = ctx;
  const file = h('input', { type: 'file', accept: '.zip,application/zip', class: 'unseen', tabindex: -1, 'aria-hidden': 'true', onchange: () => bringIn(file.files[0]) });
  const importButton = h('button.button#voices-import', { type: 'button', onclick: pickArchive, 'aria-label': t('voices.import'), title: t('voices.import') }, icon('upload'), h('span.label', null, t('voices.import')));
  const newButton = h('button.button.-primary#voices-new', { type: 'button', onclick: () => build({}) }, icon('plus'), t('voices.new'));
  const list = h('ul.personality-list', { 'aria-label': t('nav.voices') });
  const rest = h('div');
  const fault = h('div');
  el.classList.add('voices');
  el.append(h('header', null, h('h1', null, t('nav.voices')), importButton, newButton), fault, list, rest, file);
  /** @type {Map<string, ReturnType<typeof personalityCard>>} */
  const cards = new Map();

  const actions = {
    edit: (/** @type {string} */ id, /** @type {any} */ options = {}) => build({ id, ...options }),
    async remove(/** @type {any} */ personality) {
      await ctx.api.delete(`/api/personality/${encodeURIComponent(personality.id)}`);
      await ctx.refresh.personalities();
      newButton.focus();
      ctx.toast(t('voices.deleted', { name: personality.name }), { action: { label: t('common.undo'), run: () => bringBack(personality) } });
    },
  };

  /** @param {any} personality */
  async function bringBack(personality) {
    try {
      await ctx.api.post(`/api/personality/${encodeURIComponent(personality.id)}/restore`);
      await ctx.refresh.personalities();
      cards.get(personality.id)?.focus();
    } catch (error) {
      ctx.toast(ctx.explain(error).title, { kind: 'bad', action: { label: t('common.retry'), run: () => bringBack(personality) } });
    }
  }

  /** @param {any} options of the builder */
  function build(options) {
    ctx.buildPersonality({ onSaved: () => ctx.refresh.personalities(), ...options });
  }

  function pickArchive() {
    file.value = '';
    file.click();
  }

  /** @param {File | undefined} archive */
  function bringIn(archive) {
    if (archive) openImport(ctx, archive, { onDone: (/** @type {string} */ id) => cards.get(id)?.focus(), onOther: pickArchive });
  }

  /** @param {DragEvent} event */
  function dragged(event) {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    el.classList.add('-dropping');
  }

  /** @param {DragEvent} event */
  function dropped(event) {
    event.preventDefault();
    el.classList.remove('-dropping');
    bringIn(event.dataTransfer?.files[0]);
  }

  el.addEventListener('dragover', dragged);
  el.addEventListener('dragleave', () => el.classList.remove('-dropping'));
  el.addEventListener('drop', dropped);
  const stops = [
    ctx.store.watch((/** @type {any} */ now) => now.personalities, update), ctx.store.watch((/** @type {any} */ now) => now.catalog, update),
    ctx.store.watch((/** @type {any} */ now) => now.problem, update), ctx.player.onChange(() => cards.forEach((card) => card.update())),
  ];

  function update() {
    const { personalities, problem, catalog } = ctx.store.get();
    const known = catalog ? personalities ?? [] : [];
    keyed(list, known, (/** @type {any} */ one) => one.id, (one) => {
      const card = personalityCard(ctx, one, actions);
      cards.set(one.id, card);
      return card.el;
    }, (_, one) => cards.get(one.id)?.update(one));
    for (const id of cards.keys()) if (!known.some((/** @type {any} */ one) => one.id === id)) cards.delete(id);
    el.classList.toggle('-empty', personalities?.length === 0);
    newButton.classList.toggle('-primary', personalities?.length !== 0); // the empty place has its own
    fill(rest, !personalities && !problem ? ghosts() : personalities?.length === 0 ? teaching() : null);
    fill(fault, problem && !personalities ? problemOf(problem) : null);
  }

  /** @param {unknown} problem */
  function problemOf(problem) {
    return h('div.glass', null, problemNotice(ctx, problem, [{ label: t('common.retry'), run: retry }]));
  }

  function retry() {
    Promise.all([ctx.refresh.catalog(), ctx.refresh.personalities()]).catch((error) => ctx.store.set({ problem: error }));
  }

  function ghosts() {
    return h('div.personality-list', { 'aria-hidden': true }, Array.from({ length: 3 }, () => h('div.personality-card.glass.-ghost')));
  }

  function teaching() {
    const facts = ['record', 'act', 'carry'].map((name, i) => h('li', null, icon(['mic', 'speak', 'folder'][i]), h('div', null, h('h3', null, t(`voices.empty.${name}.title`)), h('p.soft.small', null, t(`voices.empty.${name}.text`)))));
    return h('section.glass.teach', null, h('h2', null, t('voices.empty.title')), h('p.soft', null, t('voices.empty.text')), h('ol', null, facts),
      h('div.row.-wrap', null, h('button.button.-primary.-large', { type: 'button', onclick: () => build({}) }, icon('mic'), t('voices.empty.first')),
        h('button.button', { type: 'button', onclick: pickArchive }, t('voices.empty.import'))));
  }

  return { update, unmount: () => stops.forEach((stop) => stop()) };
}
