// Amounts in the reader's language: megabytes as the studio tells memory, and how long something still takes, roundly.

import { bytesWithUnit } from '../audio/time.js';

export { bytesWithUnit as amount };

/**
 * "2.5 GB". Decimal units, as disks and downloads are sold.
 * @param {number} count
 * @param {string} locale
 */
export function megabytes(count, locale) {
  return bytesWithUnit(count * 1e6, locale);
}

/**
 * "40 seconds", "3 minutes": nobody needs it more exactly.
 * @param {number} seconds
 * @param {string} locale
 */
export function span(seconds, locale) {
  const [value, unit] = seconds < 90 ? [Math.max(1, seconds), 'second'] : seconds < 5400 ? [seconds / 60, 'minute'] : [seconds / 3600, 'hour'];
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: unit === 'hour' ? 1 : 0 }).format(value);
}
