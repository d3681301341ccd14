import assert from 'node:assert/strict';
import test from 'node:test';
import { firstSpeaker } from '../../frontend/js/components/panel-custom.js';

const SPEAKERS = [{ id: 'Vivian', language: 'zh' }, { id: 'Ryan', language: 'en' }, { id: 'Sohee', language: 'ko' }];

test('the first speaker is a native of the reader’s language', () => {
  assert.equal(firstSpeaker(SPEAKERS, 'zh'), 'Vivian');
});

test('who reads a language without speakers gets an English one', () => {
  assert.equal(firstSpeaker(SPEAKERS, 'it'), 'Ryan');
});

test('a studio without English speakers takes the first there is', () => {
  assert.equal(firstSpeaker([{ id: 'Sohee', language: 'ko' }], 'it'), 'Sohee');
  assert.equal(firstSpeaker([], 'it'), '');
});
