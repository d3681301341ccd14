// The level of a signal in words and numbers: decibels below full scale, a needle that falls slowly. No DOM, no microphone.

const FLOOR = -60; // dBFS drawn as an empty meter
const FALL = 24; // dB a second that the needle sinks

/**
 * @param {ArrayLike<number>} samples full scale at ±1
 * @returns {{peak: number, rms: number}} linear
 */
export function levelOf(samples) {
  let peak = 0;
  let sum = 0;
  for (let i = 0; i < samples.length; i += 1) {
    const value = Math.abs(samples[i]) || 0;
    if (value > peak) peak = value;
    sum += value * value;
  }
  return { peak, rms: samples.length ? Math.sqrt(sum / samples.length) : 0 };
}

/**
 * @param {number} linear
 * @returns {number} dBFS, never below the floor of the meter
 */
export function decibels(linear) {
  return linear > 0 ? Math.max(FLOOR, 20 * Math.log10(linear)) : FLOOR;
}

/**
 * @param {number} db dBFS
 * @returns {number} 0…1 along the meter
 */
export function meterFraction(db) {
  return Math.max(0, Math.min(1, (db - FLOOR) / -FLOOR));
}

/**
 * A needle that jumps up and sinks slowly.
 * @param {number} before dBFS shown last
 * @param {number} now dBFS measured
 * @param {number} seconds since the last measurement
 */
export function needle(before, now, seconds) {
  return Math.max(now, before - FALL * seconds, FLOOR);
}

/**
 * What a peak means to somebody who speaks: a word that the page translates.
 * @param {number} db dBFS, the loudest of the last moments
 * @returns {'silent'|'soft'|'good'|'loud'}
 */
export function levelWord(db) {
  if (db < -45) return 'silent';
  if (db < -26) return 'soft';
  return db > -1.5 ? 'loud' : 'good';
}
