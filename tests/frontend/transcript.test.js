import assert from 'node:assert/strict';
import test from 'node:test';

import { FILES, cues, stamp } from '../../frontend/js/transcript-files.js';
import { bestFor, languagesOf, recognisersOf } from '../../frontend/js/recognisers.js';
import { REST, createWork, isUnderWay, stepped } from '../../frontend/js/work.js';

const word = (text, start, end) => ({ word: text, start, end });
const RESULT = {
  text: 'Hello <you> & me.', raw_text: 'hello you and me', language: 'en', engine: 'pocketsphinx', duration: 3, cleaned: true, job_id: 'secret', done: true,
  segments: [{ id: 0, start: 0.5, end: 2.25, text: 'Hello <you> & me.' }],
};

test('subtitles tell hours, minutes, seconds and thousandths', () => {
  assert.equal(stamp(3661.0456, ','), '01:01:01,046');
  assert.equal(stamp(59.9996, '.'), '00:01:00.000');
  assert.equal(stamp(-1, '.'), '00:00:00.000');
});

test('srt and vtt hold the words at their times', () => {
  assert.equal(FILES.srt[1](RESULT), '1\n00:00:00,500 --> 00:00:02,250\nHello <you> & me.\n');
  assert.equal(FILES.vtt[1](RESULT), 'WEBVTT\n\n00:00:00.500 --> 00:00:02.250\nHello &lt;you&gt; &amp; me.\n');
});

test('the text and the numbers are given without what only the page needs', () => {
  assert.equal(FILES.txt[1](RESULT), 'Hello <you> & me.\n');
  const told = JSON.parse(FILES.json[1](RESULT));
  assert.equal(told.segments.length, 1);
  assert.ok(!('job_id' in told) && !('done' in told));
});

test('a long segment is cut between its words, and no word is lost', () => {
  const words = Array.from({ length: 60 }, (_, i) => word(`word${i}`, i * 0.4, i * 0.4 + 0.3));
  const pieces = cues({ segments: [{ start: 0, end: 24, text: '', words }] });
  assert.ok(pieces.length >= 4);
  assert.ok(pieces.every(({ start, end, text }) => end - start <= 6 && text.length <= 84));
  assert.equal(pieces.map(({ text }) => text).join(' '), words.map((one) => one.word).join(' '));
});

const CATALOG = {
  languages: [{ code: 'it' }, { code: 'en' }],
  recognisers: [
    { name: 'sphinx', title: 'S', available: true, languages: ['en'], quality: 1 },
    { name: 'big', title: 'B', available: false, languages: ['en', 'it', 'aa'], quality: 9 },
    { name: 'small', title: 'W', available: true, languages: ['it', 'en', 'fi'], quality: 5 },
  ],
};

test('the best ready recogniser of a language comes first, and one that is not ready never does', () => {
  assert.deepEqual(recognisersOf(CATALOG).map(({ name }) => name), ['small', 'sphinx', 'big']);
  assert.equal(bestFor(CATALOG)?.name, 'small');
  assert.equal(bestFor(CATALOG, 'it')?.name, 'small');
  assert.equal(bestFor(CATALOG, 'aa'), null);
  assert.equal(bestFor(null), null);
});

test('languages of the voices stand first, and a recogniser offers only its own', () => {
  assert.deepEqual(languagesOf(CATALOG, 'en').map(({ code }) => code), ['en', 'it', 'fi']);
  assert.deepEqual(languagesOf(CATALOG, 'en', 'sphinx'), [{ code: 'en', label: 'English' }]);
});

test('a job of a view goes through its stages and ends with its result or its problem', () => {
  let work = stepped({ ...REST, status: 'sending' }, { job_id: 'a', phase: 'queued', queue_place: 2 });
  assert.equal(work.place, 2);
  work = stepped(work, { job_id: 'a', phase: 'working', stage_code: 'listening', progress: 0.5, eta: 3, notice: { code: 'x', text: 'y' } });
  assert.ok(isUnderWay(work) && work.progress === 0.5 && work.notices.length === 1);
  const done = stepped(work, { job_id: 'a', phase: 'done', done: true, text: 'hi' });
  assert.equal(done.result.text, 'hi');
  const failed = stepped(work, { job_id: 'a', phase: 'failed', done: true, problem: { code: 'p' } });
  assert.deepEqual([failed.result, failed.problem.code, isUnderWay(failed)], [null, 'p', false]);
});

/** A studio that knows one job, by its events. */
function studioOf(events) {
  const body = () => events.map((event, i) => `id: ${i + 1}\ndata: ${JSON.stringify({ job_id: 'j', ...event })}\n\n`).join('');
  const store = new Map();
  return {
    storage: { getItem: (key) => store.get(key) ?? null, setItem: (key, value) => store.set(key, value), removeItem: (key) => store.delete(key) },
    api: { send: async () => new Response(body()), delete: async () => ({}) },
  };
}

test('a reload finds the job again, and what failed is not looked for twice', async () => {
  const studio = studioOf([{ phase: 'queued' }, { phase: 'done', done: true, text: 'heard' }]);
  const first = createWork(studio, { remembered: 'k', onChange() {} });
  await first.begin(() => studio.api.send());
  assert.equal(studio.storage.getItem('k'), 'j');
  const second = createWork(studio, { remembered: 'k', onChange() {} });
  assert.equal((await second.resume()).text, 'heard');
  const broken = studioOf([{ phase: 'failed', done: true, problem: { code: 'p' } }]);
  const third = createWork(broken, { remembered: 'k', onChange() {} });
  await third.begin(() => broken.api.send());
  assert.equal(third.now.problem.code, 'p');
  assert.equal(broken.storage.getItem('k'), null);
});
