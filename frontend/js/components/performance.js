// The performance: what is planned, what is being spoken now, and each segment of what was spoken, to hear alone.

import { fill, h, icon, keyed, setText } from '../dom.js';
import { withUnit } from '../audio/time.js';
import { isBusy } from '../performance.js';
import { performanceRow } from './performance-row.js';
import { problemNotice, quietNotices } from './notices.js';
import { progressBlocks } from './progress-blocks.js';

/**
 * @param {any} ctx
 * @param {{onRetry: () => void, onExample: () => void}} props
 */
export function performance(ctx, { onRetry, onExample }) {
  const { t, store } = ctx;
  const stage = h('p.stage#stage', { role: 'status', 'aria-live': 'polite' });
  const eta = h('p.small.soft.numbers.eta');
  const cancel = h('button.button.-small#cancel-button', { type: 'button', onclick: ctx.cancel }, icon('stop', '-small'), t('common.cancel'));
  const blocks = progressBlocks(ctx);
  const problem = h('div');
  const notices = h('div');
  const rows = h('ol.performance-rows');
  const spoke = h('p.small.soft.spoke');
  const head = h('header', null, h('div.grow', null, stage, eta), cancel);
  const el = h('section.performance.glass#performance', { 'aria-label': t('performance.title'), tabindex: -1 }, head, blocks.el, problem, rows, notices, spoke);
  const teaching = h('div.empty', null, icon('mark'), h('h2', null, t('performance.emptyTitle')), h('p.small', null, t('performance.empty')),
    h('button.button', { type: 'button', onclick: onExample }, t('performance.example')));
  el.append(teaching);
  const handles = new Map();

  function update() {
    const now = store.get().performance;
    const idle = now.status === 'idle' || (now.status === 'cancelled' && !now.parts.length);
    const parts = idle ? store.get().planned : now.parts;
    const isDialogue = new Set(parts.map((/** @type {any} */ part) => part.voice)).size > 1;
    drawHead(now, idle, parts);
    fill(problem, now.problem && now.status === 'failed' && problemNotice(ctx, now.problem, onRetry));
    keyed(rows, parts, (/** @type {any} */ _, /** @type {number} */ i) => String(i), create, (/** @type {any} */ row, /** @type {any} */ part, /** @type {number} */ i) => handles.get(row).update(part, i, idle ? null : now, isDialogue));
    fill(notices, quietNotices(ctx, now.notices));
    const note = now.status === 'done' ? whoSpoke(ctx, now.take) : '';
    setText(spoke, note);
    spoke.hidden = !note;
  }

  function create() {
    const row = performanceRow(ctx);
    handles.set(row.el, row);
    return row.el;
  }

  /**
   * @param {import('../performance.js').Performance} now
   * @param {boolean} idle
   * @param {any[]} parts
   */
  function drawHead(now, idle, parts) {
    const busy = isBusy(now);
    teaching.hidden = !(idle && !parts.length);
    head.hidden = !teaching.hidden;
    setText(stage, idle ? t('performance.planned') : sentence(ctx, now));
    setText(eta, facts(ctx, now));
    eta.hidden = !eta.textContent;
    if (!busy && cancel === document.activeElement) el.focus();
    cancel.hidden = !busy;
    cancel.setAttribute('aria-disabled', String(now.cancelling));
    blocks.el.hidden = idle || now.status === 'failed' || now.status === 'cancelled';
    blocks.update(now);
    el.classList.toggle('-busy', busy);
    el.classList.toggle('-plan', idle);
  }

  return { el, update, unmount: () => handles.forEach((row) => row.unmount()) };
}

/**
 * The stage in the reader's language: by its code where we have words, else what the studio said.
 * @param {any} ctx
 * @param {import('../performance.js').Performance} now
 */
function sentence({ t, i18n }, now) {
  if (now.cut) return t('performance.cut');
  if (now.cancelling) return t('performance.cancelling');
  if (['done', 'failed', 'cancelled', 'starting'].includes(now.status)) return t(`performance.${now.status}`);
  if (now.status === 'queued' && now.place) return t('performance.queued', { count: now.place });
  const key = `stages.${now.stageCode}`;
  return now.stageCode && i18n.has(key) ? t(key, now.params) : now.stage || t(`performance.${now.status}`);
}

/**
 * @param {any} ctx
 * @param {import('../performance.js').Performance} now
 */
function facts({ t, i18n }, now) {
  const seconds = (/** @type {number} */ value) => withUnit(value, i18n.locale());
  if (now.status === 'done') return [seconds(now.take.duration), t('script.segments', { count: now.parts.length }), now.take.elapsed && t('performance.took', { time: seconds(now.take.elapsed) })].filter(Boolean).join(' · ');
  return isBusy(now) && now.eta !== null ? t('performance.eta', { time: seconds(now.eta) }) : '';
}

/**
 * @param {any} ctx
 * @param {any} take
 */
function whoSpoke({ t, store }, take) {
  if (take.engine === 'preview') return t('performance.preview');
  const engine = store.get().catalog?.engines.find((/** @type {any} */ one) => one.name === take.engine);
  return t('performance.engine', { engine: engine?.title ?? take.engine, device: take.device });
}
