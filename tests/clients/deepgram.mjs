// Deepgram's SDK for JavaScript, as it is published, speaks and listens with a studio: `node deepgram.mjs PORT`.
// `make clients` runs it where the SDK is installed. Prints a line for each thing that worked.
import assert from 'node:assert/strict';
import { DeepgramClient } from '@deepgram/sdk';

const [http, ws] = ['http', 'ws'].map((scheme) => `${scheme}://127.0.0.1:${process.argv[2]}`);
const environment = { base: http, production: ws, agent: ws, agentRest: http };
const client = new DeepgramClient({ apiKey: 'none', environment });
const TEXT = '[happy] Good morning! The weather in the city is very good today. She was reading a long letter to her mother.';
const WORDS = ['weather', 'city', 'good', 'today', 'reading', 'letter', 'mother'];

async function rest(more) {
  const answer = await client.speak.v1.audio.generate({ text: TEXT, ...more });
  return Buffer.from(await answer.arrayBuffer());
}
const wav = await rest({ model: 'aura-2-thalia-en', encoding: 'linear16', container: 'wav' });
assert.equal(wav.toString('latin1', 0, 4), 'RIFF');
assert((await rest()).toString('latin1').startsWith('ID3'));
console.log(`ok POST /v1/speak: ${wav.length} bytes of WAV; MP3 where nothing is said`);

async function live(name, args, words, bytesPerSecond) {
  const socket = await client.speak.v1.connect(args);
  const began = Date.now();
  let [bytes, first] = [0, 0];
  const told = [];
  const closed = new Promise((resolve, reject) => {
    socket.on('close', resolve);
    socket.on('error', reject);
  });
  socket.on('message', (message) => {
    if (message.type && !(message instanceof Blob)) {
      told.push(message.type);
      if (message.type === 'Flushed') socket.sendClose({ type: 'Close' });
      return;
    }
    first ||= Date.now() - began;
    bytes += message.byteLength ?? message.size ?? message.length;
  });
  socket.connect();
  await socket.waitForOpen();
  for (const text of words) socket.sendText({ type: 'Speak', text });
  socket.sendFlush({ type: 'Flush' });
  await closed;
  assert.deepEqual(told, ['Metadata', 'Flushed']);
  assert(bytes > 3 * bytesPerSecond, `${name}: only ${bytes} bytes`);
  console.log(`ok ${name}: first sound after ${first} ms, ${(bytes / bytesPerSecond).toFixed(1)} s`);
}
const linear = { model: 'Ryan', encoding: 'linear16', sample_rate: 24_000 };
await live('live, word by word', linear, TEXT.split(' ').map((word) => `${word} `), 48_000);
await live('live, mu-law at 8 kHz', { model: 'aura-2-orion-en', encoding: 'mulaw', sample_rate: 8000 }, [TEXT], 8000);

const silenced = await client.speak.v1.connect(linear);
silenced.connect();
await silenced.waitForOpen();
silenced.sendText({ type: 'Speak', text: TEXT.repeat(10) });
silenced.sendFlush({ type: 'Flush' });
let heardBytes = 0;
for await (const message of silenced) {
  if (message instanceof Blob) {
    if (!heardBytes) silenced.sendClear({ type: 'Clear' });
    heardBytes += message.size;
  } else if (message.type === 'Cleared') {
    break;
  }
}
assert(heardBytes > 0 && heardBytes < 10 * 48_000);
console.log(`ok Clear falls silent after ${(heardBytes / 48_000).toFixed(1)} s, as an async iteration`);

const heard = await client.listen.v1.media.transcribeFile(wav, { model: 'nova-3', utterances: true });
const best = heard.results.channels[0].alternatives[0];
const found = WORDS.filter((word) => best.transcript.includes(word));
assert(found.length >= WORDS.length - 4 && best.words.length > 8, best.transcript);
console.log(`ok POST /v1/listen: ${best.transcript.slice(0, 50)}…`);

await assert.rejects(rest({ model: 'nobody' }), (error) => error.statusCode === 400 && error.body.err_code !== undefined);
console.log('ok an unknown voice is a BadRequestError');
process.exit(0);
