// Which words are tags for the voice that is chosen, and what the studio says the script will become.

import { vocabulary } from './script-tokens.js';
import { voiceOf } from './draft.js';
import { tagWord } from './components/emotion-palette.js';

const WAIT = 280; // milliseconds of quiet before the studio is asked

/** @type {{key: any[], value: import('./script-tokens.js').Vocabulary | null}} */
const last = { key: [], value: null };

/**
 * @param {any} state of the store
 * @returns {import('./script-tokens.js').Vocabulary}
 */
export function scriptVocabulary({ catalog, personalities, draft }) {
  const key = [catalog, personalities, draft.tab === 'base' ? draft.personality : ''];
  if (last.value && key.every((part, i) => part === last.key[i])) return last.value;
  const own = personalities?.find((/** @type {any} */ one) => one.id === key[2])?.emotions ?? {};
  const voices = [...(personalities ?? []), ...(catalog?.speakers ?? [])].flatMap(({ id, name }) => [id, name]);
  last.key = key;
  last.value = vocabulary(catalog?.emotions ?? [], Object.keys(own), voices);
  return last.value;
}

/**
 * What can stand in a bracket: emotions, pause, voices.
 * @param {any} ctx
 * @returns {import('./components/script-completion.js').Choice[]}
 */
export function tagChoices(ctx) {
  const { t, store } = ctx;
  const { catalog, personalities } = store.get();
  const emotions = (catalog?.emotions ?? []).map((/** @type {any} */ { name, emoji, colour, aliases = {} }) => ({
    insert: `[${tagWord(ctx, name)}]`, sign: emoji, label: ctx.emotion(name).label, note: name === ctx.emotion(name).label ? '' : name, colour,
    words: [ctx.emotion(name).label, name, ...(aliases.en ?? []), ...(aliases[ctx.i18n.locale()] ?? [])],
  }));
  const pause = { insert: `[${t('script.pauseWord')} 1s]`, sign: '⏸', label: t('script.pause'), note: t('script.pauseNote'), colour: 'transparent', words: [t('script.pause'), 'pause'] };
  const voices = [...(personalities ?? []), ...(catalog?.speakers ?? [])].map(({ name }) => ({
    insert: `[${name}]`, sign: '🗣', label: name, note: t('script.voice'), colour: 'transparent', words: [name],
  }));
  return [...emotions, pause, ...voices];
}

/**
 * Asks the studio what the script will become, when typing rests; late answers to older questions are dropped.
 * @param {any} ctx
 * @param {() => void} onAnswer
 */
export function scriptPreview({ api, store }, onAnswer) {
  let timer = 0;
  let asked = '';
  let answered = '';
  /** @type {any} */
  let answer = null;

  function ask() {
    const { draft } = store.get();
    const question = JSON.stringify({ text: draft.text, voice: voiceOf(draft) ?? { kind: 'preset', speaker: store.get().catalog?.speakers[0]?.id ?? 'Ryan' } });
    if (question === asked) return;
    asked = question;
    clearTimeout(timer);
    if (!draft.text.trim()) return settle(question, null);
    timer = window.setTimeout(() => api.post('/api/script/preview', JSON.parse(question)).then(
      (/** @type {any} */ body) => settle(question, body),
      () => settle(question, answer), // the count rests; speaking itself will tell what is wrong
    ), WAIT);
  }

  /** @param {string} question @param {any} body */
  function settle(question, body) {
    if (question !== asked) return;
    answered = question;
    answer = body;
    onAnswer();
  }

  return { ask, current: () => answer, isFresh: () => answered === asked, stop: () => clearTimeout(timer) };
}
