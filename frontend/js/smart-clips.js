// What the page says of clips, and in which order it shows them. Pure.

import { inOrder } from './emotion-order.js';

/** @typedef {import('./smart-room.js').Clip} Clip */

/** Feature, how far from the speaker's own middle it must be, and the words for more and for less. */
const WHY = /** @type {const} */ ([
  ['pitch', 1.5, 'higher', 'lower'], ['energy', 3, 'louder', 'softer'], ['rate', 0.14, 'faster', 'slower'], ['spread', 1.2, 'livelier', 'flatter'],
]);

/**
 * Why a clip sounds as it is said to: what is unusual for this speaker, the most unusual first.
 * @param {Record<string, number | null> | undefined} relative semitones, dB, and a ratio of rates
 * @returns {string[]} names of words
 */
export function reasons(relative) {
  return WHY.flatMap(([feature, least, more, less]) => {
    const value = relative?.[feature];
    if (value === null || value === undefined) return [];
    const far = feature === 'rate' ? Math.log(Math.max(0.05, value)) : value;
    return Math.abs(far) >= least ? [{ word: far > 0 ? more : less, weight: Math.abs(far) / least }] : [];
  }).sort((a, b) => b.weight - a.weight).slice(0, 3).map(({ word }) => word);
}

/**
 * @param {Clip[]} clips
 * @param {{order: string, emotion: string, speaker: string}} wish '' means any
 */
export function shown(clips, { order, emotion, speaker }) {
  const chosen = clips.filter((clip) => (!emotion || clip.emotion === emotion) && (!speaker || String(clip.speaker) === speaker));
  return order === 'best' ? [...chosen].sort((a, b) => b.score - a.score || a.start - b.start) : chosen;
}

/**
 * The emotions that were heard, with how many clips each.
 * @param {Clip[]} clips
 * @param {{name: string}[]} standard
 * @returns {{name: string, count: number}[]}
 */
export function heardEmotions(clips, standard) {
  const names = [...new Set(clips.map(({ emotion }) => emotion).filter(Boolean))];
  return inOrder(names, standard).map((name) => ({ name, count: clips.filter(({ emotion }) => emotion === name).length }));
}

/**
 * The colour of each place of the whole recording: that of the clip which lies there.
 * @param {Clip[]} clips in order of time
 * @param {number} duration seconds
 * @param {(clip: Clip) => string} colourOf
 * @param {string} rest where nothing was cut out
 * @returns {(fraction: number) => string}
 */
export function clipColours(clips, duration, colourOf, rest) {
  return (fraction) => {
    const clip = clipAt(clips, fraction * duration);
    return clip ? colourOf(clip) : rest;
  };
}

/**
 * @param {Clip[]} clips in order of time
 * @param {number} seconds
 * @returns {Clip | null}
 */
export function clipAt(clips, seconds) {
  let [low, high] = [0, clips.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (seconds < clips[middle].start) high = middle - 1;
    else if (seconds > clips[middle].end) low = middle + 1;
    else return clips[middle];
  }
  return null;
}

/**
 * What a personality is made of.
 * @param {Record<string, string>} placed clip by emotion
 * @param {Record<string, string>} words by clip, only those that were typed: of the others the studio knows who heard them
 */
export function emotionsOf(placed, words) {
  return Object.fromEntries(Object.entries(placed).map(([emotion, clip]) => [emotion, clip in words ? { clip, transcript: words[clip].trim() } : { clip }]));
}
