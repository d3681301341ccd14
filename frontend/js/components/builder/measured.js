// What a look by models measured, and why something stayed open: in the reader's language. Pure but for the list it draws.

import { h } from '../../dom.js';
import { languageName, titleOf } from '../../recognisers.js';

const BEYOND_HEARING = 60; // decibels; the studio measures no further

/** @param {any} quality */
export function wasLookedAt(quality) {
  return Object.keys(quality?.measured ?? {}).length > 0;
}

/**
 * Rows of name and value.
 * @param {any} ctx
 * @param {Record<string, any>} facts speakers, language, word_error, snr_db, recogniser, as far as they are known
 * @returns {[string, string][]}
 */
export function rowsOf({ t, i18n, store }, facts) {
  const { speakers, language, word_error: error, snr_db: ratio, recogniser } = facts;
  const share = (/** @type {number} */ value) => new Intl.NumberFormat(i18n.locale(), { style: 'percent' }).format(Math.max(0, value));
  /** @type {[string, string | null][]} */
  const rows = [
    ['speakers', speakers === undefined ? null : t(speakers > 1 ? 'builder.measured.several' : 'builder.measured.one')],
    ['language', language ? languageName(language, i18n.locale()) : null],
    ['words', error === undefined ? null : t('builder.measured.asWritten', { share: share(1 - error) })],
    ['room', ratio === undefined ? null : t('builder.measured.above', { decibels: `${ratio >= BEYOND_HEARING ? '≥ ' : ''}${Math.round(ratio)}` })],
    ['by', recogniser ? titleOf(store.get().catalog, recogniser) : null],
  ];
  return /** @type {[string, string][]} */ (rows.filter(([, value]) => value !== null).map(([name, value]) => [t(`builder.measured.${name}`), value]));
}

/** @param {any} ctx @param {any} quality */
export function measured(ctx, quality) {
  const rows = rowsOf(ctx, quality?.measured ?? {});
  if (!rows.length) return null;
  return h('dl.measured', { 'aria-label': ctx.t('builder.measured.name') }, rows.map(([name, value]) => [h('dt', null, name), h('dd', null, value)]));
}

/**
 * Why the look could not judge it: a key of `builder.open`; '' where nobody has looked yet, or nothing can be done.
 * @param {{quality: any, transcript?: string}} entry
 * @param {string} code of what is open
 * @param {any} models as the studio told; null while unknown
 */
export function whyOpen({ quality, transcript }, code, models) {
  if (!wasLookedAt(quality)) return '';
  const listened = Boolean(quality.measured.recogniser);
  if (code === 'speakers') return models && !models.studio_set.installed ? 'set' : 'short';
  if (code === 'language') return listened ? 'deaf' : 'recogniser';
  if (code === 'words') return !listened ? 'recogniser' : transcript?.trim() ? 'rough' : 'wordless';
  return '';
}
