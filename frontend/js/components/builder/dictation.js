// Recordings without words are written down by a recogniser: those that come in by themselves, others when asked.
// What a good one heard is saved; what a rough one heard is only put before the reader, who keeps it or puts it right.

import { bestFor } from '../../recognisers.js';
import { createWork, isUnderWay } from '../../work.js';

/** @typedef {{phase: 'listening' | 'suggested' | 'silent' | 'failed', engine: string, text: string, problem: any}} Dictated */

export class Dictation {
  /** @type {Map<string, Dictated>} */
  #heard = new Map();
  /** @type {Map<string, ReturnType<typeof createWork>>} */
  #works = new Map();
  /** Files that were asked for once already. @type {Set<string>} */
  #asked = new Set();

  /**
   * @param {any} ctx
   * @param {import('./session.js').Session} session
   */
  constructor(ctx, session) {
    this.ctx = ctx;
    this.session = session;
  }

  /** Who would listen to this voice; null where nobody here knows its language. */
  get listener() {
    return bestFor(this.ctx.store.get().catalog, this.session.personality?.language || 'auto');
  }

  /** @param {string} emotion @returns {Dictated | null} */
  of(emotion) {
    return this.#heard.get(emotion) ?? null;
  }

  /** Looks for recordings of this sitting that have no words yet. */
  look() {
    if (!this.listener) return;
    for (const [emotion, entry] of Object.entries(this.session.personality?.emotions ?? {})) {
      if (this.session.brought.has(emotion) && !entry.transcript && !this.#asked.has(entry.file) && !this.session.transfer(emotion)) this.ask(emotion);
    }
  }

  /** @param {string} emotion */
  async ask(emotion) {
    const { session, listener } = this;
    const entry = session.personality?.emotions[emotion];
    if (!entry || !listener) return;
    this.#asked.add(entry.file);
    const work = createWork(this.ctx, { onChange: () => {} });
    this.#works.get(emotion)?.cancel();
    this.#works.set(emotion, work);
    this.#put(emotion, { phase: 'listening', engine: listener.title, text: '', problem: null });
    const result = await work.begin((signal) => (listener.note ? this.#suggestion(entry, listener, signal) : this.#saved(emotion, listener, signal)));
    if (this.#works.get(emotion) !== work) return; // asked once more, or called off
    this.#works.delete(emotion);
    const current = session.personality?.emotions[emotion];
    if (!current || current.file !== entry.file) return this.drop(emotion);
    if (!result) return work.now.problem && work.now.status === 'failed' ? this.#put(emotion, { phase: 'failed', engine: listener.title, text: '', problem: work.now.problem }) : this.drop(emotion);
    if (!result.text?.trim()) return this.#put(emotion, { phase: 'silent', engine: result.engine_title ?? listener.title, text: '', problem: null });
    if (result.personality) {
      this.drop(emotion);
      return session.learn(result.personality);
    }
    if (current.transcript) return this.drop(emotion); // somebody has typed meanwhile
    this.#put(emotion, { phase: 'suggested', engine: result.engine_title ?? listener.title, text: result.text.trim(), problem: null });
  }

  /** Lets go of what was heard, and of who still listens. @param {string} emotion */
  drop(emotion) {
    const work = this.#works.get(emotion);
    this.#works.delete(emotion);
    if (work && isUnderWay(work.now)) work.cancel();
    this.#heard.delete(emotion);
    this.session.tell();
  }

  end() {
    for (const emotion of [...this.#works.keys()]) this.drop(emotion);
  }

  /** @param {string} emotion @param {Dictated} dictated */
  #put(emotion, dictated) {
    this.#heard.set(emotion, dictated);
    this.session.tell();
  }

  /** @param {any} entry @param {{name: string}} listener @param {AbortSignal} signal */
  async #suggestion(entry, { name }, signal) {
    const sound = await (await this.ctx.api.send('GET', entry.url, { accept: '*/*', signal })).blob();
    const form = new FormData();
    form.append('file', sound, 'reference.wav');
    form.append('engine', name);
    form.append('language', this.session.personality.language || 'auto');
    return this.ctx.api.send('POST', '/api/transcribe', { form, accept: 'text/event-stream', signal });
  }

  /** The studio writes the words to the voice itself. @param {string} emotion @param {{name: string}} listener @param {AbortSignal} signal */
  #saved(emotion, { name }, signal) {
    const address = `/api/personality/${encodeURIComponent(this.session.personality.id)}/emotions/${encodeURIComponent(emotion)}/transcribe`;
    return this.ctx.api.send('POST', address, { json: { engine: name }, accept: 'text/event-stream', signal });
  }
}
