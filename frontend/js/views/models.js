// What speaks on this machine and why; engines that cannot speak yet say what they lack and what to do. Offers nothing it cannot do.

import { fill, h, icon } from '../dom.js';
import { problemNotice } from '../components/builder/problem-notice.js';

const EVERY = 10_000; // milliseconds between looks at the machine

/**
 * @param {HTMLElement} el
 * @param {any} ctx
 */
export function mount(el, ctx) {
  const { t, store } = ctx;
  const speaker = h('section.glass.speaks', { 'aria-label': t('models.now') });
  const machine = h('section.glass.machine', { 'aria-label': t('models.machine') });
  const engines = h('section.engines');
  const fault = h('div');
  el.classList.add('models');
  el.append(h('header', null, h('h1', null, t('nav.models')), h('button.button#models-look', { type: 'button', onclick: look }, icon('redo', '-small'), t('models.look'))),
    fault, h('div.top', null, speaker, machine), engines);
  /** @type {any} */
  let health = null;

  async function look() {
    try {
      health = await ctx.api.get('/health');
      await ctx.refresh.catalog();
      fill(fault);
    } catch (error) {
      fill(fault, h('div.glass', null, problemNotice(ctx, error, [{ label: t('common.retry'), run: look }])));
    }
    update();
  }

  async function watch() {
    if (!document.hidden) {
      health = await ctx.api.get('/health').catch(() => health); // the next look will tell
      update();
    }
  }

  function update() {
    const { catalog } = store.get();
    const now = catalog?.engines.find((/** @type {any} */ one) => one.name === catalog.engine_auto);
    fill(speaker, now ? speaksNow(ctx, now) : h('p.soft', null, t('common.loading')));
    fill(machine, machineFacts(ctx, health, catalog));
    const others = (catalog?.engines ?? []).filter((/** @type {any} */ one) => one !== now);
    fill(engines, h('h2', null, t('models.others')), others.length ? h('ul', null, others.map((/** @type {any} */ one) => engineRow(ctx, one))) : catalog && h('p.soft', null, t('models.alone')));
  }

  const timer = setInterval(watch, EVERY);
  const stop = store.watch((/** @type {any} */ state) => state.catalog, update);
  look();
  return {
    update,
    unmount() {
      clearInterval(timer);
      stop();
    },
  };
}

/**
 * @param {any} ctx
 * @param {any} engine
 */
function speaksNow({ t, i18n }, engine) {
  const names = new Intl.DisplayNames(i18n.locale(), { type: 'language' });
  const languages = (engine.languages ?? []).map((/** @type {string} */ code) => names.of(code)).join(', ');
  const kinds = (engine.kinds ?? []).map((/** @type {string} */ kind) => h('li', null, icon('check', '-small'), t(`models.kinds.${kind}`)));
  return [
    h('p.small.soft.eyebrow', null, h('span.pulse', { 'aria-hidden': true }), t('models.now')),
    h('h2.engine-name', null, engine.title || engine.name),
    engine.note && h('p', null, engine.note),
    engine.reason && h('p.small.soft', null, t('models.because', { reason: engine.reason })),
    h('ul.kinds', null, kinds, engine.emotions && h('li', null, icon('check', '-small'), t('models.kinds.emotions'))),
    languages && h('p.small.soft', null, t('models.languages', { languages })),
  ];
}

/**
 * @param {any} ctx
 * @param {any} health
 * @param {any} catalog
 */
function machineFacts({ t, i18n }, health, catalog) {
  const rows = [
    ['address', location.host],
    ['state', health && t(health.lane && `models.lane.${health.lane}`)],
    ['queue', health && Number.isFinite(health.queue) ? t('models.waiting', { count: health.queue }) : ''],
    ['uptime', health && Number.isFinite(health.uptime) ? span(health.uptime, i18n.locale()) : ''],
    ['version', health?.version ?? catalog?.version],
    ['textLimit', catalog?.limits?.text ? t('models.characters', { count: catalog.limits.text }) : ''],
  ];
  return [h('h2', null, t('models.machine')), h('p.small.soft', null, t('models.machineText')),
    h('dl.facts', null, rows.filter(([, value]) => value).flatMap(([name, value]) => [h('dt', null, t(`models.facts.${name}`)), h('dd.numbers', null, String(value))]))];
}

/**
 * @param {number} seconds
 * @param {string} locale
 */
function span(seconds, locale) {
  const [value, unit] = seconds < 90 ? [seconds, 'second'] : seconds < 5400 ? [seconds / 60, 'minute'] : [seconds / 3600, 'hour'];
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: 0 }).format(value);
}

/**
 * @param {any} ctx
 * @param {any} engine
 */
function engineRow({ t }, engine) {
  return h('li.glass.engine', { class: engine.available ? '-able' : '' },
    icon(engine.available ? 'check' : 'lock'),
    h('div.grow', null,
      h('h3', null, engine.title || engine.name),
      engine.note && h('p.small', null, engine.note),
      !engine.available && engine.reason && h('p.small.soft', null, t('models.missing', { reason: engine.reason })),
      !engine.available && engine.hint && h('p.small.hint', null, engine.hint)),
    h('span.badge.small', null, t(engine.available ? 'models.able' : 'models.unable')));
}
