// What the studio found when it listened to a line: how it stands, and each measure with its unit. Pure.

/**
 * @typedef {{code: string, ok: boolean, measured: number | null, limit: number | null, text: string}} Check
 * @typedef {'none' | 'good' | 'redone' | 'doubtful'} Standing
 */

/** What a measure is counted in; what is not here has none. */
const UNITS = /** @type {Record<string, 'second' | 'decibel' | 'percent'>} */ ({
  pause: 'second', 'too-long': 'second', 'too-short': 'second', repetition: 'second', stuck: 'second', noise: 'second',
  silent: 'decibel', 'cut-end': 'decibel', loudness: 'decibel', clipped: 'percent', words: 'percent', 'foreign-voice': 'percent',
});

/**
 * @param {any} part a segment of a take; those of older takes tell only `{ok, problems}`
 * @returns {Check[]}
 */
export function checksOf(part) {
  const { checks } = part ?? {};
  if (Array.isArray(checks)) return checks;
  return (checks?.problems ?? []).map((/** @type {string} */ code) => ({ code, ok: false, measured: null, limit: null, text: code }));
}

/**
 * @param {any} part
 * @returns {Standing}
 */
export function standingOf(part) {
  const checks = checksOf(part);
  if (checks.some(({ ok }) => !ok)) return 'doubtful';
  if ((part?.takes ?? 1) > 1) return 'redone';
  return checks.length || part?.checks?.ok ? 'good' : 'none';
}

/**
 * @param {Check} check
 * @param {number | null} value its measure or its limit
 * @param {string} locale
 * @returns {string} '' where there is nothing to count
 */
export function amountOf({ code }, value, locale) {
  const unit = UNITS[code];
  if (value === null || value === undefined || !unit) return '';
  if (unit === 'percent') return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: value < 0.01 ? 2 : 0 }).format(value);
  if (unit === 'decibel') return `${new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(value)} dB`;
  return new Intl.NumberFormat(locale, { style: 'unit', unit: 'second', unitDisplay: 'short', maximumFractionDigits: 1 }).format(value);
}

/**
 * @param {any} take
 * @returns {{checked: number, redone: number, doubtful: number, standing: Standing}}
 */
export function summaryOf(take) {
  const standings = (take?.segments ?? []).map(standingOf);
  const count = (/** @type {Standing} */ wanted) => standings.filter((/** @type {Standing} */ one) => one === wanted).length;
  const [none, redone, doubtful] = [count('none'), count('redone'), count('doubtful')];
  return { checked: standings.length - none, redone, doubtful, standing: doubtful ? 'doubtful' : redone ? 'redone' : standings.length > none ? 'good' : 'none' };
}
