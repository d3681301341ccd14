// A transcript as files: text, subtitles, everything. Seconds in, text out; pure.

/**
 * @typedef {{word: string, start: number, end: number}} Word
 * @typedef {{id?: number, start: number, end: number, text: string, words?: Word[]}} Segment
 */

const LINE = 42; // letters a subtitle line may hold
const LONGEST = 6; // seconds one subtitle stays

/** Ending → what the browser is told, and how it is written. */
export const FILES = /** @type {const} */ ({
  txt: ['text/plain', (/** @type {any} */ result) => `${result.text.trim()}\n`],
  srt: ['application/x-subrip', (/** @type {any} */ result) => cues(result).map((cue, i) => `${i + 1}\n${stamp(cue.start, ',')} --> ${stamp(cue.end, ',')}\n${cue.text}\n`).join('\n')],
  vtt: ['text/vtt', (/** @type {any} */ result) => `WEBVTT\n\n${cues(result).map((cue) => `${stamp(cue.start, '.')} --> ${stamp(cue.end, '.')}\n${escaped(cue.text)}\n`).join('\n')}`],
  json: ['application/json', (/** @type {any} */ result) => `${JSON.stringify(plain(result), null, 2)}\n`],
});

/**
 * @param {keyof typeof FILES} ending
 * @param {any} result of a transcription
 * @returns {Blob}
 */
export function fileOf(ending, result) {
  const [type, write] = FILES[ending];
  return new Blob([write(result)], { type: `${type};charset=utf-8` });
}

/**
 * Segments cut at words into pieces that can be read while they are said.
 * @param {{segments: Segment[]}} result
 * @returns {{start: number, end: number, text: string}[]}
 */
export function cues({ segments }) {
  return segments.flatMap((segment) => (segment.words?.length ? piecesOf(segment.words) : [{ start: segment.start, end: segment.end, text: segment.text.trim() }]))
    .filter(({ text }) => text);
}

/** @param {Word[]} words */
function piecesOf(words) {
  /** @type {{start: number, end: number, text: string}[]} */
  const pieces = [];
  for (const { word, start, end } of words) {
    const last = pieces.at(-1);
    const joined = last ? `${last.text} ${word.trim()}` : '';
    if (last && joined.length <= 2 * LINE && end - last.start <= LONGEST) Object.assign(last, { end, text: joined });
    else pieces.push({ start, end, text: word.trim() });
  }
  return pieces;
}

/**
 * @param {number} seconds
 * @param {string} point between seconds and thousandths
 */
export function stamp(seconds, point) {
  const thousandths = Math.max(0, Math.round(seconds * 1000));
  const two = (/** @type {number} */ value) => String(Math.floor(value)).padStart(2, '0');
  const [hours, minutes, whole] = [thousandths / 3_600_000, (thousandths / 60_000) % 60, (thousandths / 1000) % 60];
  return `${two(hours)}:${two(minutes)}:${two(whole)}${point}${String(thousandths % 1000).padStart(3, '0')}`;
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** @param {any} result the last event of the job */
function plain({ text, raw_text, language, engine, duration, segments, cleaned }) {
  return { text, raw_text, language, engine, duration, cleaned, segments };
}
