// The head of a performance: the stage as a sentence, what is left of it, Cancel, and the blocks.

import { h, icon, setText } from '../dom.js';
import { length } from '../audio/time.js';
import { isBusy } from '../performance.js';
import { progressBlocks } from './progress-blocks.js';

/**
 * @param {any} ctx
 * @param {{onEnd: () => void}} props where the focus goes when Cancel disappears under it
 */
export function performanceHead(ctx, { onEnd }) {
  const { t } = ctx;
  const stage = h('p.stage#stage', { role: 'status', 'aria-live': 'polite' });
  const rest = h('p.small.soft.numbers.eta');
  const cancel = h('button.button.-small#cancel-button', { type: 'button', onclick: ctx.cancel }, icon('stop', '-small'), t('common.cancel'));
  const blocks = progressBlocks(ctx);
  const el = h('header', null, h('div.grow', null, stage, rest), cancel);

  /**
   * @param {import('../performance.js').Performance} now
   * @param {boolean} isPlan
   */
  function update(now, isPlan) {
    const busy = isBusy(now);
    setText(stage, isPlan ? t('performance.planned') : sentence(ctx, now));
    setText(rest, facts(ctx, now));
    rest.hidden = !rest.textContent;
    if (!busy && cancel === document.activeElement) onEnd();
    cancel.hidden = !busy;
    cancel.setAttribute('aria-disabled', String(now.cancelling));
    blocks.el.hidden = isPlan || now.status === 'failed' || now.status === 'cancelled';
    blocks.update(now);
  }

  return { el, blocks: blocks.el, update };
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
  if (now.redoing !== null && now.status === 'working') return t('stages.redoing', { n: now.redoing + 1 });
  const key = `stages.${now.stageCode}`;
  const said = now.stageCode && i18n.has(key) ? t(key, now.params) : now.stage || t(`performance.${now.status}`);
  return now.params.percent ? `${said} · ${now.params.percent} %` : said;
}

/**
 * @param {any} ctx
 * @param {import('../performance.js').Performance} now
 */
function facts({ t, i18n }, now) {
  const seconds = (/** @type {number} */ value) => length(value, i18n.locale());
  if (now.status === 'done') return [seconds(now.take.duration), t('script.segments', { count: now.parts.length }), now.take.elapsed && t('performance.took', { time: seconds(now.take.elapsed) })].filter(Boolean).join(' · ');
  if (!isBusy(now)) return '';
  const live = { sounding: 'speak.listening', gathering: 'speak.gathering', silent: '' }[now.live];
  return [now.eta !== null && t('performance.eta', { time: seconds(now.eta) }), live && t(live)].filter(Boolean).join(' · ');
}
