// A performance shows the words that are spoken, never those of the script before.

import assert from 'node:assert/strict';
import test from 'node:test';
import { begun, stepped } from '../../frontend/js/performance.js';
import { scriptPreview } from '../../frontend/js/script-vocabulary.js';

test('parts of a long passage that are told by number only keep its emotion', () => {
  const performance = begun({ text: 'x' }, [{ text: 'A long passage', emotion: 'happy', voice: 'Ryan' }]);
  const { parts } = stepped(performance, { phase: 'working', segment: 2, segments: 3 });
  assert.deepEqual(parts.map(({ emotion, text }) => [emotion, text]), [['happy', 'A long passage'], ['happy', ''], ['happy', '']]);
});

test('an answer to an older script is not fresh', async () => {
  globalThis.window = /** @type {any} */ (globalThis);
  const draft = { text: 'one', tab: 'custom', speaker: 'Ryan' };
  const state = { draft, catalog: { speakers: [{ id: 'Ryan' }] } };
  /** @type {() => void} */
  let heard = () => {};
  const store = { get: () => state };
  const api = { post: async (/** @type {string} */ _path, /** @type {any} */ { text }) => ({ segments: [{ text }] }) };
  const preview = scriptPreview({ api, store }, () => heard());
  const answer = () => new Promise((done) => { heard = () => done(undefined); });
  preview.ask();
  await answer();
  assert.equal(preview.isFresh(), true);
  state.draft = { ...draft, text: 'two' };
  preview.ask();
  assert.equal(preview.isFresh(), false);
  assert.equal(preview.current().segments[0].text, 'one');
  await answer();
  assert.equal(preview.isFresh(), true);
  assert.equal(preview.current().segments[0].text, 'two');
});
