// Asks the studio as a program would, and measures: milliseconds to the first byte, and what came. Knows no views.

import { Problem } from '../api.js';
import { encodeWav } from '../audio/wav.js';
import { speechBody } from './clients.js';

/**
 * @typedef {{ms: number, sound?: Blob, text?: string, engine?: string, count?: number}} Found
 *   ms to the first byte (of sound, where there is some); engine: who understood the text
 * @typedef {import('./clients.js').Form} Form
 */

const RATE = 24000;
/** A sentence for those who listen: every recogniser knows English. */
const SAMPLE = 'Good morning. This is a test.';
const PATIENCE = 60_000; // milliseconds

/** What is asked at which address; shown as it stands. */
export const ADDRESSES = {
  speech: 'POST /v1/audio/speech',
  voices: 'GET /v1/audio/voices',
  transcription: 'POST /v1/audio/transcriptions',
  deepgram: 'WS /v1/speak',
  'wyoming-speech': 'tcp synthesize',
  'wyoming-listening': 'tcp transcribe',
};

/** @type {Record<import('./clients.js').Check, (form: Form, signal: AbortSignal) => Promise<Found>>} */
export const CHECKS = {
  speech: (form, signal) => sound('/v1/audio/speech', speechBody(form), signal),
  async voices(_form, signal) {
    const { response, ms } = await timed('/v1/audio/voices', { signal });
    return { ms, count: (await response.json()).voices.length };
  },
  transcription: (form, signal) => listening('/v1/audio/transcriptions', { model: 'whisper-1', language: 'en' }, form, signal),
  deepgram: (form, signal) => socket(form, signal),
  'wyoming-speech': (form, signal) => sound('/api/connect/wyoming/speak', { text: form.text, voice: form.voice, ...(form.language === 'auto' ? {} : { language: form.language }) }, signal),
  'wyoming-listening': (form, signal) => listening('/api/connect/wyoming/listen', { language: 'en' }, form, signal),
};

/**
 * One request; the time until its answer begins.
 * @param {string} address
 * @param {RequestInit} sending
 */
async function timed(address, sending) {
  const began = performance.now();
  const response = await fetch(address, { ...sending, headers: { 'x-studio': '1', ...sending.headers } }).catch((error) => {
    throw sending.signal?.aborted ? error : new Problem({ code: 'unreachable' });
  });
  const ms = performance.now() - began;
  if (!response.ok) throw await refusal(response);
  return { response, ms, began };
}

/** What is wrong, in whichever shape it came. @param {Response} response */
async function refusal(response) {
  const body = await response.json().catch(() => ({}));
  const { message, code } = body.error ?? {};
  return new Problem({ status: response.status, title: response.statusText, code: code ?? 'refused', detail: message ?? body.err_msg, ...body });
}

/**
 * A text as JSON, answered by sound.
 * @param {string} address
 * @param {any} body
 * @param {AbortSignal} signal
 * @returns {Promise<Found & {sound: Blob}>}
 */
async function sound(address, body, signal) {
  const { response, began } = await timed(address, { method: 'POST', signal, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const type = response.headers.get('content-type') ?? '';
  const reader = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (response.body).getReader();
  const pieces = [];
  let ms = 0;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    ms ||= performance.now() - began;
    pieces.push(piece.value);
  }
  return { ms, sound: await measured(new Blob(pieces, { type })) };
}

/** A WAV that was streamed has no length in its header; whoever plays or reads it wants one. @param {Blob} blob */
async function measured(blob) {
  if (!blob.type.startsWith('audio/wav')) return blob;
  const bytes = await blob.arrayBuffer();
  const view = new DataView(bytes);
  view.setUint32(4, bytes.byteLength - 8, true);
  view.setUint32(40, bytes.byteLength - 44, true);
  return new Blob([bytes], { type: blob.type });
}

/**
 * A recording, answered by text; the studio's own voice says what is to be heard.
 * @param {string} address
 * @param {Record<string, string>} fields
 * @param {Form} form
 * @param {AbortSignal} signal
 * @returns {Promise<Found>}
 */
async function listening(address, fields, form, signal) {
  const voice = form.voice || 'alloy';
  const { sound: said } = await sound('/v1/audio/speech', { model: 'tts-1', voice, input: SAMPLE, response_format: 'wav', language: 'en', seed: 7 }, signal);
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append('file', said, 'test.wav');
  const { response, ms } = await timed(address, { method: 'POST', signal, body });
  const { text, engine } = await response.json();
  return { ms, text, engine: engine ?? response.headers.get('x-engine') ?? '' };
}

/**
 * Deepgram's conversation: one text, one flush, and the sound of it.
 * @param {Form} form
 * @param {AbortSignal} signal
 * @returns {Promise<Found>}
 */
function socket(form, signal) {
  const query = new URLSearchParams({ model: form.voice, encoding: 'linear16', sample_rate: String(RATE) });
  const began = performance.now();
  const ws = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/v1/speak?${query}`);
  ws.binaryType = 'arraybuffer';
  /** @type {Int16Array[]} */
  const pieces = [];
  let ms = 0;
  return new Promise((resolve, reject) => {
    const tooLong = setTimeout(() => end(new Problem({ code: 'request-timeout' })), PATIENCE);
    signal.addEventListener('abort', () => end(signal.reason));
    ws.onopen = () => [{ type: 'Speak', text: form.text }, { type: 'Flush' }].forEach((message) => ws.send(JSON.stringify(message)));
    ws.onmessage = ({ data }) => {
      if (typeof data !== 'string') {
        ms ||= performance.now() - began;
        pieces.push(new Int16Array(data));
      } else take(JSON.parse(data));
    };
    ws.onerror = () => end(new Problem({ code: 'unreachable' }));
    ws.onclose = ({ code, reason }) => end(new Problem({ code: 'socket-closed', detail: `${code} ${reason}` }));

    /** @param {{type: string, description?: string}} message */
    function take({ type, description }) {
      if (type === 'Warning') end(new Problem({ code: 'warning', detail: description }));
      else if (type === 'Flushed') end(null);
    }

    /** Only the first end counts. @param {unknown} problem */
    function end(problem) {
      clearTimeout(tooLong);
      ws.close();
      if (problem) reject(problem);
      else resolve({ ms, sound: new Blob([encodeWav(floats(pieces), RATE)], { type: 'audio/wav' }) });
    }
  });
}

/** @param {Int16Array[]} pieces */
function floats(pieces) {
  return Float32Array.from(pieces.flatMap((piece) => Array.from(piece)), (value) => value / 32768);
}
