// What the studio found in a line, counted and measured; and what a chimera's wish asks for.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ranked, requestOf } from '../../frontend/js/chimera-room.js';
import { IDLE, begunAgain, partState, stepped } from '../../frontend/js/performance.js';
import { amountOf, checksOf, standingOf, summaryOf } from '../../frontend/js/verification.js';

const check = (code, ok, measured = null, limit = null) => ({ code, ok, measured, limit, text: '' });

test('a line stands as its worst check says, and one that was said again says so', () => {
  assert.equal(standingOf({ checks: [check('pause', true)] }), 'good');
  assert.equal(standingOf({ checks: [check('pause', true), check('silent', false)], takes: 3 }), 'doubtful');
  assert.equal(standingOf({ checks: [check('pause', true)], takes: 2 }), 'redone');
  assert.equal(standingOf({ checks: [] }), 'none');
});

test('takes of before tell their checks in another shape', () => {
  assert.deepEqual(checksOf({ checks: { ok: false, problems: ['silent'] } }).map(({ code }) => code), ['silent']);
  assert.equal(standingOf({ checks: { ok: true } }), 'good');
  assert.equal(standingOf({}), 'none');
  assert.equal(standingOf(undefined), 'none');
});

test('a take is summed up by its lines', () => {
  const take = { segments: [{ checks: [check('pause', true)] }, { checks: [check('pause', true)], takes: 2 }, { checks: [check('silent', false)] }, { checks: [] }] };
  assert.deepEqual(summaryOf(take), { checked: 3, redone: 1, doubtful: 1, standing: 'doubtful' });
});

test('measures have their unit, and what cannot be counted has none', () => {
  assert.equal(amountOf(check('pause', false), 1.84, 'en'), '1.8 sec');
  assert.equal(amountOf(check('silent', false), -61.2, 'it'), '-61,2 dB');
  assert.equal(amountOf(check('words', false), 0.42, 'en'), '42%');
  assert.equal(amountOf(check('clipped', false), 0.0021, 'en'), '0.21%');
  assert.equal(amountOf(check('runaway', false), null, 'en'), '');
});

test('while one line is said once more the others stay spoken', () => {
  const before = { ...IDLE, status: 'done', take: { id: 'a' }, parts: [{}, {}, {}] };
  const again = stepped(begunAgain(before, 1), { phase: 'working', stage_code: 'speaking', segment: 1, segments: 1 });
  assert.deepEqual([0, 1, 2].map((index) => partState(again, index)), ['spoken', 'speaking', 'spoken']);
  const done = stepped(again, { phase: 'done', done: true, segments: [{}, {}, {}] });
  assert.equal(done.redoing, null);
  assert.equal(partState(done, 1), 'spoken');
});

test('a wish asks for one source of each part and nothing of the other', () => {
  const wish = { from: 'saved', personality: 'anna', userEmotion: 'calm', transcript: 'x', emotion: 'happy', actor: 'Ryan', description: 'old', actedTranscript: 'y', userSeconds: 4, actedSeconds: 6, crossfade: 80, temperature: 1, tries: 5 };
  const asked = requestOf(wish, { text: 'Hi', language: 'en' });
  assert.deepEqual(asked, { personality: 'anna', user_emotion: 'calm', ai_speaker: 'Ryan', text: 'Hi', language: 'en', emotion: 'happy', user_seconds: 4, ai_seconds: 6, crossfade_ms: 80, temperature: 1, tries: 5 });
  const files = requestOf({ ...wish, from: 'file', actor: 'file' }, { text: 'Hi', language: 'en' });
  assert.deepEqual(Object.keys(files).filter((name) => ['personality', 'ai_speaker', 'text', 'language'].includes(name)), []);
  assert.equal(files.ai_transcript, 'y');
});

test('the best try is first, the others by their likeness, what was not judged last', () => {
  const tries = [{ index: 0, similarity: 0.7 }, { index: 1, similarity: null }, { index: 2, similarity: 0.9 }, { index: 3, similarity: 0.6 }];
  assert.deepEqual(ranked({ best: 3, tries }).map(({ index }) => index), [3, 2, 0, 1]);
});
