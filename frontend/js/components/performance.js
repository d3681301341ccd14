// The performance: what is planned, what is being spoken now, and each segment of what was spoken, to hear alone.

import { h, icon, redraw, setText } from '../dom.js';
import { isBusy } from '../performance.js';
import { performanceHead } from './performance-head.js';
import { performanceRows } from './performance-rows.js';
import { summaryOf } from '../verification.js';
import { problemNotice, quietNotices } from './notices.js';
import { verificationBadge } from './verification-badge.js';

/** Notices that the sign of a line tells better, once the take stands. */
const SIGNED = new Set(['segment-doubtful', 'segment-redone']);

/**
 * @param {any} ctx
 * @param {{onRetry: () => void, onExample: () => void}} props
 */
export function performance(ctx, { onRetry, onExample }) {
  const { t, store } = ctx;
  const head = performanceHead(ctx, { onEnd: () => el.focus() });
  const rows = performanceRows(ctx);
  const problem = h('div');
  const notices = h('div');
  const spoke = h('p.small.soft.spoke');
  const checked = verificationBadge(ctx, { report, className: '-take' });
  const foot = h('div.row.-wrap.spoken-by', null, checked.button, spoke);
  const teaching = h('div.empty', null, icon('mark'), h('h2', null, t('performance.emptyTitle')), h('p.small', null, t('performance.empty')),
    h('button.button', { type: 'button', onclick: onExample }, t('performance.example')));
  const el = h('section.performance.glass#performance', { 'aria-label': t('performance.title'), tabindex: -1 },
    head.el, head.blocks, problem, rows.el, rows.further, notices, foot, checked.panel, teaching);

  async function report() {
    const { takeReport } = await import('./verification-report.js');
    return takeReport(ctx, store.get().performance.take, { show: rows.show });
  }

  function update() {
    const now = store.get().performance;
    const isPlan = now.status === 'idle' || (now.status === 'cancelled' && !now.parts.length);
    const parts = isPlan ? store.get().planned : now.parts;
    const fault = now.status === 'failed' ? now.problem : null;
    teaching.hidden = !isPlan || parts.length > 0;
    head.el.hidden = !teaching.hidden;
    head.update(now, isPlan);
    rows.update(parts, isPlan ? null : now);
    redraw(problem, fault, () => fault && problemNotice(ctx, fault, onRetry));
    redraw(notices, now.status === 'done' ? now.take : now.notices, () => quietNotices(ctx, now.status === 'done' ? now.notices.filter((/** @type {any} */ { code }) => !SIGNED.has(code)) : now.notices));
    setText(spoke, now.status === 'done' ? whoSpoke(ctx, now.take) : '');
    spoke.hidden = !spoke.textContent;
    showStanding(now);
    el.classList.toggle('-busy', isBusy(now));
    el.classList.toggle('-plan', isPlan);
  }

  /** @type {any} */
  let judged = null;

  /** @param {import('../performance.js').Performance} now */
  function showStanding(now) {
    if (now.take !== judged) checked.close();
    judged = now.take;
    const { standing, redone, doubtful } = now.status === 'done' ? summaryOf(now.take) : { standing: /** @type {const} */ ('none'), redone: 0, doubtful: 0 };
    const words = doubtful ? t('verify.summary.doubtful', { count: doubtful }) : redone ? t('verify.summary.redone', { count: redone }) : t('verify.summary.good');
    checked.update(standing, words, words);
    foot.hidden = !spoke.textContent && standing === 'none';
  }

  return { el, update, unmount: rows.unmount };
}

/**
 * @param {any} ctx
 * @param {any} take
 */
function whoSpoke({ t, store }, take) {
  if (take.engine === 'preview') return t('performance.preview');
  const { catalog, models } = store.get();
  const model = models?.models.find((/** @type {any} */ one) => one.key === take.model);
  const engine = catalog?.engines.find((/** @type {any} */ one) => one.name === take.engine);
  return t('performance.engine', { engine: model?.title ?? engine?.title ?? take.engine, device: take.device });
}
