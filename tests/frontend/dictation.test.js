import assert from 'node:assert/strict';
import test from 'node:test';

import { Dictation } from '../../frontend/js/components/builder/dictation.js';
import { clipAt, clipColours, emotionsOf, heardEmotions, reasons, shown } from '../../frontend/js/smart-clips.js';

const GOOD = { name: 'good', title: 'Good one', available: true, languages: ['en'], quality: 9, note: '' };
const ROUGH = { name: 'rough', title: 'Rough one', available: true, languages: ['en'], quality: 1, note: 'it mishears' };

/** A sitting with one voice, and a studio that answers each question with the events it is given. */
function sittingOf({ recogniser, result, emotions = { happy: { file: 'a.wav', url: '/a.wav', transcript: '' } }, brought = ['happy'], language = 'en' }) {
  const asked = [];
  const answer = () => new Response(`id: 1\ndata: ${JSON.stringify({ job_id: 'j', phase: 'done', done: true, ...result })}\n\n`);
  const api = {
    send: async (method, path) => {
      asked.push(`${method} ${path}`);
      return path.endsWith('.wav') ? new Response('sound') : answer();
    },
    delete: async (path) => asked.push(`DELETE ${path}`),
  };
  const session = {
    personality: { id: 'anna', language, emotions }, brought: new Set(brought), learnt: [], told: 0,
    transfer: () => null, tell() { this.told += 1; },
    learn(record) { this.learnt.push(record); },
  };
  const ctx = { api, storage: {}, store: { get: () => ({ catalog: { recognisers: recogniser ? [recogniser] : [] } }) } };
  return { dictation: new Dictation(ctx, session), session, asked };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

test('what a good recogniser heard is saved by the studio, without being asked for', async () => {
  const { dictation, session, asked } = sittingOf({ recogniser: GOOD, result: { text: 'hello', personality: { id: 'anna', revision: 2 } } });
  dictation.look();
  assert.equal(dictation.of('happy').phase, 'listening');
  dictation.look();
  await settled();
  assert.deepEqual(asked, ['POST /api/personality/anna/emotions/happy/transcribe']);
  assert.deepEqual(session.learnt, [{ id: 'anna', revision: 2 }]);
  assert.equal(dictation.of('happy'), null);
});

test('what a rough recogniser heard is only put before the reader', async () => {
  const { dictation, session, asked } = sittingOf({ recogniser: ROUGH, result: { text: ' hallow ', engine_title: 'Rough one' } });
  dictation.look();
  await settled();
  assert.deepEqual(asked, ['GET /a.wav', 'POST /api/transcribe']);
  assert.deepEqual([dictation.of('happy').phase, dictation.of('happy').text], ['suggested', 'hallow']);
  assert.deepEqual(session.learnt, []);
});

test('nobody listens unasked to what has words, to what was there before, or to a language nobody knows', async () => {
  const words = { happy: { file: 'a.wav', url: '/a.wav', transcript: 'typed' } };
  for (const how of [{ emotions: words }, { brought: [] }, { language: 'fi' }, { recogniser: null }]) {
    const { dictation, asked } = sittingOf({ recogniser: GOOD, result: {}, ...how });
    dictation.look();
    await settled();
    assert.deepEqual(asked, []);
  }
});

test('words that were typed meanwhile are not overwritten, and a recording made anew is heard anew', async () => {
  const { dictation, session } = sittingOf({ recogniser: ROUGH, result: { text: 'hallow' } });
  dictation.look();
  session.personality.emotions.happy.transcript = 'typed';
  await settled();
  assert.equal(dictation.of('happy'), null);
  session.personality.emotions.happy = { file: 'b.wav', url: '/b.wav', transcript: '' };
  dictation.look();
  await settled();
  assert.equal(dictation.of('happy').phase, 'suggested');
});

test('silence and failure are told', async () => {
  const silent = sittingOf({ recogniser: GOOD, result: { text: ' ', engine_title: 'Good one' } });
  await silent.dictation.ask('happy');
  assert.equal(silent.dictation.of('happy').phase, 'silent');
  const failed = sittingOf({ recogniser: GOOD, result: { phase: 'failed', problem: { code: 'engine-failed' } } });
  await failed.dictation.ask('happy');
  assert.equal(failed.dictation.of('happy').problem.code, 'engine-failed');
});

const CLIPS = [
  { id: 'a', start: 1, end: 4, score: 60, emotion: 'sad', speaker: 1 },
  { id: 'b', start: 6, end: 9, score: 90, emotion: 'happy', speaker: 2 },
  { id: 'c', start: 10, end: 14, score: 90, emotion: 'happy', speaker: 1 },
];

test('clips are found by their time, and the wave between them has no colour of theirs', () => {
  assert.equal(clipAt(CLIPS, 7)?.id, 'b');
  assert.equal(clipAt(CLIPS, 5), null);
  assert.equal(clipAt([], 5), null);
  const colours = clipColours(CLIPS, 20, (clip) => clip.id, 'grey');
  assert.deepEqual([colours(0.1), colours(0.25), colours(0.6), colours(0.99)], ['a', 'grey', 'c', 'grey']);
});

test('clips are narrowed by emotion and voice, and stand best first where that is wished', () => {
  const ids = (wish) => shown(CLIPS, { order: 'time', emotion: '', speaker: '', ...wish }).map(({ id }) => id).join('');
  assert.deepEqual([ids({}), ids({ order: 'best' }), ids({ emotion: 'happy' }), ids({ speaker: '1' })], ['abc', 'bca', 'bc', 'ac']);
  assert.deepEqual(heardEmotions(CLIPS, [{ name: 'happy' }, { name: 'sad' }]), [{ name: 'happy', count: 2 }, { name: 'sad', count: 1 }]);
});

test('the reasons for a mood are what is unusual, the most unusual first', () => {
  assert.deepEqual(reasons({ pitch: 2, energy: -9, rate: 1.05, spread: null }), ['softer', 'higher']);
  assert.deepEqual(reasons({ pitch: 0.2, energy: 1, rate: 0.7, spread: 0 }), ['slower']);
  assert.deepEqual(reasons(undefined), []);
});

test('only words that were typed are sent with a voice', () => {
  assert.deepEqual(emotionsOf({ sad: 'a', happy: 'b' }, { a: ' cups ', c: 'x' }), { sad: { clip: 'a', transcript: 'cups' }, happy: { clip: 'b' } });
});
