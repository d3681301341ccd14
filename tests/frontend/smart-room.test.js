// Nothing that somebody sorted or wrote is lost: not by what was dropped before, not by going elsewhere, not offline.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createSmartRoom } from '../../frontend/js/smart-room.js';

const [ONE, TWO] = ['a'.repeat(32), 'b'.repeat(32)];

/** A studio of two sessions, and a browser beside it. */
function desk() {
  const kept = new Map([ONE, TWO].map((session) => [session, { session, duration: 1, speakers: 1, peaks: [], proposed: {}, clips: [{ id: 'c1', emotion: 'happy' }], notices: [] }]));
  const studio = { kept, online: true };
  const of = (path) => {
    if (!studio.online) throw Object.assign(new Error('offline'), { code: 'unreachable' });
    return path.split('/')[3];
  };
  const api = {
    get: async (path) => structuredClone(kept.get(of(path))),
    put: async (path, laid) => void (kept.get(of(path)).desk = structuredClone(laid)),
    delete: async (path) => void kept.delete(of(path)),
  };
  const stored = new Map();
  const storage = { getItem: (name) => stored.get(name) ?? null, setItem: (name, text) => void stored.set(name, text), removeItem: (name) => void stored.delete(name) };
  return { studio, room: createSmartRoom({ api, storage }), reload: () => createSmartRoom({ api, storage }) };
}

const settled = async () => { for (let i = 0; i < 20; i += 1) await null; };

test('what was dropped goes when its time is up, and is hidden till then', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { studio, room } = desk();
  room.leaving.drop(ONE, 12);
  assert.ok(room.leaving.has(ONE));
  t.mock.timers.tick(11_999);
  assert.ok(studio.kept.has(ONE));
  t.mock.timers.tick(1);
  await settled();
  assert.ok(!studio.kept.has(ONE) && room.leaving.has(ONE));
});

test('what was dropped and is gone on with stays', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { studio, room } = desk();
  room.leaving.drop(ONE, 12);
  await room.goOn(ONE);
  t.mock.timers.tick(13_000);
  await settled();
  assert.ok(studio.kept.has(ONE));
  room.leaving.drop(ONE, 12); // from an older list
  t.mock.timers.tick(13_000);
  await settled();
  assert.ok(studio.kept.has(ONE) && !room.leaving.has(ONE));
});

test('what could not be dropped is shown again', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { studio, room } = desk();
  studio.online = false;
  room.leaving.drop(ONE, 12);
  t.mock.timers.tick(12_000);
  await settled();
  assert.ok(!room.leaving.has(ONE));
});

test('the studio learns of a change right before another recording, and after Undo', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { studio, room } = desk();
  await room.goOn(ONE);
  room.place('happy', 'c1');
  const { undo } = room.clear();
  await settled();
  assert.deepEqual(studio.kept.get(ONE).desk.placed, { happy: 'c1' });
  delete studio.kept.get(ONE).desk;
  undo();
  await settled();
  assert.deepEqual(studio.kept.get(ONE).desk.placed, { happy: 'c1' });
  assert.deepEqual([room.desk.session, room.desk.untold], [ONE, false]);
});

test('what was written offline is still there after another session, and after a reload', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { studio, room, reload } = desk();
  await room.goOn(ONE);
  studio.online = false;
  room.write('c1', 'Long typed words.');
  t.mock.timers.tick(600);
  room.clear();
  await settled();
  studio.online = true;
  await room.goOn(TWO);
  assert.deepEqual(room.desk.words, {});
  const later = reload();
  await later.goOn(ONE);
  await settled();
  assert.deepEqual(later.desk.words, { c1: 'Long typed words.' });
  assert.deepEqual(studio.kept.get(ONE).desk.words, { c1: 'Long typed words.' });
});
