// What is on its way: one bar for all of it, a line for each part, and each problem beside its part with a way on.

import { h, icon, keyed, redraw, setText } from '../../dom.js';
import { amount, span } from '../../models/amounts.js';
import { isOpen } from '../../models/transfers.js';
import { problemNotice } from '../builder/problem-notice.js';
import { attempts } from './attempt.js';
import { sentence } from './transfer-line.js';

const SIGNS = /** @type {Record<string, string>} */ ({ done: 'check', failed: 'warn', running: 'download', queued: 'history' });

/**
 * @param {any} ctx
 * @param {any} service
 */
export function wizardProgress(ctx, service) {
  const { t, store, i18n } = ctx;
  const faults = attempts(ctx);
  const bar = h('div.bar', { role: 'progressbar', 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-label': t('models.wizard.title') }, h('i'));
  const percent = h('strong.percent.numbers');
  const rest = h('p.small.soft.numbers');
  const list = h('ul.parts');
  const hint = h('p.small.soft.hint', null, t('models.wizard.hideHint'));
  const el = h('div.wizard.stack', null, h('div.row.-apart', null, percent, rest), bar, list, faults.el, hint);

  const parts = () => /** @type {any[]} */ (Object.values(store.get().transfers)).filter(({ kind, status }) => (kind === 'model' || kind === 'packages') && status !== 'cancelled');

  function update() {
    const { open, progress, bytes, total, speed, eta } = service.overall();
    hint.hidden = !open;
    const locale = i18n.locale();
    bar.style.setProperty('--fill', String(progress));
    bar.setAttribute('aria-valuenow', String(Math.floor(progress * 100)));
    setText(percent, `${Math.floor(progress * 100)} %`);
    setText(rest, [t('models.transfer.of', { done: amount(bytes, locale), total: amount(total, locale) }),
      speed > 0 && t('models.transfer.speed', { speed: amount(speed, locale) }), eta && t('models.transfer.left', { time: span(eta, locale) })].filter(Boolean).join(' · '));
    keyed(list, parts(), ({ kind, key }) => `${kind} ${key}`, () => h('li', null, h('span.sign'), h('div.grow', null, h('strong'), h('p.small.soft.numbers'), h('div'))), draw);
  }

  /** @param {any} row @param {any} part */
  function draw(row, part) {
    const [sign, { children: [name, words, failed] }] = row.children;
    row.dataset.state = part.status;
    redraw(sign, part.status, () => icon(SIGNS[part.status] ?? 'info', '-small'));
    setText(name, part.kind === 'packages' ? t('models.wizard.packages') : titleOf(part.key));
    setText(words, part.status === 'failed' ? '' : sentence(ctx, part));
    const problem = part.status === 'failed' ? part.problem ?? {} : null;
    redraw(failed, problem, () => problem && problemNotice(ctx, problem, [{ label: t('common.retry'), run: () => again(part) }]));
  }

  /** All that failed, once more. */
  const retry = () => faults.attempt(() => {
    const lost = parts().filter(({ status }) => status === 'failed');
    const packages = lost.some(({ kind }) => kind === 'packages');
    return Promise.all([packages && service.install([]), ...lost.filter(({ kind }) => kind === 'model').map(({ key }) => service.download(key))]);
  });

  /** @param {any} part */
  const again = (part) => faults.attempt(() => (part.kind === 'packages' ? service.install([]) : service.download(part.key)));

  /** @param {string} key */
  const titleOf = (key) => store.get().models?.models.find((/** @type {any} */ one) => one.key === key)?.title ?? key;

  return {
    el, update, retry,
    stop: () => faults.attempt(() => Promise.all(parts().filter(isOpen).map(({ id }) => service.cancel(id)))),
  };
}
