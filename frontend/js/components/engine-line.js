// Who will speak, said before it happens: the engine of the chosen kind of voice, or who stands in and what it lacks.

import { h, icon, redraw } from '../dom.js';
import { engineFor, modelOf, standsIn } from '../engines.js';

/** @param {any} ctx */
export function engineLine(ctx) {
  const { t, store } = ctx;
  const el = h('p.engine-line.small.soft');

  function update() {
    const { catalog, draft } = store.get();
    const { tab } = draft;
    const preview = standsIn(catalog, tab);
    el.hidden = !catalog;
    el.classList.toggle('-studio', !preview);
    redraw(el, catalog && `${tab} ${engineFor(catalog, tab)}`, () => catalog && words(catalog, tab, preview));
  }

  /** @param {any} catalog @param {import('../draft.js').Tab} tab @param {boolean} preview */
  function words(catalog, tab, preview) {
    if (preview) return [icon('info', '-small'), h('span', null, t('speak.engine.standIn')), h('button.button.-small.-plain', { type: 'button', 'aria-label': `${t('speak.engine.get')}: ${modelOf(tab)}`, onclick: () => ctx.openWizard() }, t('speak.engine.get'))];
    const engine = catalog.engines.find((/** @type {any} */ one) => one.name === engineFor(catalog, tab));
    return [icon('check', '-small'), h('span', null, t('speak.engine.studio', { engine: engine?.title ?? '' }))];
  }

  return { el, update };
}
