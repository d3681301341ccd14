// What one program has to be told: where in its menus, which fields, which lines of code; and trials of what it will ask.

import { fill, h, icon } from '../../dom.js';
import { checkRow } from './check-row.js';
import { copyButton } from './copy-button.js';

/** @typedef {import('../../connect/clients.js').Client} Client */
/** @typedef {import('../../connect/clients.js').Form} Form */
/** @typedef {(part: (client: Client) => string) => Promise<string>} Whole a part of the client with the key, where it has a place for it */

/**
 * @param {any} ctx
 * @param {string} name
 * @param {() => Form} form
 * @param {() => Client} client as the form is now
 * @param {Whole} whole
 */
export function clientPanel(ctx, name, form, client, whole) {
  const { t } = ctx;
  const { checks } = client();
  const settings = h('div.settings-of');
  const rows = checks.map((check) => checkRow(ctx, check, form));
  const el = h('div.client-panel', { dataset: { client: name } },
    settings,
    h('section.trials', { 'aria-label': t('connect.try') }, h('h2', null, t('connect.try')), h('p.small.soft', null, t('connect.tryWhat')), h('ul', null, rows.map((row) => row.el))));

  function update() {
    const { title, menus, isOff, parts, code, needsName } = client();
    fill(settings,
      h('h2', null, title), h('p.soft', null, t(`connect.clients.${name}`)),
      needsName && !form().voice && nameless(ctx),
      isOff && switchedOff(ctx, isOff),
      menus && h('p.menus', null, icon('arrow-right', '-small'), h('span', null, menus)),
      parts.map(({ title: heading, fields }, i) => [heading && h('h3', null, heading), h('dl.fields', null, fields.flatMap((one, j) => fieldRow(ctx, one, () => whole((now) => now.parts[i].fields[j].value))))]),
      code && codeBlock(ctx, title, code, () => whole((now) => now.code?.text ?? '')));
  }

  return { el, update, end: () => rows.forEach((row) => row.end()) };
}

/** @param {any} ctx @param {import('../../connect/clients.js').Field} field @param {() => Promise<string>} copied */
function fieldRow(ctx, { label, value }, copied) {
  const shown = h('code', null, value || '—');
  return h('div', null, h('dt', null, label), h('dd', null, shown, value && copyButton(ctx, { label, text: copied, source: () => shown })));
}

/** @param {any} ctx @param {string} title @param {{language: string, text: string}} code @param {() => Promise<string>} copied */
function codeBlock(ctx, title, { language, text }, copied) {
  const shown = h('code', null, text);
  return h('figure.code', null, h('figcaption', null, h('span.small.soft', null, language), copyButton(ctx, { label: title, text: copied, source: () => shown })),
    h('pre', { tabindex: '0', 'aria-label': title }, shown));
}

/** What the program needs is not open yet. @param {any} ctx @param {string} command */
function switchedOff(ctx, command) {
  const { t } = ctx;
  const shown = h('code', null, command);
  return h('div.notice.-warn.is-off', null, icon('info', '-small'), h('span', null, t('connect.isOff')), shown,
    copyButton(ctx, { label: t('connect.command'), text: () => command, source: () => shown }));
}

/** A voice in words has no name that a program could say. @param {any} ctx */
function nameless({ t }) {
  return h('p.notice.-warn', null, icon('info', '-small'), h('span', null, t('connect.nameless')), h('a', { href: '#speak' }, t('connect.toSpeak')));
}
