// What a dropped file is called decides where it goes.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { emotionOf, placeFiles, wordsOf } from '../../frontend/js/components/builder/match.js';

const EMOTIONS = [
  { name: 'neutral', aliases: { it: ['neutro', 'neutrale'], zh: ['中性'], ru: ['нейтрально'] } },
  { name: 'happy', aliases: { en: ['joyful'], it: ['felice', 'gioia'], zh: ['开心', '高兴'], ru: ['радостно'] } },
  { name: 'sad', aliases: { it: ['triste'], zh: ['悲伤'], ru: ['грустно'] } },
  { name: 'angry', aliases: { it: ['arrabbiato'], zh: ['愤怒'], ru: ['сердито', 'злой'] } },
  { name: 'whisper', aliases: { en: ['soft voice'], it: ['sussurro', 'sottovoce'], zh: ['低语'], ru: ['шёпот'] } },
];
const file = (name) => /** @type {File} */ ({ name });

test('a file name is cut into words', () => {
  assert.deepEqual(wordsOf('C:\\voices\\Anna_Happy-02.WAV'), ['anna', 'happy']);
  assert.deepEqual(wordsOf('annaHappy.mp3'), ['anna', 'happy']);
  assert.deepEqual(wordsOf('.wav'), []);
});

test('the emotion is found in four languages', () => {
  const names = ['anna_happy.wav', 'triste.mp3', '安娜开心2.m4a', 'Анна грустно.ogg', 'SHOUT angry (1).flac', 'шёпот.wav'];
  assert.deepEqual(names.map((name) => emotionOf(name, EMOTIONS)), ['happy', 'sad', 'happy', 'sad', 'angry', 'whisper']);
});

test('another ending of the same word still counts', () => {
  assert.equal(emotionOf('voce arrabbiata.wav', EMOTIONS), 'angry');
  assert.equal(emotionOf('whispering.wav', EMOTIONS), 'whisper');
  assert.equal(emotionOf('soft_voice.wav', EMOTIONS), 'whisper');
});

test('names of people are not emotions', () => {
  for (const name of ['sadie.wav', 'felix.wav', 'recording 12.webm', 'Anna.wav', '']) {
    assert.equal(emotionOf(name, EMOTIONS), null, name);
  }
});

test('each file gets the slot its name tells, the rest the first empty ones', () => {
  const files = ['take1.wav', 'anna sad.wav', 'anna sad 2.wav', 'felice.wav'].map(file);
  const placed = placeFiles(files, EMOTIONS, ['neutral']).map(({ emotion }) => emotion);
  assert.deepEqual(placed, ['angry', 'sad', 'whisper', 'happy']);
});

test('a name may replace a filled slot, and without room a file stays out', () => {
  const files = ['sad.wav', 'x.wav'].map(file);
  const placed = placeFiles(files, EMOTIONS, EMOTIONS.map(({ name }) => name)).map(({ emotion }) => emotion);
  assert.deepEqual(placed, ['sad', null]);
});
