// The page at /docs: reads /openapi.json, lists its routes by tag, finds and unfolds them.

import { fill, h, setText } from '../dom.js';
import { matches, routesOf } from './facts.js';
import { routeBody } from './route.js';
import { found, wordsOf } from './words.js';

const MOST = 60; // fields and failures that are listed

const main = /** @type {HTMLElement} */ (document.querySelector('#main'));
const find = /** @type {HTMLInputElement} */ (document.querySelector('#docs-find'));
const count = /** @type {HTMLElement} */ (document.querySelector('#docs-count'));

async function start() {
  const answer = await fetch('/openapi.json');
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  const doc = await answer.json();
  doc.needsKey = await fetch('/api/connect').then((told) => told.json()).then((told) => told.key_needed).catch(() => false);
  /** @type {HTMLElement} */ (document.querySelector('#docs-key')).hidden = !doc.needsKey;
  const routes = routesOf(doc);
  const tags = [...new Set(routes.map((route) => route.tag))].sort();
  const drawn = new Map(routes.map((route) => [route, folded(route, doc)]));
  const groups = tags.map((tag) => {
    const own = routes.filter((route) => route.tag === tag);
    return { own, el: h('section.docs-tag', { 'aria-label': tag }, h('h2', {}, tag), ...own.map((route) => drawn.get(route))) };
  });
  const besides = h('section.docs-tag.docs-found', { 'aria-label': 'In fields and failures', hidden: true });
  fill(main, ...groups.map((group) => group.el), besides);
  /** @type {import('./words.js').Word[] | null} */
  let words = null;

  function update() {
    const asked = find.value.trim();
    const shown = routes.filter((route) => matches(route, asked));
    words ??= asked ? wordsOf(routes, doc) : null;
    const inside = found(words ?? [], asked);
    for (const route of routes) drawn.get(route).hidden = !shown.includes(route);
    for (const { own, el } of groups) el.hidden = !own.some((route) => shown.includes(route));
    fill(besides, ...listed(inside));
    besides.hidden = !inside.length;
    setText(count, `${shown.length} of ${routes.length} routes${inside.length ? `, ${inside.length} fields and failures` : ''}`);
  }

  function follow() {
    const aim = drawn.get(routes.find((route) => `#${route.id}` === location.hash) ?? routes[-1]);
    if (!aim) return;
    if (aim.hidden) find.value = '';
    update();
    aim.open = true;
    aim.scrollIntoView({ block: 'start' });
  }

  find.addEventListener('input', update);
  addEventListener('hashchange', follow);
  update();
  follow();
}

/** @param {import('./words.js').Word[]} inside */
function listed(inside) {
  const rows = inside.slice(0, MOST).map(({ href, where, name, text }) => h('li', {}, h('a', { href }, h('code', {}, name)), h('span.soft.small', {}, ` ${where} `), text.replaceAll('`', '')));
  const more = inside.length - MOST;
  return [h('h2', {}, 'In fields and failures'), h('ul', {}, ...rows), more > 0 ? h('p.soft.small', {}, `… and ${more} more: write another word.`) : null];
}

/**
 * A route that draws itself when it is first unfolded.
 * @param {import('./facts.js').Route} route
 * @param {any} doc
 */
function folded(route, doc) {
  const head = h(
    'summary',
    {},
    h('span.route-method', { class: `-${route.method.toLowerCase()}` }, route.method),
    h('code.route-path', {}, route.path),
    h('span.route-summary', {}, route.op.summary),
  );
  const el = h(`details.route#${route.id}`, {}, head);
  el.addEventListener('toggle', () => {
    if (!el.open || el.childElementCount > 1) return;
    el.append(routeBody(route, doc));
    history.replaceState(null, '', `#${route.id}`);
  });
  return el;
}

start().catch((error) => fill(main, h('p', { role: 'alert' }, `The description of the routes could not be read: ${error.message}. Is the studio still running?`)));
