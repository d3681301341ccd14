// The packages that Qwen3-TTS runs on; shown only while some are missing or coming.

import { h, icon, redraw } from '../../dom.js';
import { megabytes } from '../../models/amounts.js';
import { isOpen } from '../../models/transfers.js';
import { problemNotice } from '../builder/problem-notice.js';
import { attempts } from './attempt.js';
import { transferLine } from './transfer-line.js';

/**
 * @param {any} ctx
 * @param {any} service
 */
export function studioSet(ctx, service) {
  const { t, store } = ctx;
  const faults = attempts(ctx);
  const words = h('div');
  const failed = h('div');
  const install = () => faults.attempt(() => service.install([]));
  const button = h('button.button.-small', { type: 'button', onclick: () => { if (!store.get().models?.offline) install(); } }, icon('download', '-small'), t('models.set.install'));
  const line = transferLine(ctx, { title: t('models.set.title'), onCancel: (id) => faults.attempt(() => service.cancel(id)) });
  const el = h('section.glass.studio-set', { 'aria-label': t('models.set.title') }, h('div.row.-apart', null, h('h2', null, t('models.set.title')), button), words, line.el, failed, faults.el);

  function update() {
    const { models, transfers } = store.get();
    if (!models) return void (el.hidden = true);
    const { studio_set: set, offline } = models;
    const job = /** @type {any[]} */ (Object.values(transfers)).findLast(({ kind }) => kind === 'packages');
    const busy = Boolean(job && isOpen(job));
    el.hidden = set.installed && !busy;
    button.hidden = busy;
    button.setAttribute('aria-disabled', String(offline));
    redraw(words, JSON.stringify(set), () => [
      h('p.small.soft', null, t('models.set.what', { size: megabytes(set.size_mb, ctx.i18n.locale()) })),
      set.missing.length > 0 && h('p.small', null, t('models.set.missing', { names: set.missing.join(', ') })),
    ]);
    line.el.hidden = !busy;
    if (busy) line.update(job);
    const problem = job?.status === 'failed' && !set.installed ? job.problem ?? {} : null;
    redraw(failed, problem, () => problem && problemNotice(ctx, problem, [{ label: t('common.retry'), run: install }]));
  }

  return { el, update };
}
