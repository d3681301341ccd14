// Moves the models folder: a field in its place, and the job that follows.

import { h, setText } from '../../dom.js';
import { isOpen } from '../../models/transfers.js';
import { attempts } from './attempt.js';
import { transferLine } from './transfer-line.js';

/**
 * @param {any} ctx
 * @param {any} service
 */
export function folderMove(ctx, service) {
  const { t, store } = ctx;
  const faults = attempts(ctx);
  const field = h('input.input#models-folder', { type: 'text', autocomplete: 'off', spellcheck: false });
  const form = h('form.stack', { hidden: true, onsubmit: start, onkeydown: (/** @type {KeyboardEvent} */ event) => { if (event.key === 'Escape') toggle(false); } },
    h('label.field-label', { for: field.id }, t('models.folder.label')), field,
    h('div.row', null, h('button.button.-small', { type: 'submit' }, t('models.folder.start')),
      h('button.button.-small.-plain', { type: 'button', onclick: () => toggle(false) }, t('common.cancel'))));
  const button = h('button.button.-small.-plain', { type: 'button', 'aria-expanded': 'false', onclick: () => toggle(form.hidden) }, t('models.folder.move'));
  const line = transferLine(ctx, { title: t('stages.moving'), onCancel: (id) => faults.attempt(() => service.cancel(id)) });
  const failed = h('p.field-error', { role: 'alert' });
  const el = h('div.stack', null, form, line.el, failed, faults.el);

  /** @param {boolean} open */
  function toggle(open) {
    form.hidden = !open;
    button.setAttribute('aria-expanded', String(open));
    if (!open) return void button.focus();
    field.value = store.get().models?.folder ?? '';
    field.focus();
    field.select();
  }

  /** @param {Event} event */
  async function start(event) {
    event.preventDefault();
    if (await faults.attempt(() => service.move(field.value.trim()))) toggle(false);
  }

  function update() {
    const job = /** @type {any[]} */ (Object.values(store.get().transfers)).filter(({ kind }) => kind === 'folder').at(-1);
    const busy = Boolean(job && isOpen(job));
    line.el.hidden = !busy;
    button.hidden = busy;
    if (busy) line.update(job);
    const problem = job?.status === 'failed' && job.problem ? ctx.explain(job.problem) : null;
    failed.hidden = !problem;
    setText(failed, problem ? [problem.title, problem.detail, problem.hint].filter(Boolean).join(' ') : '');
  }

  return { el, button, update };
}
