// A chimera on its way: what was wished, the job, the tries to hear, and what was done with them; kept over a reload.

import { byForm, createWork } from './work.js';

const JOB = 'studio.chimera.job';
const DESK = 'studio.chimera.desk';
const WISH = 'studio.chimera.wish';

/**
 * @typedef {{from: 'saved' | 'file', personality: string, userEmotion: string, transcript: string, emotion: string, text: string, actor: string,
 *   description: string, actedTranscript: string, language: string, userSeconds: number, actedSeconds: number, crossfade: number,
 *   temperature: number, tries: number}} Wish seconds, milliseconds; actor: auto, own, words, file, or the id of a speaker
 * @typedef {{start: number, end: number, place: string, transcript: string, estimated: boolean}} Cut
 * @typedef {{index: number, seed: number, duration: number, similarity: number | null, similarity_joined: number | null, transcript: string,
 *   parts: {user: Cut, ai: Cut}, join: {at: number, crossfade_ms: number, level_step_db: number}, audio: string, ai_audio: string,
 *   quality: any, peaks: number[]}} Try
 * @typedef {{session: string, best: number, tries: Try[], user: {audio: string, duration: number, peaks: number[], transcript: string},
 *   emotion: string, engine: string, notices: any[]}} Sitting
 * @typedef {{session: string, a: number, b: number, kept: number, words: Record<number, string>, into: string, name: string}} Desk
 */

/** @type {Wish} */
const PLAIN = {
  from: 'saved', personality: '', userEmotion: 'neutral', transcript: '', emotion: 'happy', text: '', actor: 'auto', description: '',
  actedTranscript: '', language: '', userSeconds: 5, actedSeconds: 5, crossfade: 120, temperature: 0.9, tries: 3,
};
/** @type {Desk} */
const CLEAR = { session: '', a: 0, b: 1, kept: 0, words: {}, into: '', name: '' };

/** @param {any} ctx */
export function createChimeraRoom(ctx) {
  const { api, storage } = ctx;
  const listeners = new Set();
  const tell = () => listeners.forEach((listener) => listener());
  const work = createWork(ctx, { remembered: JOB, onChange: tell });
  /** @type {Wish} */
  let wish = { ...PLAIN, ...read(storage, WISH) };
  /** @type {Desk} */
  let desk = { ...CLEAR, ...read(storage, DESK) };
  /** @type {{own: File | null, acted: File | null}} recordings do not outlive the page */
  const files = { own: null, acted: null };
  /** @type {Sitting | null} */
  let sitting = null;
  let opened = false;

  /** @param {Partial<Desk>} patch */
  function arrange(patch) {
    desk = { ...desk, ...patch };
    storage.setItem(DESK, JSON.stringify(desk));
    tell();
  }

  /** @param {Sitting | null} found */
  function adopt(found) {
    sitting = found;
    if (!found || found.session === desk.session) return tell();
    const [a, b] = ranked(found).map(({ index }) => index);
    arrange({ session: found.session, a, b: b ?? a, kept: found.best, words: {}, into: wish.from === 'saved' ? wish.personality : desk.into });
  }

  return {
    files,
    get work() { return work.now; },
    get wish() { return wish; },
    get desk() { return desk; },
    get sitting() { return sitting; },
    /** @param {() => void} listener */
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    /** @param {Partial<Wish>} patch */
    choose(patch) {
      wish = { ...wish, ...patch };
      storage.setItem(WISH, JSON.stringify(wish));
      tell();
    },
    /** @param {'own' | 'acted'} which @param {File | null} file */
    bring(which, file) {
      files[which] = file;
      tell();
    },
    arrange,
    /**
     * @param {Record<string, any>} asked what the studio is told
     * @param {Record<string, File | null>} recordings by the name of their field
     */
    async make(asked, recordings) {
      const found = await work.begin(byForm(ctx, '/api/chimera', { ...asked, ...recordings }));
      if (found) adopt(found);
      return found;
    },
    cancel: work.cancel,
    /** The tries of before a reload, or the job that will make them. */
    async resume() {
      if (opened) return;
      opened = true;
      if (desk.session) adopt(await api.get(`/api/chimera/${encodeURIComponent(desk.session)}`).catch(() => null));
      const found = await work.resume();
      if (found && found.session !== desk.session) adopt(found);
    },
    /** @param {Record<string, any>} asked */
    save: (asked) => api.post(`/api/chimera/${encodeURIComponent(desk.session)}/${desk.kept}/save`, asked),
    /** Puts the tries away; the studio drops them. What was wished stays. */
    clear() {
      const { session } = desk;
      work.clear();
      sitting = null;
      arrange({ ...CLEAR, into: desk.into });
      if (session) api.delete(`/api/chimera/${encodeURIComponent(session)}`).catch(() => {}); // else it goes by itself
    },
  };
}

/**
 * The tries, the one nearest to the user's voice first.
 * @param {Sitting} sitting
 */
export function ranked({ best, tries }) {
  const rank = (/** @type {Try} */ one) => (one.index === best ? 2 : one.similarity ?? -1);
  return [...tries].sort((a, b) => rank(b) - rank(a));
}

/**
 * The request that a wish asks for; what the other choice needs is left away.
 * @param {Wish} wish
 * @param {{text: string, language: string}} now as shown: the suggested line where none was written
 * @returns {Record<string, string | number | boolean>}
 */
export function requestOf(wish, { text, language }) {
  /** @type {Record<string, string | number | boolean>} */
  const own = wish.from === 'saved' ? { personality: wish.personality, user_emotion: wish.userEmotion } : { transcript: wish.transcript };
  /** @type {Record<string, string | number | boolean>} */
  const actor = /** @type {Record<string, any>} */ ({ auto: {}, own: { ai_clone: true }, words: { ai_description: wish.description }, file: { ai_transcript: wish.actedTranscript } })[wish.actor] ?? { ai_speaker: wish.actor };
  /** @type {Record<string, string>} */
  const spoken = wish.actor === 'file' ? {} : { text, language };
  return {
    ...own, ...actor, ...spoken, emotion: wish.emotion, user_seconds: wish.userSeconds, ai_seconds: wish.actedSeconds,
    crossfade_ms: wish.crossfade, temperature: wish.temperature, tries: wish.actor === 'file' ? 1 : wish.tries,
  };
}

/** @param {Pick<Storage, 'getItem'>} storage @param {string} name */
function read(storage, name) {
  try {
    return JSON.parse(storage.getItem(name) ?? '{}') ?? {};
  } catch {
    return {};
  }
}
