// One model: what it gives, what it takes, how it stands, and the one thing to do next; the rest unfolds.

import { firstButton, h, holdFocus, icon, redraw, set } from '../../dom.js';
import { amount, megabytes } from '../../models/amounts.js';
import { PROVIDERS, isOpen } from '../../models/transfers.js';
import { problemNotice } from '../builder/problem-notice.js';
import { attempts } from './attempt.js';
import { modelMore } from './model-more.js';
import { transferLine } from './transfer-line.js';

const SIGNS = /** @type {Record<string, string>} */ ({ installed: 'check', downloading: 'download', broken: 'warn', partial: 'warn', missing: 'download' });

/**
 * @param {any} ctx
 * @param {any} service
 * @param {any} first the model as it stands now
 */
export function modelRow(ctx, service, first) {
  const { t, store } = ctx;
  const faults = attempts(ctx);
  const sign = h('span.sign');
  const badges = h('span.badges');
  const facts = h('p.small.soft.numbers');
  const wants = h('div.wants');
  const action = h('div.action');
  const line = transferLine(ctx, { title: first.title, onCancel: (id) => faults.attempt(() => service.cancel(id)) });
  const failed = h('div');
  const download = (provider = 'auto') => faults.attempt(() => service.download(first.key, provider));
  const more = modelMore(ctx, service, first, { faults, download });
  const el = h('li.model', { dataset: { model: first.key } },
    sign,
    h('div.about', null, h('h3', null, first.title, badges), h('p.gives', null, gives(ctx, first)), facts, wants, line.el, failed, faults.el, more.el),
    h('div.deeds', null, action, more.button));

  const update = (/** @type {any} */ model) => holdFocus(el, () => draw(model), () => firstButton(line.el) ?? firstButton(action) ?? more.button);

  /** @param {any} model */
  function draw(model) {
    const job = /** @type {any[]} */ (Object.values(store.get().transfers)).findLast((one) => one.kind === 'model' && one.key === model.key);
    const busy = Boolean(job && isOpen(job)) || (model.state === 'downloading' && !job);
    const state = busy ? 'downloading' : model.state === 'downloading' ? 'partial' : model.state;
    const offline = store.get().models.offline;
    el.dataset.state = state;
    redraw(sign, state, () => [icon(SIGNS[state] ?? 'info'), h('span.unseen', null, t(`models.state.${state}`))]);
    redraw(badges, JSON.stringify([model.recommended, state]), () => [model.recommended && state !== 'installed' && h('span.badge.small.-accent', null, t('models.recommended')),
      (state === 'partial' || state === 'broken') && h('span.badge.small.-warn', null, t(`models.state.${state}`))]);
    redraw(facts, JSON.stringify(model), () => factsOf(ctx, model));
    redraw(wants, JSON.stringify([state, model.missing, model.gated, model.downloadable]), () => wantsOf(ctx, model, state));
    redraw(action, `${state} ${offline} ${model.downloadable}`, () => actionOf(ctx, model, state, offline, download));
    line.el.hidden = !busy;
    if (busy && job) line.update(job);
    const problem = job?.status === 'failed' && !model.installed ? job.problem ?? {} : null;
    redraw(failed, problem, () => problem && problemNotice(ctx, problem, waysOn(ctx, job, model, download)));
    more.update(model, state);
  }

  return { el, update };
}

/**
 * @param {any} ctx
 * @param {any} model
 */
function gives({ t, i18n }, model) {
  return i18n.has(`models.gives.${model.key}`) ? t(`models.gives.${model.key}`) : model.gives;
}

/**
 * @param {any} ctx
 * @param {any} model
 */
function factsOf({ t, i18n, store }, model) {
  const locale = i18n.locale();
  const { machine, models } = store.get().models;
  const memory = model.memory_mb[machine.device?.kind === 'cuda' ? 'cuda' : 'cpu'];
  const needs = model.requires.map((/** @type {string} */ key) => models.find((/** @type {any} */ one) => one.key === key)?.title ?? key);
  return [
    amount(model.bytes, locale),
    memory && t('models.facts.memory', { size: megabytes(memory, locale) }),
    model.licence,
    needs.length > 0 && t('models.facts.needs', { names: needs.join(', ') }),
    !model.installed && model.downloaded_bytes > 0 && model.state !== 'downloading' && t('models.facts.kept', { size: amount(model.downloaded_bytes, locale) }),
    model.installed && !['models', 'project'].includes(model.source) && t('models.facts.elsewhere'),
  ].filter(Boolean).join(' · ');
}

/**
 * What stands between the reader and this model.
 * @param {any} ctx
 * @param {any} model
 * @param {string} state
 */
function wantsOf({ t }, model, state) {
  if (state === 'installed' || state === 'downloading') return null;
  const [shown, further] = [model.missing.slice(0, 4), model.missing.length - 4];
  const names = shown.join(', ');
  return [
    names && h('p.small.lacks', null, further > 0 ? t('models.missingMore', { names, count: further }) : t('models.missing', { names })),
    model.gated && h('p.small.lacks', null, icon('lock', '-small'), h('span', null, t('models.gated'))),
  ];
}

/**
 * @param {any} ctx
 * @param {any} model
 * @param {string} state
 * @param {boolean} offline
 * @param {(provider?: string) => void} download
 */
function actionOf({ t }, model, state, offline, download) {
  if (state === 'installed' || state === 'downloading' || !model.downloadable) return null;
  const word = { partial: 'resume', broken: 'mend' }[state] ?? 'download';
  const button = h('button.button.-small.download', { type: 'button', 'aria-label': `${t(`models.act.${word}`)}: ${model.title}`, onclick: () => !offline && download() }, icon('download', '-small'), t(`models.act.${word}`));
  return set(button, { 'aria-disabled': offline ? 'true' : null });
}

/**
 * Again, or from the other provider where it was the provider that failed.
 * @param {any} ctx
 * @param {any} job
 * @param {any} model
 * @param {(provider?: string) => void} download
 */
function waysOn({ t }, job, model, download) {
  const other = job.provider && model.providers.find((/** @type {string} */ name) => name !== job.provider);
  return [
    { label: t('common.retry'), run: () => download() },
    ...(other ? [{ label: t('models.act.other', { provider: PROVIDERS[other] }), run: () => download(other) }] : []),
  ];
}
