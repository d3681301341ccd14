// What was spoken: searched, grouped by day, starred, played, used again, downloaded, deleted with undo.

import { fill, h, icon, keyed } from '../dom.js';
import { takeRow } from '../components/take-row.js';
import { problemNotice } from '../components/builder/problem-notice.js';
import { dayName, groupByDay } from './history-days.js';
import { Shelf } from './history-shelf.js';

const PAUSE = 250; // milliseconds after the last letter of a search

/**
 * @param {HTMLElement} el
 * @param {any} ctx
 */
export function mount(el, ctx) {
  const shelf = new Shelf(ctx.api, update);
  const tools = toolsOf(ctx, shelf);
  const rows = rowsOf(ctx, shelf, () => tools.search.focus());
  const list = h('div.days');
  const rest = h('div');
  const older = h('button.button', { type: 'button', hidden: true, onclick: () => shelf.fetch({ further: true }) }, ctx.t('history.older'));
  el.classList.add('history');
  el.append(tools.header, tools.count, list, rest, h('div.row.older', null, older));

  function update() {
    const { takes, problem, narrowed } = shelf;
    rows.draw(list);
    older.hidden = !shelf.more;
    tools.count.textContent = takes?.length && narrowed ? ctx.t('history.found', { count: takes.length }) : '';
    if (problem) fill(rest, h('div.glass', null, problemNotice(ctx, problem, [{ label: ctx.t('common.retry'), run: () => shelf.fetch() }])));
    else if (takes === null) fill(rest, h('div.glass.takes.-ghost', { 'aria-hidden': true }));
    else fill(rest, takes.length ? null : narrowed ? nothing(ctx, tools.widen) : empty(ctx));
  }

  const stops = [
    ctx.player.onChange(rows.refresh),
    ctx.store.watch((/** @type {any} */ now) => now.catalog, rows.refresh),
    ctx.store.watch((/** @type {any} */ now) => now.performance?.take, () => shelf.fetch()),
  ];
  shelf.fetch();
  return {
    update,
    unmount() {
      shelf.close();
      stops.forEach((stop) => stop());
    },
  };
}

/**
 * The head of the page: search and star.
 * @param {any} ctx
 * @param {Shelf} shelf
 */
function toolsOf({ t }, shelf) {
  const search = h('input.input#history-search', { type: 'search', 'aria-label': t('history.search'), placeholder: t('history.search'), autocomplete: 'off', oninput: typed });
  const starred = h('button.button#history-starred', { type: 'button', 'aria-pressed': false, onclick: () => star(!shelf.starred) }, icon('star', '-small'), t('history.starred'));
  const count = h('p.small.soft', { role: 'status' });
  /** @type {any} */
  let timer = 0;

  function typed() {
    clearTimeout(timer);
    shelf.query = search.value.trim();
    timer = setTimeout(() => shelf.fetch(), PAUSE);
  }

  /** @param {boolean} only */
  function star(only) {
    shelf.starred = only;
    starred.setAttribute('aria-pressed', String(only));
    shelf.fetch();
  }

  function widen() {
    search.value = shelf.query = '';
    star(false);
    search.focus();
  }

  const header = h('header', null, h('h1', null, t('nav.history')), h('div.search.row', null, icon('search', '-small'), search), starred);
  return { header, count, search, widen };
}

/**
 * The days and their rows.
 * @param {any} ctx
 * @param {Shelf} shelf
 * @param {() => void} focusElsewhere where no row is left
 */
function rowsOf(ctx, shelf, focusElsewhere) {
  /** @type {Map<string, ReturnType<typeof takeRow>>} */
  const rows = new Map();

  /** @param {any} take */
  async function remove(take) {
    const next = await shelf.remove(take);
    (rows.get(next ?? '')?.focus ?? focusElsewhere)();
    ctx.toast(ctx.t('history.deleted'), { action: { label: ctx.t('common.undo'), run: () => bringBack(take) } });
  }

  /** @param {any} take */
  async function bringBack(take) {
    try {
      await shelf.restore(take);
      rows.get(take.id)?.focus();
    } catch (error) {
      ctx.toast(ctx.explain(error).title, { kind: 'bad', action: { label: ctx.t('common.retry'), run: () => bringBack(take) } });
    }
  }

  /** @param {any} take */
  function rowOf(take) {
    const row = takeRow(ctx, take, { change: (one, change) => shelf.change(one, change), remove });
    rows.set(take.id, row);
    return row.el;
  }

  return {
    refresh: () => rows.forEach((row) => row.update()),
    /** @param {Element} list */
    draw(list) {
      const takes = shelf.takes ?? [];
      for (const id of rows.keys()) if (!takes.some((one) => one.id === id)) rows.delete(id);
      const section = (/** @type {{day: string}} */ { day }) => h('section.day', null, h('h2', null, dayName(day, new Date(), ctx.i18n.locale())), h('ul.glass.takes'));
      keyed(list, groupByDay(takes), ({ day }) => day || 'undated', section,
        (el, { takes: some }) => keyed(el.lastChild, some, (take) => take.id, rowOf, (_, take) => rows.get(take.id)?.update(take)));
    },
  };
}

/** @param {any} ctx */
function empty({ t }) {
  return h('section.empty.glass', null, icon('history', '-large'), h('h2', null, t('history.empty.title')), h('p', null, t('history.empty.text')),
    h('a.button.-primary', { href: '#speak' }, icon('speak'), t('history.empty.speak')));
}

/**
 * @param {any} ctx
 * @param {() => void} widen
 */
function nothing({ t }, widen) {
  return h('div.empty', null, icon('search', '-large'), h('h2', null, t('history.nothing.title')), h('p', null, t('history.nothing.text')),
    h('button.button', { type: 'button', onclick: widen }, t('history.nothing.all')));
}
