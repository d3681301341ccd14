// The second look at recordings, by models: asked for, followed, called off. The studio keeps what is found; this draws nothing.

import { createWork, isUnderWay } from '../../work.js';

/** @typedef {{file: string, work: ReturnType<typeof createWork>, heard: string}} Look heard: what a recogniser understood, '' for nothing */

export class Doctor {
  /** @type {Map<string, Look>} */
  #looks = new Map();

  /**
   * @param {any} ctx
   * @param {import('./session.js').Session} session
   */
  constructor(ctx, session) {
    this.ctx = ctx;
    this.session = session;
  }

  /** The look at the recording that is there now. @param {string} emotion @returns {Look | null} */
  of(emotion) {
    const look = this.#looks.get(emotion);
    return look && look.file === this.session.personality?.emotions[emotion]?.file ? look : null;
  }

  /** @param {string} emotion */
  async look(emotion) {
    const { session } = this;
    const entry = session.personality?.emotions[emotion];
    if (!entry) return;
    this.drop(emotion);
    const look = { file: entry.file, heard: '', work: createWork(this.ctx, { onChange: () => session.tell() }) };
    this.#looks.set(emotion, look);
    const address = `/api/personality/${encodeURIComponent(session.personality.id)}/emotions/${encodeURIComponent(emotion)}/doctor`;
    const result = await look.work.begin((signal) => this.ctx.api.send('POST', address, { json: {}, accept: 'text/event-stream', signal }));
    if (!result || this.#looks.get(emotion) !== look) return;
    look.heard = result.heard ?? '';
    session.learn(result.personality);
  }

  /** Calls off looks at recordings that are no longer there, or about to be made anew. */
  tend() {
    for (const emotion of this.#looks.keys()) {
      const { audio, repairs, start } = this.session.transfer(emotion)?.change ?? {};
      if (!this.of(emotion) || audio || repairs || start !== undefined) this.drop(emotion);
    }
  }

  /** @param {string} emotion */
  cancel(emotion) {
    this.#looks.get(emotion)?.work.cancel();
  }

  /** Forgets a look, and calls it off where it is under way. @param {string} emotion */
  drop(emotion) {
    const look = this.#looks.get(emotion);
    this.#looks.delete(emotion);
    if (look && isUnderWay(look.work.now)) look.work.cancel();
  }

  end() {
    for (const emotion of [...this.#looks.keys()]) this.drop(emotion);
  }
}
