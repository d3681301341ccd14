// The row of emotions above the script: a press puts the tag at the caret. Recorded emotions of the voice come first.

import { fill, h } from '../dom.js';
import { fold } from '../script-tokens.js';
import { emotionPill } from './emotion-pill.js';

/**
 * @param {any} ctx
 * @param {{insert: (tag: string) => void}} props
 */
export function emotionPalette(ctx, { insert }) {
  const { t } = ctx;
  const el = h('div.emotion-palette', { role: 'toolbar', 'aria-label': t('script.palette') });
  let drawn = '';

  function update() {
    const { catalog, draft, personalities, locale } = ctx.store.get();
    const recorded = draft.tab === 'base' ? Object.keys(personalities?.find((/** @type {any} */ one) => one.id === draft.personality)?.emotions ?? {}) : [];
    const names = [...new Set([...recorded, ...(catalog?.emotions ?? []).map((/** @type {any} */ one) => one.name)])];
    const mark = JSON.stringify([names, recorded, locale]);
    if (mark === drawn) return;
    drawn = mark;
    fill(el, names.map((name) => emotionPill(ctx, name, {
      onclick: () => insert(`[${tagWord(ctx, name)}]`),
      className: recorded.length && !recorded.includes(name) ? '-faint' : '',
      title: recorded.length && !recorded.includes(name) ? t('script.notRecorded') : t('script.insert'),
    })), names.length > 0 && h('button.emotion-pill.-pause', { type: 'button', onclick: () => insert(`[${t('script.pauseWord')} 1s]`), onmousedown: (/** @type {Event} */ event) => event.preventDefault() },
      h('span.sign', { 'aria-hidden': true }, '⏸'), h('span', null, t('script.pause'))));
  }

  return { el, update };
}

/**
 * How a tag is written: the reader's word where the studio understands it, else the canonical name.
 * @param {any} ctx
 * @param {string} name
 */
export function tagWord(ctx, name) {
  const { catalog } = ctx.store.get();
  const row = catalog?.emotions.find((/** @type {any} */ one) => one.name === name);
  const { label } = ctx.emotion(name);
  const known = row && Object.values(row.aliases ?? {}).some((list) => /** @type {string[]} */ (list).some((word) => fold(word) === fold(label)));
  return known ? label : name;
}
