// The arithmetic under the player, the recorder and the slots, without a browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { decibels, levelOf, levelWord, meterFraction, needle } from '../../frontend/js/audio/meter.js';
import { bytesWithUnit, clock, lengthOf, withUnit } from '../../frontend/js/audio/time.js';
import { concatSamples, encodeWav } from '../../frontend/js/audio/wav.js';
import { barCount, emotionColours, fitPeaks, levelPeaks, peaksOf, spanAt } from '../../frontend/js/audio/waveform.js';

test('a WAV file has a plain header and 16-bit samples', () => {
  const bytes = encodeWav(Float32Array.of(0, 1, -1, 2, NaN), 48_000);
  const view = new DataView(bytes.buffer);
  const text = (from, to) => String.fromCharCode(...bytes.subarray(from, to));
  assert.equal(text(0, 4) + text(8, 16) + text(36, 40), 'RIFFWAVEfmt data');
  assert.equal(view.getUint32(4, true), bytes.length - 8);
  assert.equal(view.getUint16(22, true), 1);
  assert.equal(view.getUint32(24, true), 48_000);
  assert.equal(view.getUint32(40, true), 10);
  const samples = [0, 1, 2, 3, 4].map((i) => view.getInt16(44 + i * 2, true));
  assert.deepEqual(samples, [0, 32767, -32767, 32767, 0]);
});

test('recorded pieces are joined in order', () => {
  assert.deepEqual([...concatSamples([Float32Array.of(1, 2), Float32Array.of(), Float32Array.of(3)])], [1, 2, 3]);
  assert.equal(concatSamples([]).length, 0);
});

test('peaks are the highest level of each stretch', () => {
  assert.deepEqual(peaksOf(Float32Array.of(0, -0.5, 0.25, 0), 2), [0.5, 0.25]);
  assert.deepEqual(peaksOf(new Float32Array(0), 3), [0, 0, 0]);
  assert.equal(peaksOf(Float32Array.of(0.5), 4).length, 4);
});

test('peaks fit any number of bars and keep the loudest', () => {
  assert.deepEqual(fitPeaks([0.1, 0.9, 0.2, 0.3], 2), [0.9, 0.3]);
  assert.deepEqual(fitPeaks([0.1, 0.9], 4), [0.1, 0.1, 0.9, 0.9]);
  assert.deepEqual(fitPeaks([], 2), [0, 0]);
});

test('quiet takes are drawn tall and silence stays flat', () => {
  assert.equal(Math.max(...levelPeaks([0.1, 0.3])), 1);
  assert.deepEqual(levelPeaks([0, 0]), [0, 0]);
});

test('bars fill a width without overflowing it', () => {
  assert.equal(barCount(100), 20);
  assert.ok(barCount(103) * 5 - 2 <= 103);
  assert.equal(barCount(0), 1);
});

test('the span that sounds is the last that has begun', () => {
  const spans = [{ start: 0.5 }, { start: 1 }, { start: 2 }];
  assert.equal(spanAt(spans, 0), -1);
  assert.equal(spanAt(spans, 1), 1);
  assert.equal(spanAt(spans, 99), 2);
  assert.equal(spanAt([], 1), -1);
});

test('the waveform takes the colour of the emotion spoken there, also in the pause after it', () => {
  const segments = [{ start: 0, end: 1, emotion: 'happy' }, { start: 2, end: 4, emotion: 'sad' }];
  const colour = emotionColours(segments, 4, (emotion) => emotion);
  assert.deepEqual([0.1, 0.4, 0.5, 0.9].map(colour), ['happy', 'happy', 'sad', 'sad']);
  assert.equal(emotionColours([], 4, (emotion) => emotion)(0.5), 'neutral');
});

test('levels are measured in decibels and the needle falls slowly', () => {
  const { peak, rms } = levelOf([0.5, -0.5]);
  assert.equal(peak, 0.5);
  assert.equal(rms, 0.5);
  assert.equal(Math.round(decibels(0.5)), -6);
  assert.equal(decibels(0), -60);
  assert.equal(meterFraction(-30), 0.5);
  assert.equal(needle(-10, -50, 0.5), -22);
  assert.equal(needle(-40, -5, 0.5), -5);
});

test('a level has a word', () => {
  assert.deepEqual([-60, -35, -12, -0.5].map(levelWord), ['silent', 'soft', 'good', 'loud']);
});

test('times are written as people read them', () => {
  assert.deepEqual([0, 3.9, 65, 3725, NaN].map(clock), ['0:00', '0:03', '1:05', '1:02:05', '0:00']);
  assert.deepEqual([0, 0.4, 3.9, NaN].map(lengthOf), ['0:00', '0:01', '0:03', '0:00']);
  assert.match(withUnit(6.14, 'en'), /^6\.1 sec$/);
  assert.match(withUnit(6.14, 'it'), /^6,1/);
});

test('sizes carry their unit', () => {
  assert.equal(bytesWithUnit(0, 'en'), '0 byte');
  assert.equal(bytesWithUnit(48_200, 'en'), '48 kB');
  assert.equal(bytesWithUnit(1_240_000, 'en'), '1.2 MB');
});
