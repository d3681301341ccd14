// What programs are told: exact, quoted for where it is written, and for the voice of the form.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { clients, speechBody } from '../../frontend/js/connect/clients.js';

const FORM = {
  origin: 'http://127.0.0.1:8000', host: '127.0.0.1', voice: 'Ryan', described: '', language: 'auto', format: 'mp3', speed: 1, text: 'Hi.',
  keyNeeded: false, key: 'none', wyoming: { tts_port: 0, asr_port: 0 },
};
const told = (name, form = {}) => clients({ ...FORM, ...form }).find((one) => one.name === name);
const value = (client, label) => client.parts.flatMap((part) => part.fields).find((one) => one.label === label).value;

test('what is as usual is left out of the request', () => {
  assert.deepEqual(speechBody(FORM), { model: 'tts-1', voice: 'Ryan', input: 'Hi.', response_format: 'mp3' });
  assert.deepEqual(speechBody({ ...FORM, language: 'it', speed: 2, format: 'ogg' }), { model: 'tts-1', voice: 'Ryan', input: 'Hi.', response_format: 'opus', language: 'it', speed: 2 });
});

test('a described voice is asked for as such', () => {
  const { voice, task_type: task, instructions } = speechBody({ ...FORM, voice: '', described: 'an old sailor' });
  assert.deepEqual([voice, task, instructions], [undefined, 'VoiceDesign', 'an old sailor']);
  assert.deepEqual(clients(FORM).filter((one) => !one.needsName).map((one) => one.name), ['curl', 'python', 'javascript']);
});

test('quotes of the text end no string', () => {
  const text = `It's "over"\n\\ $(id) \`id\``;
  assert.ok(told('curl', { text }).code.text.includes(`It'\\''s \\"over\\"\\n\\\\ $(id)`));
  assert.ok(told('python', { text }).code.text.includes(`input=${JSON.stringify(text)}`));
});

test('the key stands only where one is needed', () => {
  assert.ok(!told('curl').code.text.includes('Authorization'));
  assert.ok(told('curl', { keyNeeded: true, key: 'abc' }).code.text.includes("'Authorization: Bearer abc'"));
  assert.equal(value(told('open-webui', { keyNeeded: true, key: 'abc' }), 'API Key'), 'abc');
});

test('a key ends no string and is not rewritten', () => {
  const key = `$$ $& it's "mine" \\`;
  const form = { keyNeeded: true, key };
  assert.ok(told('curl', form).code.text.includes(`-H 'Authorization: Bearer $$ $& it'\\''s "mine" \\' `));
  for (const name of ['livekit', 'pipecat', 'python']) assert.ok(told(name, form).code.text.includes(`api_key=${JSON.stringify(key)}`), name);
  assert.ok(told('javascript', form).code.text.includes(JSON.stringify(`Bearer ${key}`)));
});

test('a WAV that is kept as a file is not streamed, so that its length is true', () => {
  const wav = { format: 'wav', language: 'it' };
  assert.ok(told('curl', wav).code.text.includes('"stream": false'));
  assert.ok(told('javascript', wav).code.text.includes('"stream": false'));
  assert.ok(told('python', wav).code.text.includes('extra_body={"language": "it", "stream": False},'));
  for (const name of ['curl', 'javascript', 'python']) assert.ok(!told(name).code.text.includes('"stream"'), name);
  assert.equal(speechBody({ ...FORM, ...wav }).stream, undefined); // Test plays it as it comes
});

test('what is switched off is said with the command that switches it on', () => {
  assert.equal(told('home-assistant').isOff, './start.sh --wyoming');
  assert.equal(told('home-assistant', { host: 'studio.lan', wyoming: { tts_port: 7, asr_port: 0 } }).isOff, './start.sh --wyoming --wyoming-host 0.0.0.0');
  assert.equal(told('home-assistant', { wyoming: { tts_port: 7, asr_port: 8 } }).isOff, '');
});

test('ports of Wyoming that are off are told as they will be', () => {
  assert.deepEqual(told('home-assistant').parts.map((part) => part.fields[1].value), ['10200', '10300']);
  assert.deepEqual(told('home-assistant', { wyoming: { tts_port: 7, asr_port: 8 } }).parts.map((part) => part.fields[1].value), ['7', '8']);
});

test('a studio behind https is reached by wss', () => {
  assert.ok(told('pipecat', { origin: 'https://voice.example' }).code.text.includes('"wss://voice.example"'));
});
