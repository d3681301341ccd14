// The quiet line of the first visit: which quality is heard, and what the better one takes on this very machine.

import { bytesWithUnit } from '../audio/time.js';
import { standsIn } from '../engines.js';
import { h, icon, redraw, setText } from '../dom.js';

/** @param {any} ctx */
export function qualityLine(ctx) {
  const { t, store } = ctx;
  const el = h('p.small.soft.quality');
  const button = h('button.button.-small#home-get', { type: 'button', onclick: () => ctx.openWizard() });

  function update() {
    const { catalog, models } = store.get();
    const coming = ctx.models?.overall();
    const preview = standsIn(catalog, 'custom');
    const words = coming?.open ? t('home.qualityComing', { percent: Math.floor(coming.progress * 100) }) : preview ? lacking(ctx, models) : t('home.qualityStudio');
    redraw(el, words, () => [icon('info', '-small'), h('span', null, words)]);
    button.hidden = !coming?.open && (!preview || (models && !models.recommended.length));
    setText(button, t(coming?.open ? 'home.show' : 'home.get'));
  }

  return { el, button, update };
}

/**
 * @param {any} ctx
 * @param {any} models null until the studio has looked
 */
function lacking({ t, i18n }, models) {
  if (!models?.recommended.length) return models ? t(`models.advice.${models.recommendation.code}`, models.recommendation.params) : t('home.quality');
  const packages = models.studio_set.installed ? 0 : models.studio_set.size_mb * 1e6;
  const bytes = models.models.reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + (models.recommended.includes(one.key) && !one.installed ? one.bytes : 0), packages);
  const size = (/** @type {number} */ count) => bytesWithUnit(count, i18n.locale());
  return t('home.qualityFacts', { size: size(bytes), free: size(models.machine.disk.free_mb * 1e6) });
}
