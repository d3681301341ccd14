// Trim handles never cross, never leave the recording, never leave less than a second.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isTrimmed, keyTarget, moveEdge } from '../../frontend/js/components/builder/trim-range.js';

test('an edge follows the hand, to the hundredth of a second', () => {
  assert.deepEqual(moveEdge({ start: 0, end: 6 }, 'start', 1.2345, 6), { start: 1.23, end: 6 });
  assert.deepEqual(moveEdge({ start: 0, end: 6 }, 'end', 4, 6), { start: 0, end: 4 });
});

test('edges stay inside the recording and a second apart', () => {
  assert.deepEqual(moveEdge({ start: 0, end: 6 }, 'start', 5.9, 6), { start: 5, end: 6 });
  assert.deepEqual(moveEdge({ start: 2, end: 6 }, 'end', 0, 6), { start: 2, end: 3 });
  assert.deepEqual(moveEdge({ start: 2, end: 5 }, 'end', 99, 6), { start: 2, end: 6 });
  assert.deepEqual(moveEdge({ start: 2, end: 5 }, 'start', -1, 6), { start: 0, end: 5 });
});

test('a recording shorter than a second cannot be trimmed', () => {
  assert.deepEqual(moveEdge({ start: 0, end: 0.5 }, 'start', 0.3, 0.5), { start: 0, end: 0.5 });
});

test('keys move finely, with shift coarsely, and reach the ends', () => {
  assert.equal(keyTarget('ArrowRight', false, 1, 6), 1.05);
  assert.equal(keyTarget('ArrowLeft', true, 1, 6), 0.5);
  assert.equal(keyTarget('End', false, 1, 6), 6);
  assert.equal(keyTarget('a', false, 1, 6), null);
});

test('a trim of the very ends is no trim', () => {
  assert.equal(isTrimmed({ start: 0.005, end: 6 }, 6), false);
  assert.equal(isTrimmed({ start: 0, end: 5 }, 6), true);
});
