// Words in the reader's language: `t('speak.cancel')`, `t('speak.segments', {count: 3})`. A word that is missing shows its key: a test keeps every language whole.

export const LOCALES = /** @type {const} */ ({ en: 'English', it: 'Italiano', zh: '中文', ru: 'Русский' });

/**
 * @typedef {keyof typeof LOCALES} Locale
 * @typedef {{[key: string]: any}} Words
 * @typedef {(key: string, params?: Record<string, any>) => string} Translate
 * @typedef {{t: Translate, has(key: string): boolean, locale(): Locale, use(locale: string): Promise<void>,
 *   onChange(listener: () => void): () => void}} I18n
 */

/**
 * @param {(locale: string) => Promise<Words>} load
 * @returns {I18n}
 */
export function createI18n(load) {
  /** @type {{now: Locale, words: Record<string, Words>}} */
  const state = { now: 'en', words: {} };
  const listeners = new Set();

  /** @param {string} locale */
  async function learn(locale) {
    if (!state.words[locale]) state.words[locale] = await load(locale);
  }

  /** @param {string} key */
  const found = (key) => at(state.words[state.now], key);

  return {
    t: (key, params = {}) => sentence(found(key), params, state.now) ?? key,
    has: (key) => found(key) !== undefined,
    locale: () => state.now,
    async use(locale) {
      const wanted = /** @type {Locale} */ (locale in LOCALES ? locale : 'en');
      await learn(wanted);
      state.now = wanted;
      listeners.forEach((listener) => listener());
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/**
 * @param {Words | undefined} words
 * @param {string} key dotted
 * @returns {any}
 */
export function at(words, key) {
  /** @type {any} */
  let value = words;
  for (const part of key.split('.')) value = value?.[part];
  return value;
}

/**
 * A text, or `{one, few, many, other}` chosen by `count`, with `{name}` filled in.
 * @param {any} value
 * @param {Record<string, any>} params
 * @param {string} locale
 * @returns {string | undefined}
 */
export function sentence(value, params, locale) {
  const form = typeof value === 'object' && value !== null ? plural(value, params.count, locale) : value;
  if (typeof form !== 'string') return undefined;
  return form.replace(/\{(\w+)\}/g, (whole, name) => (name in params ? shown(params[name], locale) : whole));
}

/**
 * @param {Record<string, string>} forms
 * @param {number} count
 * @param {string} locale
 */
function plural(forms, count, locale) {
  return forms[new Intl.PluralRules(locale).select(Number(count) || 0)] ?? forms.other;
}

/**
 * @param {any} value
 * @param {string} locale
 */
function shown(value, locale) {
  return typeof value === 'number' ? new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(value) : String(value);
}

/** The language to begin with: the stored one, else the first of the browser's that we speak. */
export function preferredLocale() {
  const stored = safeStorage().getItem('studio.locale');
  const wishes = stored ? [stored] : [...navigator.languages];
  return wishes.map((wish) => wish.slice(0, 2).toLowerCase()).find((wish) => wish in LOCALES) ?? 'en';
}

/** localStorage, or a forgetful stand-in where the browser forbids it. */
export function safeStorage() {
  try {
    localStorage.getItem('studio');
    return localStorage;
  } catch {
    return { getItem: () => null, setItem: () => {}, removeItem: () => {} };
  }
}
