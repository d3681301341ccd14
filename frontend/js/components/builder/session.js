// One sitting at the builder: the personality as saved, and what is on its way to it. Saves as it happens; draws nothing.

import { Problem } from '../../api.js';
import { decodeSound } from './sound.js';
import { upload } from './upload.js';

/**
 * @typedef {import('./sound.js').Sound} Sound
 * @typedef {{audio?: Blob, fileName?: string, transcript?: string, start?: number, end?: number}} Change what to save in a slot
 * @typedef {{phase: 'waiting'|'sending'|'judging'|'failed', progress: number, problem: Problem|null, change: Change}} Transfer
 * @typedef {ReturnType<typeof createSession>} Session
 */

const AT_ONCE = 2; // uploads; the studio decodes two at a time

/**
 * @param {any} ctx
 * @param {any} saved the record to go on with, or null for a new personality
 */
export function createSession(ctx, saved) {
  let personality = saved;
  /** @type {Map<string, Transfer>} */
  const transfers = new Map();
  /** @type {Map<string, {file: string, sound: Promise<Sound|null>}>} the untouched uploads, as far as they were heard here */
  const sources = new Map();
  const listeners = new Set();
  /** @type {(() => void)[]} */
  const line = [];
  let running = 0;
  let details = Promise.resolve();

  const tell = () => listeners.forEach((listener) => listener());
  const address = (/** @type {string} */ emotion = '') => `/api/personality/${encodeURIComponent(personality.id)}${emotion && `/emotions/${encodeURIComponent(emotion)}`}`;

  /** @param {any} record answers may overtake each other: the newest revision stays */
  function learn(record) {
    if (!personality || record.revision >= personality.revision) personality = record;
    tell();
  }

  /**
   * Creates the personality, or changes it; in the order they were asked.
   * @param {any} change
   * @returns {Promise<void>}
   */
  function saveDetails(change) {
    const step = details.then(async () => {
      learn(personality ? await ctx.api.patch(address(), change) : await ctx.api.post('/api/personality', change));
    });
    details = step.catch(() => {});
    return step;
  }

  /**
   * @param {string} emotion
   * @param {Change} change
   */
  async function put(emotion, change) {
    const earlier = transfers.get(emotion);
    const whole = { ...(earlier?.phase === 'failed' ? earlier.change : {}), ...change };
    /** @type {Transfer} */
    const transfer = { phase: 'waiting', progress: 0, problem: null, change: whole };
    transfers.set(emotion, transfer);
    if (change.audio) sources.set(emotion, { file: '', sound: decodeSound(change.audio) });
    tell();
    await turn();
    try {
      const record = await upload('PUT', address(emotion), formOf(whole), (progress) => {
        Object.assign(transfer, { progress, phase: progress < 1 ? 'sending' : 'judging' });
        tell();
      });
      if (transfers.get(emotion) === transfer) transfers.delete(emotion);
      keepSource(emotion, record.emotions[emotion]);
      learn(record);
    } catch (error) {
      Object.assign(transfer, { phase: 'failed', problem: Problem.from(error) });
      tell();
    } finally {
      running -= 1;
      line.shift()?.();
    }
  }

  /**
   * The untouched upload stays the same when only its window or its words change.
   * @param {string} emotion
   * @param {any} entry
   */
  function keepSource(emotion, entry) {
    const known = sources.get(emotion);
    if (!known || !entry) return;
    if (entry.source || known.file === '') sources.set(emotion, { file: entry.file, sound: known.sound });
    else sources.delete(emotion);
  }

  /** Waits until fewer than AT_ONCE uploads run, then counts as one. */
  async function turn() {
    if (running >= AT_ONCE) await new Promise((resolve) => line.push(() => resolve(null)));
    running += 1;
  }

  /**
   * Takes a recording away; answers how to bring it back.
   * @param {string} emotion
   * @returns {Promise<() => Promise<void>>}
   */
  async function remove(emotion) {
    const record = personality.emotions[emotion];
    const kept = await source(emotion, record);
    learn(await ctx.api.delete(address(emotion)));
    transfers.delete(emotion);
    sources.delete(emotion);
    tell();
    return async () => {
      if (!kept) return;
      const { start, end } = record.source ?? {};
      await put(emotion, { audio: kept.blob, fileName: kept.name, transcript: record.transcript, start: start ?? undefined, end: end ?? undefined });
    };
  }

  /**
   * The untouched upload of a slot, else the reference made of it; null while there is none.
   * @param {string} emotion
   * @param {any} [record]
   * @returns {Promise<Sound|null>}
   */
  async function source(emotion, record = personality?.emotions[emotion]) {
    const known = sources.get(emotion);
    if (known && (transfers.has(emotion) || !record || known.file === record.file || known.file === '')) return known.sound;
    if (!record) return null;
    const sound = fetchSound(ctx, record);
    sources.set(emotion, { file: record.file, sound });
    return sound;
  }

  return {
    get personality() { return personality; },
    get busy() { return [...transfers.values()].some(({ phase }) => phase !== 'failed'); },
    get failed() { return [...transfers.values()].some(({ phase }) => phase === 'failed'); },
    transfer: (/** @type {string} */ emotion) => transfers.get(emotion) ?? null,
    /** @param {string} emotion */
    forget(emotion) {
      transfers.delete(emotion);
      if (!personality?.emotions[emotion]) sources.delete(emotion);
      tell();
    },
    /** @param {() => void} listener */
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    saveDetails, put, remove, source, settled: () => details,
  };
}

/** @param {Change} change */
function formOf({ audio, fileName, transcript, start, end }) {
  const form = new FormData();
  if (audio) form.append('audio', audio, fileName || 'recording.wav');
  if (transcript !== undefined) form.append('transcript', transcript);
  if (start !== undefined) form.append('start', String(start));
  if (end !== undefined) form.append('end', String(end));
  return form;
}

/**
 * @param {any} ctx
 * @param {any} record of an emotion
 * @returns {Promise<Sound|null>}
 */
async function fetchSound(ctx, record) {
  const path = record.source?.url ?? record.url;
  const answer = await ctx.api.send('GET', path, { accept: '*/*' }).catch(() => null);
  return answer ? decodeSound(await answer.blob(), record) : null;
}
