// An old take's settings come back into the composer.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { requestOf } from '../../frontend/js/draft.js';
import { EMPTY_DRAFT } from '../../frontend/js/draft.js';
import { inOrder } from '../../frontend/js/emotion-order.js';
import { draftOf } from '../../frontend/js/reuse.js';

test('a request becomes the draft that asks for it again', () => {
  for (const voice of [
    { kind: 'personality', personality: 'anna' },
    { kind: 'preset', speaker: 'Ryan', style: 'softly' },
    { kind: 'designed', description: 'an old sailor' },
  ]) {
    const request = { text: '[sad] Bye.', voice, language: 'it', format: 'mp3', speed: 1.2, pitch: -1, seed: 7, match_strength: 0.5, verify: 'full', stream_audio: false };
    assert.deepEqual(requestOf({ ...EMPTY_DRAFT, ...draftOf(request) }), request);
  }
});

test('a take without a request still gives its text', () => {
  assert.equal(draftOf(undefined, 'Hello').text, 'Hello');
  assert.equal(draftOf({ seed: null }, '').seed, '');
});

test('emotions stand in the order of the catalog, own ones last', () => {
  assert.deepEqual(inOrder(['proud', 'sad', 'neutral'], [{ name: 'neutral' }, { name: 'happy' }, { name: 'sad' }]), ['neutral', 'sad', 'proud']);
});
