// What lies in memory, and the switch between the three kinds of model: each press is a job that is followed here.

import { h, holdFocus, icon, redraw, setText } from '../../dom.js';
import { isOpen } from '../../models/transfers.js';
import { problemNotice } from '../builder/problem-notice.js';
import { attempts } from './attempt.js';

const VARIANTS = /** @type {const} */ ([['base', 'Base', 'cloned'], ['custom', 'CustomVoice', 'preset'], ['design', 'VoiceDesign', 'designed']]);

/**
 * @param {any} ctx
 * @param {any} service
 */
export function memoryPane(ctx, service) {
  const { t, store } = ctx;
  const faults = attempts(ctx);
  const failed = h('div');
  const buttons = VARIANTS.map(([variant, name, kind]) => switchButton(ctx, { variant, name, kind, onPress: () => press(variant) }));
  const status = h('p.small.soft.numbers', { role: 'status', 'aria-live': 'polite' });
  const bar = h('div.bar', { 'aria-hidden': true }, h('i'));
  const unload = h('button.button.-small.-plain#models-unload', { type: 'button', onclick: () => faults.attempt(service.unload) }, icon('undo', '-small'), t('models.memory.unload'));
  const el = h('section.glass.memory', { 'aria-label': t('models.memory.title') },
    h('div.row.-apart.-wrap', null, h('h2', null, t('models.memory.title')), unload), h('p.small.soft', null, t('models.memory.what')),
    h('div.switches', { role: 'group', 'aria-label': t('models.memory.title') }, buttons.map((button) => button.el)), bar, status, failed, faults.el);

  /** @param {string} variant */
  function press(variant) {
    if (standing(store.get().models, variant).state === 'missing' || current()) return;
    faults.attempt(() => service.switchTo(variant));
  }

  const current = () => /** @type {any[]} */ (Object.values(store.get().transfers)).find((one) => one.kind === 'memory' && isOpen(one));

  const update = () => holdFocus(el, draw, () => buttons.find((button) => button.el.dataset.state === 'resident')?.el ?? buttons[0].el);

  function draw() {
    const { models, transfers } = store.get();
    if (!models) return;
    const job = current();
    const wanted = job && variantOf(models, job.key);
    const last = /** @type {any[]} */ (Object.values(transfers)).filter(({ kind }) => kind === 'memory').at(-1);
    buttons.forEach((button) => button.update(standing(models, button.variant), Boolean(job), button.variant === wanted));
    unload.hidden = !models.resident.length;
    unload.setAttribute('aria-disabled', String(Boolean(job)));
    bar.hidden = !job;
    bar.style.setProperty('--fill', String(job?.progress ?? 0));
    bar.classList.toggle('-waiting', Boolean(job) && job.progress === 0);
    setText(status, job ? doing(ctx, models, job) : models.resident.length ? '' : t('models.memory.none'));
    const problem = last?.status === 'failed' ? last.problem : null;
    redraw(failed, problem, () => problem && problemNotice(ctx, problem, [{ label: t('common.retry'), run: () => faults.attempt(() => (last.key ? service.switchTo(last.key) : service.unload())) }]));
  }

  return { el, update };
}

/**
 * @param {any} ctx
 * @param {{variant: string, name: string, kind: string, onPress: () => void}} props
 */
function switchButton({ t }, { variant, name, kind, onPress }) {
  const state = h('span.small.soft');
  const size = h('span.badge.small');
  const el = h(`button.switch-model#switch-${variant}`, { type: 'button', onclick: onPress },
    h('span.row', null, h('i.dot', { 'aria-hidden': true }), h('strong', null, name), size), h('span.small', null, t(`models.kinds.${kind}`)), state);
  return {
    el, variant,
    /** @param {{state: string, size: string}} now @param {boolean} busy @param {boolean} loading */
    update(now, busy, loading) {
      el.dataset.state = now.state;
      el.setAttribute('aria-pressed', String(now.state === 'resident'));
      el.setAttribute('aria-disabled', String(now.state === 'missing' || busy));
      el.classList.toggle('-loading', loading);
      setText(size, now.size);
      size.hidden = !now.size;
      setText(state, t(`models.memory.state.${loading ? 'loading' : now.state}`));
    },
  };
}

/**
 * Where the best model of a kind is: in memory, parked, on the disk, or nowhere.
 * @param {any} models
 * @param {string} variant
 */
function standing(models, variant) {
  const own = models?.models.filter((/** @type {any} */ one) => one.engine === 'qwen3_tts' && one.variant === variant) ?? [];
  const resident = models?.resident.find((/** @type {any} */ one) => one.variant === variant || own.some((/** @type {any} */ model) => model.key === one.key));
  const row = own.find((/** @type {any} */ one) => one.key === resident?.key) ?? own.findLast((/** @type {any} */ one) => one.installed);
  return { state: resident?.state ?? (row ? 'installed' : 'missing'), size: row?.size_label ?? '' };
}

/**
 * A switch may be asked for by the kind of model or by the key of one.
 * @param {any} models
 * @param {string} name
 */
function variantOf(models, name) {
  return models.models.find((/** @type {any} */ one) => one.key === name)?.variant ?? name;
}

/**
 * @param {any} ctx
 * @param {any} models
 * @param {any} job
 */
function doing({ t }, models, job) {
  if (job.status === 'queued') return t('models.memory.turn');
  if (job.stageCode === 'unloading' || !job.key) return t('models.memory.unloading');
  const wanted = variantOf(models, job.key);
  const name = VARIANTS.find(([variant]) => variant === wanted)?.[1] ?? job.key;
  return t('models.memory.switching', { model: name, percent: Math.round(job.progress * 100) });
}
