import assert from 'node:assert/strict';
import test from 'node:test';

import { fold, linesOf, openTag, tokens, vocabulary } from '../../frontend/js/script-tokens.js';
import { matching } from '../../frontend/js/components/script-completion.js';

const EMOTIONS = [
  { name: 'happy', emoji: '😊', aliases: { it: ['felice'], ru: ['радостно'], zh: ['开心'] } },
  { name: 'sad', emoji: '😢', aliases: { it: ['triste'] } },
  { name: 'whisper', emoji: '🤫', aliases: { ru: ['шепотом'] } },
];
const KNOWN = vocabulary(EMOTIONS, ['grumpy'], ['Anna', 'Uncle_Fu']);
const kinds = (text) => tokens(text, KNOWN).map(({ kind, name }) => `${kind}:${name}`);

test('an emotion is known by its name, by a word of another language and by its emoji', () => {
  assert.deepEqual(kinds('[happy] [Felice] [开心] [😊] [шёпотом]'), ['emotion:happy', 'emotion:happy', 'emotion:happy', 'emotion:happy', 'emotion:whisper']);
});

test("the personality's own emotions are tags too", () => {
  assert.deepEqual(kinds('[Grumpy]'), ['emotion:grumpy']);
});

test('a pause may have a length, a comma and a unit of another language', () => {
  assert.deepEqual(kinds('[pause] [pause 1.5s] [пауза 2 с] [pausa 0,5]').map((kind) => kind.split(':')[0]), ['pause', 'pause', 'pause', 'pause']);
});

test('pauses of other services are pauses here', () => {
  assert.deepEqual(kinds('[short pause] [Long pause] <break time="1.5s" /> <break/>').map((kind) => kind.split(':')[0]), ['pause', 'pause', 'pause', 'pause']);
  assert.deepEqual(kinds('<breakfast> a < break'), []);
});

test('a voice may carry an emotion', () => {
  const [token] = tokens('[Anna: triste] hello', KNOWN);
  assert.equal(token.kind, 'voice');
  assert.equal(token.emotion, 'sad');
  assert.equal(tokens('[uncle fu]', KNOWN)[0].kind, 'voice');
});

test('what is no tag is unknown, and an escaped bracket is no token at all', () => {
  assert.deepEqual(kinds('[1] [sic]'), ['unknown:', 'unknown:']);
  assert.deepEqual(kinds('\\[happy] and [ha\nppy]'), []);
});

test('offsets point at the bracket and behind it', () => {
  const [token] = tokens('Hi [sad] there', KNOWN);
  assert.deepEqual([token.start, token.end, token.text], [3, 8, '[sad]']);
});

test('a tag that is being written is found before the caret only, on its own line', () => {
  assert.deepEqual(openTag('Hi [ha', 6), { start: 3, typed: 'ha' });
  assert.deepEqual(openTag('[', 1), { start: 0, typed: '' });
  assert.equal(openTag('[happy] Hi', 10), null);
  assert.equal(openTag('[ha\nppy', 7), null);
  assert.equal(openTag('\\[ha', 4), null);
});

test('each line knows the emotion that holds at its start', () => {
  const text = '[happy] one\ntwo [sad] three\nfour';
  assert.deepEqual(linesOf(text, tokens(text, KNOWN)).map(({ emotion, tokens: list }) => [emotion, list.length]), [['', 1], ['happy', 1], ['sad', 0]]);
});

test('reading stays linear on hostile text', () => {
  const started = performance.now();
  tokens('['.repeat(100_000), KNOWN);
  openTag('['.repeat(100_000), 100_000);
  tokens('[a '.repeat(60_000), KNOWN);
  assert.ok(performance.now() - started < 1500);
});

test('folding ignores case, accents, hyphens and underscores', () => {
  assert.equal(fold(' Uncle_Fu '), fold('uncle-fu'));
  assert.equal(fold('ШЁПОТОМ'), fold('шепотом'));
});

test('completion puts words that begin with the letters before words that hold them', () => {
  const choice = (label) => ({ insert: '', sign: '', label, note: '', colour: '', words: [label] });
  assert.deepEqual(matching(['sarcastic', 'happy', 'sad', 'disgusted'].map(choice), 's').map(({ label }) => label), ['sarcastic', 'sad', 'disgusted']);
});
