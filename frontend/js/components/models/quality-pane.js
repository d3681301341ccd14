// What speaks now for each kind of voice, and the one button towards studio quality.

import { h, icon, redraw, setText } from '../../dom.js';
import { wanted } from '../../models/wanted.js';
import { amount, megabytes } from '../../models/amounts.js';

/**
 * @param {any} ctx
 * @param {any} service
 * @param {{openWizard: () => void}} props
 */
export function qualityPane(ctx, service, { openWizard }) {
  const { t, store } = ctx;
  const now = h('div.now');
  const offer = h('div.offer');
  const coming = h('p.small.soft.numbers');
  const el = h('section.glass.quality', { 'aria-label': t('models.now') }, h('p.small.soft.eyebrow', null, h('span.pulse', { 'aria-hidden': true }), t('models.now')), now, offer);

  function update() {
    const { catalog, models } = store.get();
    const { open, failed, progress } = service.overall();
    redraw(now, JSON.stringify([catalog?.engine_for, catalog?.engine_auto]), () => catalog && speaking(ctx, catalog));
    redraw(offer, JSON.stringify([models?.recommended, models?.offline, models && wanted(models).keys, open, failed]), () => models && offered(ctx, models, { busy: open || failed, coming, openWizard }));
    setText(coming, open ? `${t('models.get.coming')}: ${Math.floor(progress * 100)} %` : failed ? t('problems.download-failed.title') : '');
  }

  return { el, update };
}

/**
 * @param {any} ctx
 * @param {any} catalog
 */
function speaking({ t }, catalog) {
  const titles = /** @type {Record<string, string>} */ (Object.fromEntries(catalog.engines.map((/** @type {any} */ one) => [one.name, one.title])));
  const title = (/** @type {string} */ name) => (name === 'preview' ? t('models.preview') : titles[name] ?? name);
  const kinds = /** @type {[string, string][]} */ (['preset', 'cloned', 'designed'].map((kind) => [kind, catalog.engine_for?.[kind] ?? catalog.engine_auto]));
  return [
    h('h2.engine-name', null, title(catalog.engine_auto)),
    h('ul.kinds', null, kinds.map(([kind, engine]) => h('li', { class: engine === 'preview' ? '' : '-studio' },
      icon(engine === 'preview' ? 'speak' : 'check', '-small'), h('span', null, t(`models.kinds.${kind}`)), h('span.small.soft', null, title(engine))))),
  ];
}

/**
 * @param {any} ctx
 * @param {any} models
 * @param {{busy: boolean, coming: HTMLElement, openWizard: () => void}} props
 */
function offered({ t, i18n }, models, { busy, coming, openWizard }) {
  if (busy) {
    return h('div.row.-wrap', null, h('button.button.-primary#models-get', { type: 'button', onclick: openWizard }, icon('download', '-small'), t('models.get.show')), coming);
  }
  const { keys, bytes } = wanted(models);
  if (!models.recommended.length) return h('p.notice.-warn', null, icon('warn'), h('span', null, t(`models.advice.${models.recommendation.code}`, models.recommendation.params)));
  if (!keys.length) return h('p.small.soft.row', null, icon('check', '-small'), h('span', null, t('models.get.all')));
  const some = models.models.some((/** @type {any} */ one) => one.engine === 'qwen3_tts' && one.variant && one.installed);
  const locale = i18n.locale();
  return [
    h('p', null, t(`models.advice.${models.recommendation.code}`, models.recommendation.params)),
    models.offline
      ? h('p.notice', null, icon('info'), h('span', null, t('models.offline')))
      : h('div.row.-wrap', null, h('button.button.-primary.-large#models-get', { type: 'button', onclick: openWizard }, icon('download'), t(some ? 'models.get.more' : 'models.get.title')),
        h('p.small.soft.numbers', null, t('models.get.facts', { size: amount(bytes, locale), free: megabytes(models.machine.disk.free_mb, locale) }))),
  ];
}
