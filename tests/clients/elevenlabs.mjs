// ElevenLabs' library for Node, as it is published, speaks with a studio: `node elevenlabs.mjs PORT`.
// `make clients` runs it where the library is installed. Prints a line for each thing that worked.
import assert from 'node:assert/strict';
import { ElevenLabsClient, ElevenLabsError } from '@elevenlabs/elevenlabs-js';

const baseUrl = `http://127.0.0.1:${process.argv[2]}/elevenlabs`;
const client = new ElevenLabsClient({ apiKey: 'none', baseUrl });
const TEXT = '[happy] Good morning! <break time="1s"/> The weather is good today.';
const THEIRS = 'JBFqnCBsd6RMkjVDRZzb'; // the voice of their first example
const HEADS = { mp3_44100_128: 'ID3', pcm_24000: '', ulaw_8000: '', opus_48000_64: 'OggS', wav_24000: 'RIFF' };

async function whole(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}
for (const [outputFormat, head] of Object.entries(HEADS)) {
  const asked = { text: TEXT, modelId: 'eleven_multilingual_v2', outputFormat, voiceSettings: { speed: 1.1 } };
  const sound = await whole(await client.textToSpeech.convert(THEIRS, asked));
  assert(sound.length > 20_000 && sound.toString('latin1').startsWith(head), outputFormat);
}
console.log(`ok convert to ${Object.keys(HEADS).join(', ')}`);

const began = Date.now();
let [first, bytes] = [0, 0];
const asked = { text: TEXT.repeat(30), modelId: 'eleven_flash_v2_5', outputFormat: 'pcm_24000' };
for await (const piece of await client.textToSpeech.stream('Ryan', asked)) {
  first ||= Date.now() - began;
  bytes += piece.length;
}
assert(bytes > 30 * 2 * 48_000);
console.log(`ok stream: first byte after ${first} ms, ${(bytes / 48_000).toFixed(1)} s of sound`);

const timed = await client.textToSpeech.convertWithTimestamps('Ryan', { text: TEXT });
const ends = timed.alignment.characterEndTimesSeconds;
assert(timed.audioBase64.length > 10_000 && ends.at(-1) > 2 && ends.length === timed.alignment.characters.length);
let last = null;
for await (const piece of await client.textToSpeech.streamWithTimestamps('Ryan', { text: TEXT })) last = piece;
assert(last.alignment.characters.length > 20);
console.log(`ok times of ${ends.length} letters, whole and as a stream`);

const { voices } = await client.voices.search();
assert((await client.voices.getAll()).voices.length === voices.length && (await client.voices.get('Ryan')).name === 'Ryan');
assert((await client.models.list()).some((model) => model.modelId === 'preview'));
const unknown = client.textToSpeech.convert('nobody', { text: TEXT });
await assert.rejects(unknown, (error) => error instanceof ElevenLabsError && error.statusCode === 404);
console.log(`ok ${voices.length} voices, the models, and an unknown voice is an ElevenLabsError`);
