// One job under way, as a bar and a sentence: how much is here, how fast it comes, how long it still takes, and Cancel.

import { h, icon, setText } from '../../dom.js';
import { amount, span } from '../../models/amounts.js';
import { PROVIDERS, isOpen } from '../../models/transfers.js';

/**
 * @param {any} ctx
 * @param {{title: string, onCancel?: (id: string) => void}} props
 */
export function transferLine(ctx, { title, onCancel }) {
  const { t } = ctx;
  const bar = h('div.bar', { role: 'progressbar', 'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-label': t('models.transfer.name', { title }) }, h('i'));
  const words = h('p.small.soft.numbers.grow');
  const id = { now: '' };
  const cancel = h('button.button.-small.-plain', { type: 'button', 'aria-label': `${t('common.cancel')}: ${title}`, onclick: () => onCancel?.(id.now) }, icon('close', '-small'), t('common.cancel'));
  const el = h('div.transfer', null, bar, h('div.row', null, words, onCancel && cancel));

  /** @param {import('../../models/transfers.js').Transfer} transfer */
  function update(transfer) {
    id.now = transfer.id;
    const measured = transfer.kind !== 'packages' && transfer.status === 'running';
    const percent = Math.round(transfer.progress * 100);
    bar.style.setProperty('--fill', String(transfer.progress));
    bar.classList.toggle('-waiting', isOpen(transfer) && !measured);
    if (measured) bar.setAttribute('aria-valuenow', String(percent));
    else bar.removeAttribute('aria-valuenow');
    setText(words, sentence(ctx, transfer));
    cancel.setAttribute('aria-disabled', String(transfer.cancelling));
  }

  return { el, update };
}

/**
 * @param {any} ctx
 * @param {import('../../models/transfers.js').Transfer} transfer
 */
export function sentence({ t, i18n }, transfer) {
  const locale = i18n.locale();
  if (transfer.cancelling) return t('models.transfer.cancelling');
  if (transfer.status === 'done') return t('models.transfer.done');
  if (transfer.status === 'queued') return t('models.transfer.turn');
  if (transfer.kind === 'packages') return transfer.line || t('stages.installing');
  if (!transfer.total || !transfer.bytes) return t('models.transfer.starting');
  if (transfer.bytes >= transfer.total) return t('models.transfer.checking');
  return [
    t('models.transfer.of', { done: amount(transfer.bytes, locale), total: amount(transfer.total, locale) }),
    transfer.speed > 0 && t('models.transfer.speed', { speed: amount(transfer.speed, locale) }),
    transfer.eta && t('models.transfer.left', { time: span(transfer.eta, locale) }),
    PROVIDERS[transfer.provider] && t('models.transfer.from', { provider: PROVIDERS[transfer.provider] }),
  ].filter(Boolean).join(' · ');
}
