// What every view is given: the store, the ways to the studio, words, and the few services of the page.

import { createApi, Problem } from './api.js';
import { createI18n, preferredLocale, safeStorage } from './i18n.js';
import { createStore } from './store.js';
import { storedTheme, useTheme } from './theme.js';
import { createToasts } from './components/toast.js';
import { openModal } from './components/modal.js';
import { find } from './dom.js';

/**
 * @typedef {{name: string, emoji: string, colour: string, aliases?: Record<string, string[]>}} Emotion
 * @typedef {{id: string, name: string, sex: string, age: string, language: string, description: string, engine?: string, note?: string}} Speaker
 * @typedef {{code: string, english: string, native: string}} Language
 * @typedef {{name: string, title: string, available: boolean, reason?: string, hint?: string, kinds: string[], note?: string, quality?: string}} Engine
 * @typedef {{engines: Engine[], speakers: Speaker[], emotions: Emotion[], languages: Language[], formats: string[],
 *   subtitles: string[], limits: Record<string, number>, version: string, engine_auto: string, engine_for?: Record<string, string>}} Catalog
 * @typedef {{catalog: Catalog | null, personalities: any[] | null, planned: any[], models: any, modelsProblem: Problem | null,
 *   transfers: Record<string, import('./models/transfers.js').Transfer>, problem: Problem | null, place: string, locale: string, theme: string,
 *   draft: import('./draft.js').Draft, performance: import('./performance.js').Performance}} State
 * @typedef {Awaited<ReturnType<typeof createContext>> & {player: any, generate: Function, cancel: Function, router: any}} Context
 */

/** @param {{draft: any, performance: any}} initial */
export async function createContext(initial) {
  const api = createApi();
  const i18n = createI18n(async (locale) => (await fetch(`/ui/locales/${locale}.json`)).json());
  await i18n.use(preferredLocale());
  /** @type {import('./store.js').Store<State>} */
  const store = createStore(/** @type {State} */ ({
    catalog: null, personalities: null, planned: [], models: null, modelsProblem: null, transfers: {}, problem: null, place: '', locale: i18n.locale(), theme: storedTheme(), ...initial,
  }));
  const { t } = i18n;
  return {
    api, i18n, store, t,
    storage: safeStorage(),
    toast: createToasts(find('#toasts'), () => t('common.close')),
    /** @param {Omit<Parameters<typeof openModal>[0], 'closeLabel'>} props */
    openModal: (props) => openModal({ closeLabel: t('common.close'), ...props }),
    refresh: refreshers(api, store),
    emotion: emotionLookup(store, i18n),
    /** @param {unknown} error */
    explain: (error) => explain(Problem.from(error), i18n),
    /** @param {string} theme */
    setTheme(theme) {
      useTheme(theme);
      store.set({ theme });
    },
    /** @param {string} locale */
    async setLocale(locale) {
      safeStorage().setItem('studio.locale', locale);
      await i18n.use(locale);
      store.set({ locale: i18n.locale() });
    },
  };
}

/**
 * @param {import('./api.js').Api} api
 * @param {import('./store.js').Store<State>} store
 */
function refreshers(api, store) {
  return {
    async catalog() {
      const catalog = await api.get('/api/catalog');
      for (const { name, colour } of catalog.emotions) document.documentElement.style.setProperty(`--emotion-${name}`, colour);
      store.set({ catalog, problem: null });
    },
    async personalities() {
      const { personalities } = await api.get('/api/personality');
      store.set({ personalities });
    },
  };
}

/**
 * @param {import('./store.js').Store<State>} store
 * @param {import('./i18n.js').I18n} i18n
 */
function emotionLookup(store, i18n) {
  /**
   * @param {string} name canonical, or a personality's own
   * @returns {{name: string, emoji: string, colour: string, label: string}} label in the reader's language
   */
  return (name) => {
    const row = store.get().catalog?.emotions.find((one) => one.name === name);
    const key = `emotions.${name}`;
    return {
      name,
      emoji: row?.emoji ?? '🎭',
      colour: row?.colour ?? '#7fa8a4',
      label: /^[\w-]+$/.test(name) && i18n.has(key) ? i18n.t(key) : name,
    };
  };
}

/**
 * A problem in the reader's words: ours by code where we have them, else what the studio said.
 * @param {Problem} problem
 * @param {import('./i18n.js').I18n} i18n
 */
function explain(problem, i18n) {
  /** @param {'title' | 'hint'} part @param {string} otherwise */
  const own = (part, otherwise) => (i18n.has(`problems.${problem.code}.${part}`) ? i18n.t(`problems.${problem.code}.${part}`) : otherwise);
  return {
    code: problem.code,
    title: own('title', problem.title || i18n.t('problems.unknown.title')),
    detail: problem.code === 'unreachable' ? '' : problem.detail,
    hint: own('hint', problem.hint),
  };
}
