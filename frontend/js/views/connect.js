// Connect: what other programs have to be told to speak with this studio, for the voice that Speak has chosen, with trials.

import { fill, h, redraw } from '../dom.js';
import { clientPanel } from '../components/connect/client-panel.js';
import { copyButton } from '../components/connect/copy-button.js';
import { problemNotice } from '../components/notices.js';
import { firstSpeaker } from '../components/panel-custom.js';
import { tabs } from '../components/tabs.js';
import { clients, HIDDEN_KEY, LOOPBACK } from '../connect/clients.js';
import { voiceOf } from '../draft.js';

const CHOSEN = 'studio.connect';
const LONGEST = 200; // characters of the script that are taken for an example
const OFF = { key_needed: false, host: '127.0.0.1', port: 0, wyoming: { host: '127.0.0.1', tts_port: 0, asr_port: 0 } };
const ANY_KEY = 'none'; // programs insist on one, the studio does not

/**
 * @param {HTMLElement} el
 * @param {any} ctx
 */
export function mount(el, ctx) {
  const { t, store } = ctx;
  let facts = OFF;
  let key = '';
  /** @type {unknown} */
  let problem = null;
  const form = () => formOf(ctx, facts, key);
  const find = (/** @type {string} */ name, filled = form()) => /** @type {import('../connect/clients.js').Client} */ (clients(filled).find((one) => one.name === name));
  const names = clients(form()).map((one) => one.name);
  const panels = names.map((name) => clientPanel(ctx, name, form, () => find(name), (part) => whole(name, part)));
  const chooser = tabs({
    label: t('connect.programs'), onChange: choose,
    tabs: names.map((name, i) => ({ name, label: find(name).title, icon: find(name).icon, panel: panels[i].el })),
  });
  const summary = h('dl.summary');
  const notes = h('div.notes');
  el.classList.add('connect');
  el.append(h('header', null, h('h1', null, t('nav.connect')), h('a.button.-small', { href: '/docs' }, t('connect.routes'))),
    h('section.glass.what', { 'aria-label': t('connect.what') }, h('p.intro', null, t('connect.intro')), summary, notes),
    h('section.glass.programs', { 'aria-label': t('connect.programs') }, chooser.el, panels.map((panel) => panel.el)));

  /** @param {string} name */
  function choose(name) {
    ctx.storage.setItem(CHOSEN, name);
    update();
  }

  async function learn() {
    try {
      facts = await ctx.api.get('/api/connect');
      problem = null;
    } catch (error) {
      problem = error;
    }
    update();
  }

  const asked = () => ctx.api.post('/api/connect/key').then((/** @type {{key: string}} */ told) => told.key);

  /** What is copied holds the key, also while it is not shown. @param {string} name @param {(client: import('../connect/clients.js').Client) => string} part */
  async function whole(name, part) {
    const shown = part(find(name));
    return facts.key_needed && !key && shown.includes(HIDDEN_KEY) ? part(find(name, { ...form(), key: await asked() })) : shown; // drawn anew: each language quotes a key its own way
  }

  async function showKey() {
    key = key ? '' : await asked().catch((/** @type {unknown} */ error) => (problem = error, ''));
    update();
    /** @type {HTMLElement | null} */ (el.querySelector('#connect-key'))?.focus();
  }

  function update() {
    const now = form();
    const stored = ctx.storage.getItem(CHOSEN);
    const chosen = names.includes(stored) ? stored : names[0];
    fill(summary, summaryRows(ctx, now, facts, key, showKey));
    redraw(notes, problem ?? `${facts.key_needed} ${facts.host} ${location.hostname} ${facts.wyoming.tts_port}`, () => [
      problem ? problemNotice(ctx, problem, learn) : null, isLocal(facts) && localNote(ctx),
    ]);
    panels.forEach((panel) => panel.update());
    chooser.update(chosen);
  }

  const stops = [
    store.watch((/** @type {any} */ state) => state.draft, update),
    store.watch((/** @type {any} */ state) => state.personalities, update),
    store.watch((/** @type {any} */ state) => state.catalog, update),
  ];
  learn();
  return {
    update,
    unmount() {
      stops.forEach((stop) => stop());
      panels.forEach((panel) => panel.end());
    },
  };
}

