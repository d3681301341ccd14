// The recording that is being written down and what was heard in it; kept while views change. Draws nothing.

import { createWork, isUnderWay } from './work.js';
import { decodeSound } from './components/builder/sound.js';

const REMEMBERED = 'studio.transcription';
const OPTIONS = 'studio.transcription.options';
const SAME = 0.3; // seconds by which two readings of one file may differ
const MOST_DRAWN = 60e6; // bytes; decoding longer ones for a picture would take the page's memory

/**
 * @typedef {{engine: string, language: string, clean: boolean, context: string}} Options
 * @typedef {{file: File, url: string, peaks: number[], duration: number}} Heard
 */

/** @type {Options} */
const PLAIN = { engine: 'auto', language: 'auto', clean: false, context: '' };

/** @param {any} ctx */
export function createListeningRoom(ctx) {
  const listeners = new Set();
  const tell = () => listeners.forEach((listener) => listener());
  const work = createWork(ctx, { remembered: REMEMBERED, onChange: tell });
  let options = recalled(ctx.storage);
  /** @type {Heard | null} */
  let heard = null;
  let resumed = false;

  return {
    get work() { return work.now; },
    get options() { return options; },
    get heard() { return heard; },
    /** @param {() => void} listener */
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    /** @param {File} file */
    async take(file) {
      const again = !heard && work.now.status === 'done'; // after a reload: perhaps the sound of the words that stand here
      if (isUnderWay(work.now)) await work.cancel();
      if (!again) work.clear();
      if (heard) URL.revokeObjectURL(heard.url);
      const mine = heard = { file, url: URL.createObjectURL(file), peaks: [], duration: 0 };
      tell();
      const { peaks, duration } = file.size <= MOST_DRAWN ? await decodeSound(file) : { peaks: [], duration: await durationOf(mine.url) };
      if (heard !== mine) return;
      if (again && Math.abs(duration - (work.now.result?.duration ?? 0)) > SAME) work.clear();
      heard = { ...mine, peaks, duration };
      tell();
    },
    /** @param {Partial<Options>} patch */
    choose(patch) {
      options = { ...options, ...patch };
      ctx.storage.setItem(OPTIONS, JSON.stringify(options));
      tell();
    },
    async listen() {
      if (!heard) return null;
      const form = formOf(heard.file, options);
      return work.begin((signal) => ctx.api.send('POST', '/api/transcribe', { form, accept: 'text/event-stream', signal }));
    },
    cancel: work.cancel,
    /** What was under way, or done, before a reload; the sound itself is gone then. */
    resume() {
      if (resumed) return;
      resumed = true;
      work.resume();
    },
    clear() {
      work.clear();
      if (heard) URL.revokeObjectURL(heard.url);
      heard = null;
      tell();
    },
  };
}

/**
 * @param {File} file
 * @param {Options} options
 */
export function formOf(file, { engine, language, clean, context }) {
  const form = new FormData();
  form.append('file', file, file.name);
  form.append('engine', engine);
  form.append('language', language);
  form.append('format', 'json');
  if (clean) form.append('clean', 'true');
  if (clean && context.trim()) form.append('context', context.trim());
  return form;
}

/** @param {Pick<Storage, 'getItem'>} storage @returns {Options} */
function recalled(storage) {
  try {
    return { ...PLAIN, ...JSON.parse(storage.getItem(OPTIONS) ?? '{}') };
  } catch {
    return PLAIN;
  }
}

/** @param {string} url @returns {Promise<number>} seconds; 0 where the browser cannot tell */
function durationOf(url) {
  return new Promise((resolve) => {
    const audio = new Audio();
    audio.onloadedmetadata = () => resolve(Number.isFinite(audio.duration) ? audio.duration : 0);
    audio.onerror = () => resolve(0);
    audio.src = url;
  });
}
