// A job that a view waits for, drawn: its stage as a sentence, how far, how long still, and Cancel.

import { h, icon, setText } from '../dom.js';
import { clock } from '../audio/time.js';
import { isUnderWay } from '../work.js';

/**
 * @param {any} ctx
 * @param {{onCancel: () => void, label: string, name: string}} props name: prefix of the ids
 */
export function workProgress(ctx, { onCancel, label, name }) {
  const { t } = ctx;
  const stage = h(`p.stage#${name}-stage`, { role: 'status', 'aria-live': 'polite' });
  const rest = h('p.small.soft.numbers');
  const bar = h('progress.bar', { max: 1, 'aria-label': label });
  const cancel = h(`button.button.-small#${name}-cancel`, { type: 'button', onclick: onCancel }, icon('stop', '-small'), t('common.cancel'));
  const el = h('div.work-progress', null, h('div.row', null, h('div.grow', null, stage, rest), cancel), bar);

  /** @param {import('../work.js').Work} work */
  function update(work) {
    el.hidden = !isUnderWay(work);
    setText(stage, stageOf(ctx, work));
    setText(rest, restOf(ctx, work));
    const fraction = work.status === 'sending' ? work.sent : work.status === 'queued' ? null : work.progress || null;
    if (fraction === null) bar.removeAttribute('value');
    else bar.value = fraction;
    cancel.setAttribute('aria-disabled', String(work.cancelling));
  }

  return { el, update, focus: () => cancel.focus() };
}

/**
 * The stage in the reader's language: by its code where we have words, else what the studio said.
 * @param {any} ctx
 * @param {import('../work.js').Work} work
 */
function stageOf({ t, i18n }, work) {
  if (work.cut) return t('performance.cut');
  if (work.cancelling) return t('performance.cancelling');
  if (work.status === 'sending') return work.sent === null ? t('work.sending') : work.sent < 1 ? t('builder.saving.sending', { percent: Math.round(work.sent * 100) }) : t('work.looking');
  if (work.status === 'queued' && work.place) return t('performance.queued', { count: work.place });
  const key = `stages.${work.stageCode}`;
  return work.stageCode && i18n.has(key) ? t(key, work.params) : work.stage || t('stages.queued');
}

/**
 * @param {any} ctx
 * @param {import('../work.js').Work} work
 */
function restOf({ t, i18n }, work) {
  const percent = work.status === 'working' && work.progress ? new Intl.NumberFormat(i18n.locale(), { style: 'percent' }).format(work.progress) : '';
  const left = work.eta !== null && work.eta > 0 ? t('performance.eta', { time: roughly(work.eta, i18n.locale()) }) : '';
  return [percent, left].filter(Boolean).join(' · ');
}

/**
 * An estimate has no tenths.
 * @param {number} seconds
 * @param {string} locale
 */
function roughly(seconds, locale) {
  if (seconds >= 90) return clock(seconds);
  return new Intl.NumberFormat(locale, { style: 'unit', unit: 'second', unitDisplay: 'short', maximumFractionDigits: 0 }).format(Math.ceil(seconds));
}
