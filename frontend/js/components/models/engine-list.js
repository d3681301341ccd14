// Engines that cannot speak yet say what they lack and what to do.

import { h, icon, redraw } from '../../dom.js';

/** @param {any} ctx */
export function engineList(ctx) {
  const { t, store } = ctx;
  const list = h('ul');
  const el = h('section.engines', null, h('h2', null, t('models.others')), list);

  function update() {
    const unable = (store.get().catalog?.engines ?? []).filter((/** @type {any} */ one) => !one.available && one.name !== 'qwen3_tts');
    el.hidden = !unable.length;
    redraw(list, JSON.stringify(unable), () => unable.map((/** @type {any} */ one) => engineRow(ctx, one)));
  }

  return { el, update };
}

/**
 * @param {any} ctx
 * @param {any} engine
 */
function engineRow({ t }, engine) {
  return h('li.glass.engine', null, icon('lock'),
    h('div.grow', null,
      h('h3', null, engine.title || engine.name),
      engine.note && h('p.small', null, engine.note),
      engine.reason && h('p.small.soft', null, t('models.engineMissing', { reason: engine.reason })),
      engine.hint && h('p.small.hint', null, engine.hint)),
    h('span.badge.small', null, t('models.unable')));
}
