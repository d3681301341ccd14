// Who can write down what is said, as the studio told it. Pure.

/**
 * @typedef {{name: string, title: string, available: boolean, reason?: string, hint?: string, languages: string[], note?: string, quality?: number}} Recogniser
 */

/**
 * @param {any} catalog
 * @returns {Recogniser[]} the ready ones first, each group best first
 */
export function recognisersOf(catalog) {
  const all = /** @type {Recogniser[]} */ (catalog?.recognisers ?? []);
  return [...all].sort((a, b) => Number(b.available) - Number(a.available) || (b.quality ?? 0) - (a.quality ?? 0));
}

/**
 * The one that `auto` will take.
 * @param {any} catalog
 * @param {string} [language] code, or auto
 * @returns {Recogniser | null}
 */
export function bestFor(catalog, language = 'auto') {
  return recognisersOf(catalog).find((one) => one.available && (language === 'auto' || one.languages.includes(language))) ?? null;
}

/**
 * @param {any} catalog
 * @param {string} name
 */
export function titleOf(catalog, name) {
  return recognisersOf(catalog).find((one) => one.name === name)?.title ?? name;
}

/**
 * What to expect of a recogniser; '' of a good one.
 * @param {{t: import('./i18n.js').Translate, i18n: import('./i18n.js').I18n}} ctx
 * @param {{name: string, note?: string}} one
 */
export function noteOf({ t, i18n }, one) {
  return i18n.has(`transcribe.notes.${one.name}`) ? t(`transcribe.notes.${one.name}`) : one.note ?? '';
}

/**
 * Languages that somebody here can write down, those of the voices first, then by name.
 * @param {any} catalog
 * @param {string} locale
 * @param {string} [engine] only those that this one knows
 * @returns {{code: string, label: string}[]}
 */
export function languagesOf(catalog, locale, engine = 'auto') {
  const names = new Intl.DisplayNames([locale], { type: 'language', fallback: 'code' });
  const chosen = recognisersOf(catalog).filter((one) => (engine === 'auto' ? one.available : one.name === engine));
  const codes = [...new Set(chosen.flatMap((one) => one.languages))];
  const spoken = (catalog?.languages ?? []).map((/** @type {any} */ one) => one.code);
  const place = (/** @type {string} */ code) => (spoken.includes(code) ? 0 : 1);
  return codes.map((code) => ({ code, label: nameOf(names, code) }))
    .sort((a, b) => place(a.code) - place(b.code) || a.label.localeCompare(b.label, locale));
}

/**
 * @param {Intl.DisplayNames} names
 * @param {string} code
 */
function nameOf(names, code) {
  try {
    return names.of(code) ?? code;
  } catch {
    return code; // a recogniser may name a language in its own way
  }
}

/**
 * @param {string} code
 * @param {string} locale
 */
export function languageName(code, locale) {
  return nameOf(new Intl.DisplayNames([locale], { type: 'language', fallback: 'code' }), code);
}
