import assert from 'node:assert/strict';
import test from 'node:test';

import { Problem } from '../../frontend/js/api.js';
import { createParser, follow } from '../../frontend/js/sse.js';
import { IDLE, begun, isBusy, partState, peaksOfPart, stepped } from '../../frontend/js/performance.js';
import { filled } from '../../frontend/js/components/progress-blocks.js';
import { nameOf } from '../../frontend/js/lock-voice.js';

const body = (...events) => new Response(events.map(([id, data]) => `id: ${id}\ndata: ${JSON.stringify(data)}\n\n`).join(''));

test('frames are read however the bytes are cut; heartbeats are none', () => {
  const parser = createParser();
  assert.deepEqual(parser.push('id: 3\nda'), []);
  assert.deepEqual(parser.push('ta: {"a":1}\n'), []);
  assert.deepEqual(parser.push('\n: beat\n\ndata: {"b":2}\r\n\r\n'), [{ id: 3, data: { a: 1 } }, { id: null, data: { b: 2 } }]);
});

test('a cut stream goes on after the last numbered event', async () => {
  const asked = [];
  const events = [];
  const last = await follow({
    open: async () => body([1, { job_id: 'j', phase: 'queued' }], [2, { job_id: 'j', phase: 'working' }]),
    resume: async (id, after) => {
      asked.push([id, after]);
      return body([3, { job_id: 'j', phase: 'done', done: true }]);
    },
    onEvent: (event) => events.push(event.phase),
  });
  assert.deepEqual(asked, [['j', 2]]);
  assert.deepEqual(events, ['queued', 'working', 'done']);
  assert.equal(last.phase, 'done');
});

test('a refusal is told at once, not tried again', async () => {
  const refused = new Problem({ code: 'bad-text', status: 422 });
  await assert.rejects(follow({ open: async () => { throw refused; }, resume: async () => body(), onEvent() {} }), refused);
});

test('a performance goes from its plan over its events to its take', () => {
  let now = begun({ text: 'x' }, [{ text: 'a', emotion: 'happy' }, { text: 'b', emotion: 'sad' }]);
  assert.ok(isBusy(now));
  now = stepped(now, { job_id: 'j', phase: 'queued', queue_place: 2 });
  assert.equal(now.place, 2);
  now = stepped(now, { job_id: 'j', phase: 'working', segment: 2, segments: 2, progress: 0.6, eta: 3 });
  assert.deepEqual([partState(now, 0), partState(now, 1)], ['spoken', 'speaking']);
  now = stepped(now, { job_id: 'j', phase: 'done', done: true, duration: 2, segments: [{ text: 'a', emotion: 'happy', start: 0, end: 1 }], notices: [{ code: 'n', text: 'N' }] });
  assert.equal(now.status, 'done');
  assert.equal(now.parts.length, 1);
  assert.equal(now.notices.length, 1);
  assert.ok(!isBusy(now));
});

test('a stream followed from its middle makes room for segments it has not seen', () => {
  assert.equal(stepped(IDLE, { phase: 'working', segment: 3, segments: 5 }).parts.length, 5);
});

test('a notice that comes twice is told once', () => {
  const notice = { code: 'tag-unknown', text: '[x] …' };
  const now = stepped(stepped(IDLE, { phase: 'working', notice }), { phase: 'done', done: true, notices: [notice] });
  assert.equal(now.notices.length, 1);
});

test('blocks never claim more than was spoken and never fall behind the segment', () => {
  const parts = Array.from({ length: 4 }, () => ({ text: 'x', emotion: 'neutral' }));
  assert.equal(filled({ parts, progress: 0, status: 'queued', current: 0 }), 0);
  const third = filled({ parts, progress: 0.9, status: 'working', current: 3 });
  assert.ok(third >= 2 && third < 3);
  assert.equal(filled({ parts, progress: 1, status: 'encoding', current: 4 }), 4);
});

test('a segment gets its own stretch of the peaks', () => {
  assert.deepEqual(peaksOfPart({ peaks: [1, 2, 3, 4], duration: 4 }, { start: 1, end: 3 }), [2, 3]);
});

test('a described voice is named by its first words', () => {
  assert.equal(nameOf('an old sailor, slow and hoarse'), 'An old sailor');
  assert.equal(nameOf('一位老水手，语速慢'), '一位老水手');
});
