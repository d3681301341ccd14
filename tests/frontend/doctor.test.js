import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { Doctor } from '../../frontend/js/components/builder/doctor.js';
import { rowsOf, wasLookedAt, whyOpen } from '../../frontend/js/components/builder/measured.js';
import { wordsOf } from '../../frontend/js/components/builder/verdict.js';
import { createI18n } from '../../frontend/js/i18n.js';

const LOOKED = { id: 'anna', revision: 2, emotions: { happy: { file: 'a.wav' } } };
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

async function readerOf(locale) {
  const i18n = createI18n(async (name) => JSON.parse(readFileSync(new URL(`../../frontend/locales/${name}.json`, import.meta.url), 'utf8')));
  await i18n.use(locale);
  const catalog = { recognisers: [{ name: 'whisper_base', title: 'Whisper base', available: true, languages: ['en'] }] };
  return { t: i18n.t, i18n, store: { get: () => ({ catalog }) } };
}

/** A sitting with one recording, and a studio whose jobs tell the given events. */
function sittingOf(...events) {
  const asked = [];
  const body = events.map((event, i) => `id: ${i + 1}\ndata: ${JSON.stringify({ job_id: 'j', ...event })}\n\n`).join('');
  const api = {
    send: async (method, path, { json } = {}) => {
      asked.push(`${method} ${path} ${JSON.stringify(json)}`);
      return new Response(body);
    },
    delete: async (path) => asked.push(`DELETE ${path}`),
  };
  const session = {
    personality: { id: 'anna', language: 'en', emotions: { happy: { file: 'a.wav' } } }, learnt: [], change: undefined,
    transfer() { return this.change ? { change: this.change } : null; },
    tell() {},
    learn(record) { this.learnt.push(record); },
  };
  return { doctor: new Doctor({ api, storage: {} }, session), session, asked };
}

test('what a look found is learnt, and what was heard is kept beside it', async () => {
  const { doctor, session, asked } = sittingOf({ phase: 'working', progress: 0.5 }, { phase: 'done', done: true, personality: LOOKED, heard: 'hello' });
  await doctor.look('happy');
  assert.deepEqual(asked, ['POST /api/personality/anna/emotions/happy/doctor {}']);
  assert.deepEqual(session.learnt, [LOOKED]);
  assert.equal(doctor.of('happy').heard, 'hello');
  session.personality.emotions.happy = { file: 'b.wav' };
  assert.equal(doctor.of('happy'), null);
});

test('a failed look is told, and teaches nothing', async () => {
  const { doctor, session } = sittingOf({ phase: 'failed', done: true, problem: { code: 'engine-unavailable' } });
  await doctor.look('happy');
  assert.equal(doctor.of('happy').work.now.problem.code, 'engine-unavailable');
  assert.deepEqual(session.learnt, []);
});

test('a look at what is about to be made anew is called off, one at what only gets other words is not', async () => {
  for (const [change, calledOff] of [[{ repairs: [] }, true], [{ start: 1 }, true], [{ transcript: 'x' }, false]]) {
    const { doctor, session, asked } = sittingOf();
    const looking = new Promise(() => {});
    doctor.ctx.api.send = async () => new Response(new ReadableStream({ start(stream) { stream.enqueue(new TextEncoder().encode('id: 1\ndata: {"job_id": "j", "phase": "working"}\n\n')); return looking; } }));
    doctor.look('happy');
    await settled();
    session.change = change;
    doctor.tend();
    await settled();
    assert.equal(asked.includes('DELETE /api/jobs/j'), calledOff, JSON.stringify(change));
    assert.equal(doctor.of('happy') === null, calledOff);
  }
});

test('every measure is a row in the reader’s language', async () => {
  const facts = { speakers: 2, language: 'it', word_error: 0.06, snr_db: 60, recogniser: 'whisper_base' };
  assert.deepEqual(rowsOf(await readerOf('en'), facts), [
    ['Who speaks', 'more than one person'], ['Language heard', 'Italian'], ['Words', '94% heard as written'], ['Over the noise', '≥ 60 dB'], ['Listened', 'Whisper base'],
  ]);
  assert.deepEqual(rowsOf(await readerOf('it'), { speakers: 1 }), [['Chi parla', 'una persona']]);
});

test('what stayed open has its reason once somebody has looked', () => {
  const models = { studio_set: { installed: true } };
  const entry = (measured, transcript = '') => ({ quality: { measured }, transcript });
  assert.equal(wasLookedAt(entry({}).quality), false);
  assert.equal(whyOpen(entry({}), 'words', models), '');
  assert.equal(whyOpen(entry({ snr_db: 30 }), 'words', models), 'recogniser');
  assert.equal(whyOpen(entry({ recogniser: 'w' }), 'words', models), 'wordless');
  assert.equal(whyOpen(entry({ recogniser: 'w' }, 'hello'), 'words', models), 'rough');
  assert.equal(whyOpen(entry({ recogniser: 'w' }), 'language', models), 'deaf');
  assert.equal(whyOpen(entry({ snr_db: 30 }), 'speakers', models), 'short');
  assert.equal(whyOpen(entry({ snr_db: 30 }), 'speakers', { studio_set: { installed: false } }), 'set');
  assert.equal(whyOpen(entry({ snr_db: 30 }), 'reverberation', models), '');
});

test('findings of a look are said in every language, with their numbers', async () => {
  for (const locale of ['en', 'it', 'zh', 'ru']) {
    const ctx = await readerOf(locale);
    for (const code of ['two-speakers', 'language-differs', 'transcript-wrong', 'noise-measured', 'denoised']) {
      const said = wordsOf(ctx, { code, text: 'as the studio said', params: { heard: 'X', percent: '41', decibels: '8.2' } });
      assert.ok(said !== 'as the studio said' && !said.includes('{'), `${locale} ${code}`);
    }
  }
});
