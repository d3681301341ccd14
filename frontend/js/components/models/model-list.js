// All models in groups by what they give. What no engine of this version uses yet stays folded.

import { fill, h, keyed } from '../../dom.js';
import { modelRow } from './model-row.js';

/** @type {[string, (model: any) => boolean][]} */
const LATER = [
  ['others', ({ kind, engine }) => kind === 'speech' && engine !== 'qwen3_tts'],
  ['parts', ({ kind }) => !['transcription', 'speech'].includes(kind)],
];
const ORDER = ['custom', 'base', 'design', ''];

/**
 * @param {any} ctx
 * @param {any} service
 */
export function modelList(ctx, service) {
  const { t, store } = ctx;
  /** @type {Map<string, ReturnType<typeof modelRow>>} */
  const rows = new Map();
  const voices = h('ul.rows');
  const ears = h('ul.rows');
  const groups = LATER.map(([name, belongs]) => ({ name, belongs, list: h('ul.rows') }));
  const el = h('div.groups', null,
    h('section.glass.group', { 'aria-label': t('models.groups.speech') }, h('h2', null, t('models.groups.speech')), h('p.small.soft', null, t('models.groups.speechWhat')), voices),
    h('details.glass.group#models-recognisers', null, h('summary', null, h('h2', null, t('models.groups.transcription')), h('p.small.soft', null, t('models.groups.transcriptionWhat'))), ears),
    h('details.glass.group', null, h('summary', null, h('h2', null, t('models.groups.later')), h('p.small.soft', null, t('models.groups.laterWhat'))),
      groups.map(({ name, list }) => h('section', { 'aria-label': t(`models.groups.${name}`) }, h('h3.eyebrow', null, t(`models.groups.${name}`)), list))));

  function update() {
    const { models } = store.get();
    if (!models) return;
    const own = (/** @type {any} */ model) => model.engine === 'qwen3_tts';
    const qwen = models.models.filter(own).sort((/** @type {any} */ a, /** @type {any} */ b) => Number(b.recommended) - Number(a.recommended) || ORDER.indexOf(a.variant) - ORDER.indexOf(b.variant));
    draw(voices, qwen);
    draw(ears, models.models.filter((/** @type {any} */ { kind }) => kind === 'transcription'));
    for (const { list, belongs } of groups) draw(list, models.models.filter((/** @type {any} */ model) => !own(model) && belongs(model)));
  }

  /** @param {HTMLElement} list @param {any[]} models */
  function draw(list, models) {
    keyed(list, models, ({ key }) => key, (model) => rowOf(model).el, (_, model) => rowOf(model).update(model));
  }

  /** @param {any} model */
  function rowOf(model) {
    const row = rows.get(model.key) ?? modelRow(ctx, service, model);
    rows.set(model.key, row);
    return row;
  }

  return { el, update, unmount: () => { rows.clear(); fill(el); } };
}
