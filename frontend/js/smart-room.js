// One long recording on its way to a voice: its clips, which emotion each was put into, what was written; kept over a reload,
// and in the studio, so that any browser can go on with it.

import { address, createLeaving, createShelf, isGone, read } from './smart-shelf.js';
import { byForm, createWork } from './work.js';

const JOB = 'studio.smart.job';
const DESK = 'studio.smart.desk';
const OPTIONS = 'studio.smart.options';
const CALM = 500; // milliseconds after the last change, when the studio is told

/**
 * @typedef {{id: string, start: number, end: number, duration: number, transcript: string, transcript_source: string, score: number, verdict: string,
 *   findings: {code: string, text: string, kind: string, params?: Record<string, string>}[], emotion: string, confidence: number,
 *   relative: Record<string, number | null>, speaker: number | null, proposed: boolean, peaks: number[], audio: string}} Clip
 * @typedef {{session: string, duration: number, speakers: number | null, peaks: number[], proposed: Record<string, string>,
 *   clips: Clip[], notices: any[], language?: string, name?: string, desk?: {placed: Record<string, string>, words: Record<string, string>}}} Sitting
 * @typedef {{session: string, name: string, created: string, duration: number, clips: number, placed: number, sorted: boolean}} Open
 * @typedef {{id: string, name: string, status: string, created: string, progress: number | null}} Cutting
 * @typedef {{session: string, placed: Record<string, string>, words: Record<string, string>, untold?: boolean, details: {into: string, name: string, language: string, who: string, agreed: boolean}}} Desk
 */

/** @type {Desk} */
const CLEAR = { session: '', placed: {}, words: {}, untold: false, details: { into: '', name: '', language: '', who: '', agreed: false } };

/** @param {any} ctx */
export function createSmartRoom(ctx) {
  const { api, storage } = ctx;
  const listeners = new Set();
  const tell = () => listeners.forEach((listener) => listener());
  const work = createWork(ctx, { remembered: JOB, onChange: tell });
  let options = { engine: 'auto', language: 'auto', ...read(storage, OPTIONS, {}) };
  /** @type {Desk} */
  let desk = { ...CLEAR, ...read(storage, DESK, {}) };
  /** @type {Sitting | null} */
  let sitting = null;
  let opened = false;
  /** @type {any} */
  let timer = 0;
  const shelf = createShelf(ctx);
  const leaving = createLeaving({ go: drop, onChange: tell });

  /** @param {Partial<Desk>} patch */
  function change(patch) {
    desk = { ...desk, ...patch };
    storage.setItem(DESK, JSON.stringify(desk));
    tell();
  }

  /** What the studio shall know, too. @param {Partial<Desk>} patch */
  function sort(patch) {
    change({ ...patch, untold: true });
    clearTimeout(timer);
    timer = setTimeout(tellStudio, CALM);
  }

  async function tellStudio() {
    const { session, placed, words } = desk;
    if (!session || !desk.untold) return;
    const told = await api.put(`${address(session)}/desk`, { placed, words }).then(() => true, () => false); // told with the next change, then
    if (told && desk.session === session && desk.placed === placed && desk.words === words) change({ untold: false });
  }

  /** The desk is about to hold something else: what the studio does not know yet must not go with it. */
  function leave() {
    clearTimeout(timer);
    const { session, placed, words, untold } = desk;
    if (session && untold) shelf.put(session, { placed, words });
  }

  /** Its time is up; what somebody works on stays. @param {string} session */
  async function drop(session) {
    if (sitting?.session === session) return false;
    shelf.take(session);
    return api.delete(address(session)).then(() => true, isGone); // else it goes by itself after a week
  }

  /** @param {Sitting | null} found */
  function adopt(found) {
    if (found && found.session !== desk.session) leave();
    if (found) leaving.keep(found.session);
    sitting = found;
    const known = found?.session === desk.session;
    if (!found || (known && (desk.untold || !found.desk))) {
      tell();
      return void tellStudio();
    }
    const laid = shelf.take(found.session);
    const placed = (laid ?? found.desk)?.placed ?? found.proposed ?? Object.fromEntries(found.clips.filter((clip) => clip.proposed).map((clip) => [clip.emotion, clip.id]));
    change({ session: found.session, placed, words: (laid ?? found.desk)?.words ?? {}, untold: Boolean(laid) });
    tellStudio();
  }

  return {
    get work() { return work.now; },
    get options() { return options; },
    get sitting() { return sitting; },
    get desk() { return desk; },
    /** @param {() => void} listener */
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    /** @param {Record<string, any>} patch */
    choose(patch) {
      options = { ...options, ...patch };
      storage.setItem(OPTIONS, JSON.stringify(options));
      tell();
    },
    /** @param {File} file */
    async take(file) {
      sitting = null;
      const { language, engine } = options;
      const found = await work.begin(byForm(ctx, '/api/smart', { file, language, engine }));
      if (found) adopt(found);
      return found;
    },
    cancel: work.cancel,
    /** The sitting of before a reload, or the job that will make it. */
    async resume() {
      if (opened) return;
      opened = true;
      if (desk.session) adopt(await api.get(address(desk.session)).catch(() => null));
      if (sitting) return;
      const found = await work.resume();
      if (found) adopt(found);
    },
    /** What can be gone on with, from whichever browser it was begun. @returns {Promise<{sessions: Open[], jobs: Cutting[]}>} */
    open: () => api.get('/api/smart'),
    /** @param {string} session */
    async goOn(session) {
      leaving.keep(session); // before its time is up
      await shelf.telling;
      adopt(await api.get(address(session)));
    },
    /** @param {string} job that cuts a recording */
    async watch(job) {
      storage.setItem(JOB, job);
      const found = await work.resume();
      if (found) adopt(found);
    },
    leaving,
    /** @param {string} emotion @param {string} clip id; '' takes it out */
    place(emotion, clip) {
      const others = Object.entries(desk.placed).filter(([name, id]) => name !== emotion && id !== clip); // one clip, one emotion
      sort({ placed: Object.fromEntries(clip ? [...others, [emotion, clip]] : others) });
    },
    /** @param {Record<string, string>} placed */
    arrange: (placed) => sort({ placed }),
    /** @param {string} clip @param {string} text */
    write: (clip, text) => sort({ words: { ...desk.words, [clip]: text } }),
    /** @param {Partial<Desk['details']>} patch */
    describe: (patch) => change({ details: { ...desk.details, ...patch } }),
    /** @param {Clip} clip */
    wordsOf: (clip) => desk.words[clip.id] ?? clip.transcript ?? '',
    /** @param {any} record what a personality is told */
    save: (record) => api.post(`${address(desk.session)}/personality`, record),
    /** Puts the sitting away; answers how to get it back. */
    clear() {
      const before = { desk, sitting };
      leave();
      work.clear();
      sitting = null;
      change({ ...CLEAR, details: { ...CLEAR.details, into: desk.details.into } });
      return {
        session: before.desk.session,
        undo() {
          if (desk.session !== before.desk.session) leave();
          leaving.keep(before.desk.session);
          shelf.take(before.desk.session);
          sitting = before.sitting;
          change(before.desk);
          tellStudio();
        },
      };
    },
  };
}
