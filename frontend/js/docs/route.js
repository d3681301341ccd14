// What one route takes, answers and refuses, with its example in three languages. Sends nothing.

import { fill, h } from '../dom.js';
import { fieldsOf, problemsOf, typeOf, whole } from './facts.js';
import { trial } from './trial.js';

/**
 * @param {import('./facts.js').Route} route
 * @param {any} doc
 */
export function routeBody(route, doc) {
  const { op } = route;
  return h(
    'div.route-body',
    {},
    op.description ? h('div.stack', {}, ...op.description.split('\n\n').map((/** @type {string} */ part) => h('p', {}, ...prose(part)))) : null,
    op['x-document'] ? h('p.small.soft', {}, `After: ${op['x-document']}`) : null,
    samples(op['x-codeSamples'], doc.needsKey),
    op['x-websocket'] ? null : trial(route),
    parameters(op, doc),
    messages(op['x-websocket']),
    ...bodies(op, doc),
    answers(op, doc),
    problems(op, doc),
  );
}

/**
 * Words with `code` between backticks.
 * @param {string} text
 */
function prose(text) {
  return text.split('`').map((part, n) => (n % 2 ? h('code', {}, part) : part));
}

/**
 * @param {string} title
 * @param {string[]} heads
 * @param {import('../dom.js').Child[][]} rows
 */
function table(title, heads, rows) {
  if (!rows.length) return null;
  const head = h('thead', {}, h('tr', {}, ...heads.map((text) => h('th', { scope: 'col' }, text))));
  const body = rows.map(([name, ...rest]) => h('tr', {}, h('th', { scope: 'row' }, name), ...rest.map((cell) => h('td', {}, ...(typeof cell === 'string' ? prose(cell) : [cell])))));
  return h('section', {}, h('h3', {}, title), h('div.facts-frame', {}, h('table.facts', { 'aria-label': title }, head, h('tbody', {}, ...body))));
}

/** @param {any} op @param {any} doc */
function parameters(op, doc) {
  const rows = op.parameters.map((/** @type {any} */ one) => [
    named(one.name, one.required),
    one.in === 'path' ? 'address' : one.in,
    typeOf(one.schema, doc),
    one.description ?? one.schema.description ?? '',
  ]);
  return table('Parameters', ['Name', 'Where', 'Type', 'Meaning'], rows);
}

/** @param {string} name @param {boolean} needed */
function named(name, needed) {
  return h('span', {}, h('code', {}, name), needed ? h('span.needed', {}, ' needed') : null);
}

/** @param {Record<string, string> | undefined} told */
function messages(told) {
  return table('Messages', ['Message', 'Meaning'], Object.entries(told ?? {}).map(([name, text]) => [h('code', {}, name), text]));
}

/** @param {any} op @param {any} doc */
function bodies(op, doc) {
  return Object.entries(op.requestBody?.content ?? {}).map(([kind, content]) => {
    const rows = fieldsOf(content.schema, doc).map((field) => [named(field.name, field.needed), field.type, field.text]);
    return table(`Body, ${kind}`, ['Field', 'Type', 'Meaning'], rows);
  });
}

/** @param {any} op @param {any} doc */
function answers(op, doc) {
  const good = Object.entries(op.responses).filter(([status]) => Number(status) < 400);
  const rows = good.map(([status, given]) => {
    const answer = whole(given, doc);
    const kinds = Object.keys(answer.content ?? {});
    const fields = fieldsOf(answer.content?.['application/json']?.schema ?? {}, doc).filter((field) => !/\..*\./.test(field.name));
    const listed = fields.map((field) => h('li', {}, h('code', {}, field.name), ` ${field.type}${field.text ? `: ${field.text}` : ''}`));
    return [h('strong.status-good', {}, status), kinds.join(', ') || 'nothing', h('div', {}, answer.description, listed.length ? h('ul', {}, ...listed) : null)];
  });
  return table('Answers', ['Status', 'Type', 'What'], rows);
}

/** @param {any} op @param {any} doc */
function problems(op, doc) {
  const rows = Object.entries(op.responses).flatMap(([status, given]) =>
    problemsOf(whole(given, doc)).map(([code, example]) => [
      h('strong.status-bad', {}, status),
      h('a', { href: `/docs/errors#${code}` }, h('code', {}, code)),
      example.summary,
    ]),
  );
  return table('Refusals', ['Status', 'Code', 'What'], rows);
}

/**
 * @param {{lang: string, source: string}[]} given
 * @param {boolean} needsKey who calls from a shell has to send it
 */
function samples(given, needsKey) {
  const code = h('pre.sample', { tabindex: '0', 'aria-label': 'Example' });
  const buttons = given.map(({ lang, source }) => {
    const button = h('button.button.-small', { type: 'button', onclick: () => choose(button, source) }, lang === 'Shell' ? 'curl' : lang);
    return button;
  });
  const copy = h('button.button.-small.-plain', { type: 'button', onclick: copied }, 'Copy');

  /** @param {HTMLElement} chosen @param {string} source */
  function choose(chosen, source) {
    for (const button of buttons) button.setAttribute('aria-pressed', String(button === chosen));
    const withKey = needsKey ? source.replace(/^curl -sS/, "curl -sS -H 'Authorization: Bearer YOUR_KEY'") : source;
    fill(code, withKey.replaceAll('http://127.0.0.1:8000', location.origin).replaceAll('ws://127.0.0.1:8000', location.origin.replace('http', 'ws')));
    copy.textContent = 'Copy';
  }

  async function copied() {
    await navigator.clipboard.writeText(code.textContent ?? '').then(() => fill(copy, 'Copied'), () => fill(copy, 'Select it and copy by hand'));
  }

  choose(buttons[0], given[0].source);
  return h('section', {}, h('h3', {}, 'Example'), h('div.sample-row', { role: 'group', 'aria-label': 'Language' }, ...buttons, copy), code);
}