/**
 * @param {any} ctx
 * @param {typeof OFF} facts
 * @param {string} key as it was shown on request; '' hides it
 * @returns {import('../connect/clients.js').Form}
 */
function formOf({ store, t, i18n }, facts, key) {
  const { draft, catalog } = store.get();
  const voice = /** @type {any} */ (voiceOf(draft) ?? { speaker: firstSpeaker(catalog?.speakers ?? [], i18n.locale()) || 'Ryan' });
  const script = draft.text.trim();
  return {
    origin: location.origin, host: location.hostname, voice: voice.personality ?? voice.speaker ?? '', described: voice.description ?? '',
    language: draft.language, format: draft.format, speed: draft.speed, text: script && script.length <= LONGEST ? script : t('connect.sample'),
    keyNeeded: facts.key_needed, key: facts.key_needed ? key || HIDDEN_KEY : ANY_KEY, wyoming: facts.wyoming,
  };
}

/**
 * @param {any} ctx
 * @param {import('../connect/clients.js').Form} form
 * @param {typeof OFF} facts
 * @param {string} key
 * @param {() => void} showKey
 */
function summaryRows(ctx, form, facts, key, showKey) {
  const { t, store } = ctx;
  const { catalog, personalities } = store.get();
  const voice = personalities?.find((/** @type {any} */ one) => one.id === form.voice)?.name ?? catalog?.speakers.find((/** @type {any} */ one) => one.id === form.voice)?.name ?? form.voice;
  const language = form.language === 'auto' ? t('connect.auto') : catalog?.languages.find((/** @type {any} */ one) => one.code === form.language)?.native ?? form.language;
  const address = h('code', null, form.origin);
  return [
    row(t('connect.address'), address, copyButton(ctx, { label: t('connect.address'), text: () => form.origin, source: () => address })),
    row(t('connect.voice'), h('span', null, voice || t('connect.described')), h('a.button.-small.-plain', { href: '#speak' }, t('connect.change'))),
    row(t('connect.language'), h('span', null, language), null, '-short'),
    row(t('connect.format'), h('span', null, form.format), null, '-short'),
    facts.key_needed
      ? row(t('connect.key'), h('code', null, key || '••••••••'), h('button.button.-small.-plain#connect-key', { type: 'button', onclick: showKey }, t(key ? 'connect.hideKey' : 'connect.showKey')))
      : row(t('connect.key'), h('span', null, t('connect.noKey'))),
    row(t('connect.wyoming'), h('span', null, facts.wyoming.tts_port || facts.wyoming.asr_port ? t('connect.wyomingOn', { ports: [facts.wyoming.tts_port, facts.wyoming.asr_port].filter(Boolean).join(', ') }) : t('connect.wyomingOff'))),
  ];
}

/** @param {string} label @param {Node} value @param {Node | null} [deed] @param {string} [size] */
function row(label, value, deed, size = '') {
  return h('div', { class: size }, h('dt', null, label), h('dd', null, value, deed));
}

/** @param {typeof OFF} facts */
function isLocal(facts) {
  return LOOPBACK.has(facts.host) && LOOPBACK.has(location.hostname);
}

/** From a container or another machine this address leads elsewhere. @param {any} ctx */
function localNote({ t }) {
  return h('details.elsewhere', null, h('summary', null, t('connect.elsewhere.title')), h('p', null, t('connect.elsewhere.text')),
    h('pre', { tabindex: '0', 'aria-label': t('connect.elsewhere.title') }, h('code', null, 'qwentts serve --host 0.0.0.0 --token "…" --wyoming --wyoming-host 0.0.0.0')));
}
