import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { createI18n, sentence } from '../../frontend/js/i18n.js';
import { createStore } from '../../frontend/js/store.js';
import { EMPTY_DRAFT, loadDraft, requestOf, voiceOf } from '../../frontend/js/draft.js';

const LOCALES = ['en', 'it', 'zh', 'ru'];
const FORMS = new Set(['zero', 'one', 'two', 'few', 'many', 'other']);
const PAGE = fileURLToPath(new URL('../../frontend/', import.meta.url));
const words = (locale) => JSON.parse(readFileSync(new URL(`../../frontend/locales/${locale}.json`, import.meta.url), 'utf8'));

/** Every sentence by its dotted key; plural forms count as one. */
function sentences(value, key = '') {
  if (typeof value === 'string' || Object.keys(value).every((form) => FORMS.has(form))) return [[key, value]];
  return Object.entries(value).flatMap(([name, inner]) => sentences(inner, key ? `${key}.${name}` : name));
}

const holes = (value) => [...new Set(JSON.stringify(value).match(/\{\w+\}/g) ?? [])].sort().join();

test('a store tells its listeners only of what changed', () => {
  const store = createStore({ a: 1, b: 2 });
  const seen = [];
  store.watch((state) => state.a, (now, before) => seen.push([now, before]));
  store.set({ b: 3 });
  store.set({ a: 1 });
  store.set((state) => ({ a: state.a + 1 }));
  assert.deepEqual(seen, [[2, 1]]);
  assert.deepEqual(store.get(), { a: 2, b: 3 });
});

test('a listener that has left hears nothing more', () => {
  const store = createStore({ a: 1 });
  let heard = 0;
  const leave = store.subscribe(() => { heard += 1; });
  leave();
  store.set({ a: 2 });
  assert.equal(heard, 0);
});

test('plural forms follow the language', () => {
  const forms = { one: '{count} фрагмент', few: '{count} фрагмента', many: '{count} фрагментов', other: '' };
  assert.deepEqual([1, 3, 7, 21].map((count) => sentence(forms, { count }, 'ru')), ['1 фрагмент', '3 фрагмента', '7 фрагментов', '21 фрагмент']);
});

test('only the language in use is loaded, once, and a missing word shows its key', async () => {
  const asked = [];
  const i18n = createI18n(async (locale) => {
    asked.push(locale);
    return { a: `${locale} {x}` };
  });
  for (const locale of ['it', 'en', 'it', 'xx']) await i18n.use(locale);
  assert.deepEqual(asked, ['it', 'en']);
  assert.deepEqual([i18n.t('a', { x: 1 }), i18n.t('c.d')], ['en 1', 'c.d']);
});

test('every language says everything, with the same holes to fill', () => {
  const english = sentences(words('en'));
  for (const locale of LOCALES.slice(1)) {
    const own = Object.fromEntries(sentences(words(locale)));
    for (const [key, value] of english) {
      assert.ok(key in own, `${locale} lacks ${key}`);
      if (typeof value === 'string') assert.equal(holes(own[key]), holes(value), `${locale} ${key}`);
    }
    assert.equal(Object.keys(own).length, english.length, `${locale} has keys that English lacks`);
  }
});

test('every word that the page asks for by its whole key is there', () => {
  const known = new Set(sentences(words('en')).map(([key]) => key));
  const modules = readdirSync(PAGE, { recursive: true }).filter((name) => name.endsWith('.js') && !name.endsWith('i18n.js'));
  const asked = modules.flatMap((name) => [...readFileSync(join(PAGE, name), 'utf8').matchAll(/\bt\('([\w.-]+)'/g)].map(([, key]) => `${key} in ${name}`));
  assert.ok(asked.length > 300);
  assert.deepEqual(asked.filter((one) => !known.has(one.split(' ')[0])), []);
});

test('plural sentences have every form that their language needs', () => {
  for (const locale of LOCALES) {
    const needed = new Set([0, 1, 2, 3, 5, 11, 21, 100].map((count) => new Intl.PluralRules(locale).select(count)));
    for (const [key, value] of sentences(words(locale))) {
      if (typeof value === 'object') for (const form of needed) assert.ok(value[form] || value.other, `${locale} ${key} lacks ${form}`);
    }
  }
});

test('a broken or older draft never stops the page', () => {
  assert.deepEqual(loadDraft({ getItem: () => '{not json' }), EMPTY_DRAFT);
  assert.equal(loadDraft({ getItem: () => '{"text": 5, "speed": 1.5, "gone": 1}' }).text, '');
  assert.equal(loadDraft({ getItem: () => '{"text": 5, "speed": 1.5}' }).speed, 1.5);
});

test('a draft becomes a request of its kind of voice', () => {
  const draft = { ...EMPTY_DRAFT, text: 'Hi', speaker: 'Ryan', seed: '7' };
  assert.deepEqual(requestOf(draft).voice, { kind: 'preset', speaker: 'Ryan', style: '' });
  assert.equal(requestOf(draft).seed, 7);
  assert.equal(requestOf({ ...draft, seed: 'x' }).seed, null);
  assert.equal(voiceOf({ ...draft, tab: 'base' }), null);
  assert.deepEqual(voiceOf({ ...draft, tab: 'design', description: ' old ' }), { kind: 'designed', description: 'old' });
});
