// What is rarely changed: language, speed, pitch, format, seed, match strength, checking. Closed, its button tells what differs.

import { fill, h, icon, setText } from '../dom.js';
import { attachPopup } from './popup.js';

/**
 * @param {any} ctx
 * @param {{edit: (patch: any) => void}} props
 */
export function moreOptions(ctx, { edit }) {
  const { t, store } = ctx;
  const button = h('button.button.-plain.more-button#more-button', { type: 'button', 'aria-controls': 'more-options' });
  const language = select(ctx, edit, 'language', () => [['auto', t('common.auto')], ...(store.get().catalog?.languages ?? []).map((/** @type {any} */ row) => [row.code, row.native])]);
  const format = select(ctx, edit, 'format', () => (store.get().catalog?.formats ?? ['wav']).map((/** @type {string} */ name) => [name, name.toUpperCase()]));
  const verify = select(ctx, edit, 'verify', () => ['auto', 'full', 'off'].map((mode) => [mode, t(`more.verifying.${mode}`)]));
  const speed = slider(ctx, edit, 'speed', { min: 0.5, max: 2, step: 0.05 }, (value) => `${number(ctx, value)}×`);
  const pitch = slider(ctx, edit, 'pitch', { min: -6, max: 6, step: 0.5 }, (value) => t('more.semitones', { value: `${value > 0 ? '+' : ''}${number(ctx, value)}` }));
  const match = slider(ctx, edit, 'matchStrength', { min: 0, max: 1, step: 0.05 }, (value) => new Intl.NumberFormat(ctx.i18n.locale(), { style: 'percent' }).format(value));
  const seed = h('input.input#seed-input', { inputmode: 'numeric', placeholder: t('more.seedAny'), oninput: () => edit({ seed: seed.value.replace(/\D/g, '').slice(0, 9) }) });
  const roll = h('button.button.-round', { type: 'button', 'aria-label': t('more.roll'), title: t('more.roll'), onclick: () => edit({ seed: String(Math.floor(Math.random() * 1e6)) }) }, icon('dice'));
  const el = h('div.more-options.glass.-raised#more-options', { role: 'group', tabindex: -1, 'aria-label': t('more.title') },
    language.el, format.el,
    h('div', null, h('label.field-label', { for: 'seed-input' }, t('more.seed')), h('div.row', null, seed, roll), h('p.field-hint', null, t('more.seedHint'))),
    verify.el, speed.el, pitch.el, match.el);

  attachPopup(button, el);

  function update() {
    const { draft } = store.get();
    language.draw(draft.language);
    format.draw(draft.format);
    verify.draw(draft.verify);
    speed.draw(draft.speed);
    pitch.draw(draft.pitch);
    match.draw(draft.matchStrength, 0.7);
    match.el.hidden = draft.tab !== 'base';
    if (seed.value !== draft.seed) seed.value = draft.seed;
    fill(button, icon('settings'), h('span.clip', null, [t('common.more'), ...changes(ctx, draft)].join(' · ')));
  }

  return { el, button, update };
}

/**
 * @param {any} ctx
 * @param {import('../draft.js').Draft} draft
 * @returns {string[]}
 */
function changes(ctx, draft) {
  return [
    draft.language !== 'auto' && draft.language.toUpperCase(),
    draft.speed !== 1 && `${number(ctx, draft.speed)}×`,
    draft.pitch !== 0 && `${draft.pitch > 0 ? '+' : ''}${number(ctx, draft.pitch)} ♪`,
    draft.format !== 'wav' && draft.format.toUpperCase(),
    draft.seed && `#${draft.seed}`,
    draft.verify !== 'auto' && ctx.t(`more.verifying.${draft.verify}`),
  ].filter((one) => typeof one === 'string' && one !== '').map(String);
}

/** @param {any} ctx @param {number} value */
function number(ctx, value) {
  return new Intl.NumberFormat(ctx.i18n.locale(), { maximumFractionDigits: 2 }).format(value);
}

/**
 * @param {any} ctx
 * @param {(patch: any) => void} edit
 * @param {string} name of the draft's member
 * @param {() => string[][]} options value and label
 */
function select({ t }, edit, name, options) {
  const box = h(`select.input#more-${name}`, { onchange: () => edit({ [name]: box.value }) });
  return {
    el: h('div', null, h('label.field-label', { for: box.id }, t(`more.${name}`)), box),
    draw(/** @type {string} */ value) {
      const rows = options();
      if (box.options.length !== rows.length) fill(box, rows.map(([code, label]) => h('option', { value: code }, label)));
      box.value = value;
    },
  };
}

/**
 * @param {any} ctx
 * @param {(patch: any) => void} edit
 * @param {string} name of the draft's member
 * @param {{min: number, max: number, step: number}} range
 * @param {(value: number) => string} shown
 */
function slider({ t }, edit, name, range, shown) {
  const box = h(`input#more-${name}`, { type: 'range', ...range, oninput: () => edit({ [name]: Number(box.value) }) });
  const output = h('output.numbers', { for: box.id });
  return {
    el: h('div', null, h('div.row.-apart', null, h('label.field-label', { for: box.id }, t(`more.${name}`)), output), box),
    /** @param {number | null} value null leaves it to the engine, `standing` is where the handle then rests */
    draw(value, standing = 1) {
      box.value = String(value ?? standing);
      setText(output, value === null ? t('common.auto') : shown(value));
      box.setAttribute('aria-valuetext', output.textContent);
    },
  };
}
