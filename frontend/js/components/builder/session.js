// One sitting at the builder: the personality as saved, and what is on its way to it. Saves as it happens; draws nothing.

import { Problem } from '../../api.js';
import { decodeSound, fetchSound } from './sound.js';
import { upload } from './upload.js';

/**
 * @typedef {import('./sound.js').Sound} Sound
 * @typedef {{audio?: Blob, fileName?: string, transcript?: string, start?: number, end?: number, repairs?: string[]}} Change what to save in a slot
 * @typedef {{phase: 'waiting'|'sending'|'judging'|'failed', progress: number, problem: Problem|null, change: Change}} Transfer
 */

const AT_ONCE = 2; // uploads; the studio decodes two at a time

export class Session {
  /** @type {Map<string, Transfer>} */
  #transfers = new Map();
  /** @type {Map<string, {file: string, sound: Promise<Sound|null>}>} the untouched uploads, as far as they were heard here */
  #sources = new Map();
  /** @type {Set<() => void>} */
  #listeners = new Set();
  /** @type {(() => void)[]} */
  #line = [];
  /** @type {Set<string>} emotions whose recording came in this sitting */
  brought = new Set();
  #running = 0;
  #details = Promise.resolve();
  /** @type {any} */
  #ctx;

  /**
   * @param {any} ctx
   * @param {any} saved the record to go on with, or null for a new personality
   */
  constructor(ctx, saved) {
    this.#ctx = ctx;
    this.personality = saved;
  }

  get busy() {
    return [...this.#transfers.values()].some(({ phase }) => phase !== 'failed');
  }

  get failed() {
    return [...this.#transfers.values()].some(({ phase }) => phase === 'failed');
  }

  /**
   * What is on its way to a slot, or could not arrive.
   * @param {string} emotion
   */
  transfer(emotion) {
    return this.#transfers.get(emotion) ?? null;
  }

  /** @param {() => void} listener */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Creates the personality, or changes it; in the order they were asked.
   * @param {any} change
   * @returns {Promise<void>}
   */
  saveDetails(change) {
    const { api } = this.#ctx;
    const step = this.#details.then(async () => {
      this.learn(this.personality ? await api.patch(this.#address(), change) : await api.post('/api/personality', change));
    });
    this.#details = step.catch(() => {});
    return step;
  }

  /**
   * @param {string} emotion
   * @param {Change} change
   */
  async put(emotion, change) {
    const earlier = this.#transfers.get(emotion);
    const whole = { ...(earlier?.phase === 'failed' ? earlier.change : {}), ...change };
    /** @type {Transfer} */
    const transfer = { phase: 'waiting', progress: 0, problem: null, change: whole };
    this.#transfers.set(emotion, transfer);
    if (change.audio) this.brought.add(emotion);
    if (change.audio) this.#sources.set(emotion, { file: '', sound: decodeSound(change.audio) });
    this.tell();
    await this.#turn();
    try {
      await this.#send(emotion, transfer);
    } catch (error) {
      Object.assign(transfer, { phase: 'failed', problem: Problem.from(error) });
      this.tell();
    } finally {
      this.#running -= 1;
      this.#line.shift()?.();
    }
  }

  /**
   * Takes a recording away; answers how to bring it back.
   * @param {string} emotion
   * @returns {Promise<() => Promise<void>>}
   */
  async remove(emotion) {
    const entry = this.personality.emotions[emotion];
    const kept = await this.source(emotion, entry);
    this.learn(await this.#ctx.api.delete(this.#address(emotion)));
    this.forget(emotion);
    return async () => {
      if (!kept) return;
      const { start, end } = entry.source ?? {};
      await this.put(emotion, { audio: kept.blob, fileName: kept.name, transcript: entry.transcript, start: start ?? undefined, end: end ?? undefined });
    };
  }

  /**
   * Lets go of what could not be saved.
   * @param {string} emotion
   */
  forget(emotion) {
    this.#transfers.delete(emotion);
    if (!this.personality?.emotions[emotion]) this.#sources.delete(emotion);
    this.tell();
  }

  /**
   * The untouched upload of a slot, else the reference made of it; null while there is none.
   * @param {string} emotion
   * @param {any} [entry]
   * @returns {Promise<Sound|null>}
   */
  async source(emotion, entry = this.personality?.emotions[emotion]) {
    const known = this.#sources.get(emotion);
    if (known && (this.#transfers.has(emotion) || !entry || known.file === entry.file || known.file === '')) return known.sound;
    if (!entry) return null;
    const sound = fetchSound(this.#ctx, entry);
    this.#sources.set(emotion, { file: entry.file, sound });
    return sound;
  }

  /**
   * @param {string} emotion
   * @param {Transfer} transfer
   */
  async #send(emotion, transfer) {
    const record = await upload('PUT', this.#address(emotion), formOf(transfer.change), (progress) => {
      Object.assign(transfer, { progress, phase: progress < 1 ? 'sending' : 'judging' });
      this.tell();
    });
    if (this.#transfers.get(emotion) === transfer) this.#transfers.delete(emotion);
    this.#keepSource(emotion, record.emotions[emotion]);
    this.learn(record);
  }

  /**
   * The untouched upload stays the same when only its window or its words change.
   * @param {string} emotion
   * @param {any} entry
   */
  #keepSource(emotion, entry) {
    const known = this.#sources.get(emotion);
    if (!known || !entry) return;
    if (entry.source || known.file === '') this.#sources.set(emotion, { file: entry.file, sound: known.sound });
    else this.#sources.delete(emotion);
  }

  /** Waits until fewer than AT_ONCE uploads run, then counts as one. */
  async #turn() {
    if (this.#running >= AT_ONCE) await new Promise((resolve) => this.#line.push(() => resolve(null)));
    this.#running += 1;
  }

  /** @param {any} record answers may overtake each other: the newest revision stays */
  learn(record) {
    if (!this.personality || record.revision >= this.personality.revision) this.personality = record;
    this.tell();
  }

  tell() {
    for (const listener of [...this.#listeners]) listener();
  }

  #address(emotion = '') {
    return `/api/personality/${encodeURIComponent(this.personality.id)}${emotion && `/emotions/${encodeURIComponent(emotion)}`}`;
  }
}

/** @param {Change} change */
function formOf({ audio, fileName, transcript, start, end, repairs }) {
  const form = new FormData();
  if (audio) form.append('audio', audio, fileName || 'recording.wav');
  if (transcript !== undefined) form.append('transcript', transcript);
  if (start !== undefined) form.append('start', String(start));
  if (end !== undefined) form.append('end', String(end));
  if (repairs !== undefined) form.append('repairs', JSON.stringify(repairs));
  return form;
}
