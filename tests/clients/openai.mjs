// OpenAI's library for Node, as it is published, speaks and listens with a studio: `node openai.mjs PORT`.
// `make clients` runs it where the library is installed. Prints a line for each thing that worked.
import assert from 'node:assert/strict';
import OpenAI, { NotFoundError, toFile } from 'openai';
import { Stream } from 'openai/streaming';

const client = new OpenAI({ baseURL: `http://127.0.0.1:${process.argv[2]}/v1`, apiKey: 'none' });
const INPUT = '[happy] Good morning! The weather in the city is very good today. She was reading a long letter to her mother.';
const WORDS = ['weather', 'city', 'good', 'today', 'reading', 'letter', 'mother'];
const HEADS = { mp3: 'ID3', opus: 'OggS', aac: '\xff', flac: 'fLaC', wav: 'RIFF', pcm: '' };
const speech = (more) => client.audio.speech.create({ model: 'tts-1', voice: 'Ryan', input: INPUT, ...more });

const sounds = {};
for (const [format, head] of Object.entries(HEADS)) {
  const answer = await speech({ response_format: format });
  sounds[format] = Buffer.from(await answer.arrayBuffer());
  assert(sounds[format].length > 20_000, format);
  assert(sounds[format].toString('latin1').startsWith(head), format);
}
console.log(`ok speech in ${Object.keys(sounds).join(', ')}`);

const began = Date.now();
let first = 0;
let bytes = 0;
for await (const piece of (await speech({ response_format: 'pcm', input: INPUT.repeat(18) })).body) {
  first ||= Date.now() - began;
  bytes += piece.length;
}
assert(bytes > 18 * 3 * 48_000 && first > 0);
console.log(`ok ${INPUT.length * 18} characters as a stream: first byte after ${first} ms, ${(bytes / 48_000).toFixed(1)} s of sound`);

const kinds = [];
const events = await speech({ model: 'gpt-4o-mini-tts', voice: 'coral', stream_format: 'sse', response_format: 'pcm' });
for await (const event of Stream.fromSSEResponse(events, new AbortController())) kinds.push(event.type);
assert.equal(kinds[0], 'speech.audio.delta');
assert.equal(kinds.at(-1), 'speech.audio.done');
console.log(`ok speech as ${kinds.length} events`);

function understood(text, name) {
  const found = WORDS.filter((word) => text.includes(word));
  assert(2 * found.length > WORDS.length, `${name}: ${text}`);
  console.log(`ok ${name}: ${text.trim().slice(0, 50).replaceAll('\n', ' ')}…`);
}
const heard = async (more) =>
  client.audio.transcriptions.create({ file: await toFile(sounds.mp3, 'speech.mp3'), model: 'whisper-1', ...more });
understood((await heard()).text, 'transcription');
for (const format of ['text', 'srt', 'vtt']) understood(await heard({ response_format: format }), format);
const verbose = await heard({ response_format: 'verbose_json', timestamp_granularities: ['word', 'segment'] });
assert(verbose.words.length > 8 && verbose.segments[0].end > verbose.segments[0].start);
understood(verbose.text, 'verbose_json with words');
let pieces = '';
let whole = '';
for await (const event of await heard({ stream: true, model: 'gpt-4o-transcribe' })) {
  if (event.type === 'transcript.text.delta') pieces += event.delta;
  else whole = event.text;
}
assert.equal(pieces, whole);
understood(whole, 'transcription as a stream');

const models = [];
for await (const model of client.models.list()) models.push(model.id);
assert(models.includes('tts-1') && (await client.models.retrieve('whisper-1')).object === 'model');
await assert.rejects(speech({ voice: 'Nobody' }), (error) => error instanceof NotFoundError && error.code === 'voice-not-found');
console.log(`ok ${models.length} models; an unknown voice is a NotFoundError`);

const leaving = new AbortController();
const long = await client.audio.speech.create(
  { model: 'tts-1', voice: 'alloy', input: INPUT.repeat(100), response_format: 'pcm' },
  { signal: leaving.signal },
);
await assert.rejects(async () => {
  for await (const piece of long.body) if (piece.length) leaving.abort();
}, { name: 'AbortError' });
assert((await (await speech()).arrayBuffer()).byteLength > 20_000);
console.log('ok an aborted stream, and speech right after it');
