// What is rarely done with a model, unfolded beneath it: where it lies, open, copy, discard, delete, or how to add it by hand.

import { fill, h, icon, redraw } from '../../dom.js';
import { amount } from '../../models/amounts.js';
import { PROVIDERS } from '../../models/transfers.js';

/**
 * @param {any} ctx
 * @param {any} service
 * @param {any} first
 * @param {{faults: {attempt: (ask: () => Promise<any>) => Promise<boolean>}, download: (provider: string) => void}} props
 */
export function modelMore(ctx, service, first, { faults, download }) {
  const { t } = ctx;
  const el = h('div.more', { hidden: true, id: `more-${first.key}` });
  const button = h('button.button.-small.-plain.-round', { type: 'button', 'aria-expanded': 'false', 'aria-controls': el.id, 'aria-label': t('models.act.more', { title: first.title }), onclick: toggle }, icon('more'));
  const now = { model: first, state: first.state, asking: false };
  /** @type {string[] | null} */
  let files = null;

  function toggle() {
    el.hidden = !el.hidden;
    now.asking = false;
    button.setAttribute('aria-expanded', String(!el.hidden));
    draw();
    if (!el.hidden && !now.model.downloadable && !now.model.installed) learnFiles();
  }

  async function learnFiles() {
    files = (await service.examine(first.key).catch(() => ({ missing: [] }))).missing;
    draw();
  }

  /** @param {boolean} asking */
  function ask(asking) {
    now.asking = asking;
    draw();
    /** @type {HTMLElement | null} */ (el.querySelector(asking ? '.keep' : '.delete'))?.focus();
  }

  function draw() {
    if (el.hidden) return;
    redraw(el, JSON.stringify([now, files]), () => now.asking ? sure() : [providers(), byHand(), place(), deeds()]);
  }

  function sure() {
    const remove = async () => { if (await faults.attempt(() => service.remove(first.key))) now.asking = false; };
    return h('div.sure', { role: 'alert' }, h('p.small', null, t('models.act.sure', { size: amount(now.model.bytes, ctx.i18n.locale()) })),
      h('div.row', null, h('button.button.-small.-danger', { type: 'button', onclick: remove }, icon('trash', '-small'), t('models.act.delete')),
        h('button.button.-small.keep', { type: 'button', onclick: () => ask(false) }, t('models.act.keep'))));
  }

  /** Both hubs have the same files; which one is asked first is chosen by itself, or here. */
  function providers() {
    const { model, state } = now;
    if (state === 'installed' || state === 'downloading' || model.providers.length < 2) return null;
    return h('div.row.-wrap', null, h('span.small', null, t('models.act.from')),
      model.providers.map((/** @type {string} */ name) => h('button.button.-small.provider', { type: 'button', dataset: { provider: name }, 'aria-label': t('models.act.fromName', { title: model.title, provider: PROVIDERS[name] }), onclick: () => download(name) }, PROVIDERS[name])));
  }

  function byHand() {
    if (now.model.downloadable || now.model.installed) return null;
    return [h('p.small', null, t('models.byHand')), h('ul.files.small', null, (files ?? []).map((name) => h('li', null, h('code', null, name))))];
  }

  function place() {
    return h('p.small.soft.path', null, now.model.path);
  }

  function deeds() {
    const { model, state } = now;
    const ours = ['models', 'project'].includes(model.source);
    return h('div.row.-wrap', null,
      act('folder', 'open', () => faults.attempt(() => service.open(first.key))), copyButton(ctx, model.path),
      h('a.button.-small.-plain', { href: model.url, target: '_blank', rel: 'noreferrer' }, icon('arrow-right', '-small'), t('models.act.page')),
      (state === 'partial' || state === 'broken') && act('trash', 'clean', () => faults.attempt(() => service.clean(first.key))),
      state === 'installed' && ours && act('trash', 'delete', () => ask(true)));
  }

  /** @param {string} sign @param {string} name @param {() => void} run */
  const act = (sign, name, run) => h(`button.button.-small.-plain.${name}`, { type: 'button', class: name === 'delete' || name === 'clean' ? '-danger' : '', onclick: run }, icon(sign, '-small'), t(`models.act.${name}`));

  return {
    el, button,
    /** @param {any} model @param {string} state */
    update(model, state) {
      if (state !== now.state) now.asking = false;
      Object.assign(now, { model, state });
      draw();
    },
  };
}

/**
 * @param {any} ctx
 * @param {string} path
 */
function copyButton({ t }, path) {
  const words = h('span', null, t('models.act.copy'));
  const button = h('button.button.-small.-plain', { type: 'button', onclick: copy }, icon('copy', '-small'), words);

  async function copy() {
    await navigator.clipboard.writeText(path).catch(() => select(button));
    fill(words, t('models.act.copied'));
    setTimeout(() => fill(words, t('models.act.copy')), 2000);
  }

  return button;
}

/**
 * Where the browser keeps the clipboard closed, the path is at least marked, to be copied by the keys.
 * @param {HTMLElement} button
 */
function select(button) {
  const path = button.closest('.more')?.querySelector('.path');
  if (path) getSelection()?.selectAllChildren(path);
}
