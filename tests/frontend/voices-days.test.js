// Takes stand under the day they were made.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { dayName, dayOf, groupByDay } from '../../frontend/js/views/history-days.js';

const NOW = new Date(2026, 2, 1, 0, 30);

test('takes of one day stand together and keep their order', () => {
  const takes = ['2026-03-01T10:00:00', '2026-03-01T09:00:00', '2026-02-27T23:59:00'].map((created) => ({ created }));
  const groups = groupByDay(takes);
  assert.deepEqual(groups.map(({ day, takes: list }) => [day, list.length]), [['2026-03-01', 2], ['2026-02-27', 1]]);
});

test('a take without a date is not lost', () => {
  assert.deepEqual(groupByDay([{ created: '' }]).map(({ day }) => day), ['']);
  assert.equal(dayOf('nonsense'), '');
});

test('near days have names, also across the end of a month', () => {
  assert.equal(dayName('2026-03-01', NOW, 'en'), 'Today');
  assert.equal(dayName('2026-02-28', NOW, 'it'), 'Ieri');
  assert.equal(dayName('2026-02-28', NOW, 'zh'), '昨天');
  assert.match(dayName('2026-02-20', NOW, 'ru'), /20 февраля/);
});

test('the year is written only where it is another one', () => {
  assert.doesNotMatch(dayName('2026-02-20', NOW, 'en'), /2026/);
  assert.match(dayName('2025-12-31', NOW, 'en'), /2025/);
});
