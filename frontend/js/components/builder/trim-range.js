// The arithmetic of two trim handles on a recording. Seconds everywhere; pure.

export const SHORTEST = 1; // seconds: the studio refuses references below

/** @typedef {{start: number, end: number}} Range */

/**
 * Moves one edge, keeps both inside the recording and a reference's shortest length apart.
 * @param {Range} range
 * @param {'start'|'end'} edge
 * @param {number} to wanted place
 * @param {number} duration of the whole recording
 * @returns {Range}
 */
export function moveEdge(range, edge, to, duration) {
  const least = Math.min(SHORTEST, duration);
  if (edge === 'start') return { ...range, start: clamp(round(to), 0, Math.max(0, range.end - least)) };
  return { ...range, end: clamp(round(to), Math.min(duration, range.start + least), duration) };
}

/**
 * What a key does to an edge, or null when it is none of ours.
 * @param {string} key `KeyboardEvent.key`
 * @param {boolean} shift
 * @param {number} at present place
 * @param {number} duration
 */
export function keyTarget(key, shift, at, duration) {
  const step = shift ? 0.5 : 0.05;
  const targets = {
    ArrowLeft: at - step, ArrowDown: at - step, ArrowRight: at + step, ArrowUp: at + step,
    PageDown: at - 1, PageUp: at + 1, Home: 0, End: duration,
  };
  return key in targets ? targets[/** @type {keyof typeof targets} */ (key)] : null;
}

/**
 * Whether a range leaves anything out, beyond what a hand would call the very ends.
 * @param {Range} range
 * @param {number} duration
 */
export function isTrimmed(range, duration) {
  return range.start > 0.01 || range.end < duration - 0.01;
}

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
function clamp(value, low, high) {
  return Math.max(low, Math.min(high, value));
}

/** @param {number} seconds */
function round(seconds) {
  return Math.round(seconds * 100) / 100;
}
