// What was spoken: searched, grouped by day, starred, played, used again, downloaded, deleted with undo.

import { fill, h, icon, keyed } from '../dom.js';
import { takeRow } from '../components/take-row.js';
import { problemNotice } from '../components/builder/problem-notice.js';
import { dayName, groupByDay } from './history-days.js';

const PAGE = 40; // takes fetched at once
const PAUSE = 250; // milliseconds after the last letter of a search

/**
 * @param {HTMLElement} el
 * @param {any} ctx
 */
export function mount(el, ctx) {
  const { t } = ctx;
  const search = h('input.input#history-search', { type: 'search', 'aria-label': t('history.search'), placeholder: t('history.search'), autocomplete: 'off', oninput: typed });
  const starred = h('button.button#history-starred', { type: 'button', 'aria-pressed': false, onclick: toggleStarred }, icon('star', '-small'), t('history.starred'));
  const count = h('p.small.soft', { role: 'status' });
  const list = h('div.days');
  const rest = h('div');
  const older = h('button.button', { type: 'button', hidden: true, onclick: () => fetchTakes(true) }, t('history.older'));
  el.classList.add('history');
  el.append(h('header', null, h('h1', null, t('nav.history')), h('div.search.row', null, icon('search', '-small'), search), starred), count, list, rest, h('div.row.older', null, older));
  /** @type {any[] | null} */
  let takes = null;
  let total = 0;
  let more = false;
  /** @type {unknown} */
  let problem = null;
  let asked = 0;
  /** @type {any} */
  let timer = 0;
  /** @type {Map<string, ReturnType<typeof takeRow>>} */
  const rows = new Map();

  function typed() {
    clearTimeout(timer);
    timer = setTimeout(fetchTakes, PAUSE);
  }

  function toggleStarred() {
    starred.setAttribute('aria-pressed', String(!onlyStarred()));
    fetchTakes();
  }

  const onlyStarred = () => starred.getAttribute('aria-pressed') === 'true';

  /** @param {boolean} [further] what comes after the ones shown */
  async function fetchTakes(further = false) {
    const mine = (asked += 1);
    const query = new URLSearchParams({ limit: String(PAGE) });
    if (search.value.trim()) query.set('q', search.value.trim());
    if (onlyStarred()) query.set('starred', '1');
    const last = takes?.[takes.length - 1];
    if (further === true && last) query.set('before', last.created);
    try {
      const answer = await ctx.api.get(`/api/history?${query}`);
      if (mine !== asked) return; // a later search came meanwhile
      const known = further === true ? takes ?? [] : [];
      takes = [...known, ...answer.takes.filter((/** @type {any} */ one) => !known.some((old) => old.id === one.id))];
      more = answer.takes.length === PAGE && takes.length > known.length;
      total = answer.total;
      problem = null;
    } catch (error) {
      if (mine !== asked) return;
      problem = error;
    }
    update();
  }

  const actions = {
    /** @param {any} take @param {any} change */
    async change(take, change) {
      const changed = await ctx.api.patch(`/api/history/${encodeURIComponent(take.id)}`, change);
      takes = (takes ?? []).map((one) => (one.id === take.id ? { ...one, ...changed } : one));
      update();
    },
    /** @param {any} take */
    async remove(take) {
      const at = (takes ?? []).findIndex((one) => one.id === take.id);
      await ctx.api.delete(`/api/history/${encodeURIComponent(take.id)}`);
      takes = (takes ?? []).filter((one) => one.id !== take.id);
      total -= 1;
      update();
      (rows.get(takes[Math.min(at, takes.length - 1)]?.id) ?? { focus: () => search.focus() }).focus();
      ctx.toast(t('history.deleted'), { action: { label: t('common.undo'), run: () => bringBack(take) } });
    },
  };

  /** @param {any} take */
  async function bringBack(take) {
    try {
      await ctx.api.post(`/api/history/${encodeURIComponent(take.id)}/restore`);
      await fetchTakes();
      rows.get(take.id)?.focus();
    } catch (error) {
      ctx.toast(ctx.explain(error).title, { kind: 'bad', action: { label: t('common.retry'), run: () => bringBack(take) } });
    }
  }

  /** @param {any} take */
  function rowOf(take) {
    const row = takeRow(ctx, take, actions);
    rows.set(take.id, row);
    return row.el;
  }

  function update() {
    const days = groupByDay(takes ?? []);
    for (const id of rows.keys()) if (!takes?.some((one) => one.id === id)) rows.delete(id);
    keyed(list, days, ({ day }) => day || 'undated', ({ day }) => h('section.day', null, h('h2', null, dayName(day, new Date(), ctx.i18n.locale())), h('ul.glass.takes')),
      (section, { takes: some }) => keyed(section.lastChild, some, (take) => take.id, rowOf, (_, take) => rows.get(take.id)?.update(take)));
    older.hidden = !more;
    const narrowed = Boolean(search.value.trim()) || onlyStarred();
    count.textContent = takes?.length && narrowed ? t('history.found', { count: takes.length }) : '';
    fill(rest, problem ? h('div.glass', null, problemNotice(ctx, problem, [{ label: t('common.retry'), run: () => fetchTakes() }]))
      : takes === null ? h('div.glass.takes.-ghost', { 'aria-hidden': true }) : takes.length ? null : empty(narrowed));
  }

  /** @param {boolean} narrowed */
  function empty(narrowed) {
    if (narrowed) {
      return h('div.empty', null, icon('search', '-large'), h('h2', null, t('history.nothing.title')), h('p', null, t('history.nothing.text')),
        h('button.button', { type: 'button', onclick: widen }, t('history.nothing.all')));
    }
    return h('section.empty.glass', null, icon('history', '-large'), h('h2', null, t('history.empty.title')), h('p', null, t('history.empty.text')),
      h('a.button.-primary', { href: '#speak' }, icon('speak'), t('history.empty.speak')));
  }

  function widen() {
    search.value = '';
    starred.setAttribute('aria-pressed', 'false');
    fetchTakes();
    search.focus();
  }

  const stops = [
    ctx.player.onChange(() => rows.forEach((row) => row.update())),
    ctx.store.watch((/** @type {any} */ now) => now.catalog, () => rows.forEach((row) => row.update())),
    ctx.store.watch((/** @type {any} */ now) => now.performance?.take, () => fetchTakes()),
  ];
  fetchTakes();
  return {
    update,
    unmount() {
      clearTimeout(timer);
      asked += 1;
      stops.forEach((stop) => stop());
    },
  };
}
