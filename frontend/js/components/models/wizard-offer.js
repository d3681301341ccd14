// The first step: what this machine can run, what one gets, what it weighs; then one click.

import { h, icon, redraw } from '../../dom.js';
import { amount, megabytes } from '../../models/amounts.js';
import { wanted } from '../../models/wanted.js';
import { attempts } from './attempt.js';

const GETS = /** @type {const} */ ([['custom', 'preset', 'user'], ['base', 'cloned', 'mic'], ['design', 'designed', 'describe']]);

/**
 * @param {any} ctx
 * @param {any} service
 */
export function wizardOffer(ctx, service) {
  const { t, store, i18n } = ctx;
  const faults = attempts(ctx);
  const words = h('div.stack');
  const el = h('div.stack', null, h('p', null, t('models.wizard.lead')), words, faults.el);
  let asked = false;

  async function start() {
    if (asked) return;
    asked = true;
    await faults.attempt(() => service.install(wanted(store.get().models).keys));
    asked = false;
  }

  function update() {
    const { models } = store.get();
    redraw(words, JSON.stringify([models.recommended, models.models, models.machine.disk, models.offline]), () => offered(models));
  }

  /** @param {any} models */
  function offered(models) {
    const locale = i18n.locale();
    const { bytes, packages } = wanted(models);
    const chosen = models.models.filter((/** @type {any} */ one) => models.recommended.includes(one.key));
    const rows = GETS.map(([variant, kind, sign]) => ({ kind, sign, model: chosen.find((/** @type {any} */ one) => one.variant === variant) })).filter(({ model }) => model);
    return [
      h('p.advice', null, icon('models'), h('span', null, t(`models.advice.${models.recommendation.code}`, models.recommendation.params))),
      h('ul.gets', { 'aria-label': t('models.wizard.gets') },
        rows.map(({ kind, sign, model }) => h('li', null, icon(sign), h('span.grow', null, h('strong', null, t(`models.kinds.${kind}`)), h('span.small.soft', null, model.title)),
          h('span.small.soft.numbers', null, model.installed ? t('models.state.installed') : amount(model.bytes, locale)))),
        packages && h('li', null, icon('folder'), h('span.grow', null, h('strong', null, t('models.wizard.packages')), h('span.small.soft', null, 'PyTorch')), h('span.small.soft.numbers', null, megabytes(models.studio_set.size_mb, locale)))),
      models.offline ? h('p.notice', null, icon('info'), h('span', null, t('models.offline'))) : h('p.sum.numbers', null, t('models.get.facts', { size: amount(bytes, locale), free: megabytes(models.machine.disk.free_mb, locale) })),
    ];
  }

  return { el, start, update };
}
