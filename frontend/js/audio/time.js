// Times as people read them: a clock for players, seconds with their unit for labels. Input is always seconds.

/**
 * @param {number} seconds
 * @returns {string} `0:03`, `12:40`, `1:02:05`
 */
export function clock(seconds) {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0;
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, i) => (i ? String(part).padStart(2, '0') : String(part))).join(':');
}

/**
 * How long something is, on a clock that counts whole seconds: what can be heard is never nothing.
 * @param {number} seconds
 */
export const lengthOf = (seconds) => clock(seconds > 0 ? Math.max(1, seconds) : 0);

/**
 * @param {number} seconds
 * @param {string} locale
 * @returns {string} `6.1 s`, `6,1 s`, `6.1秒`
 */
export function withUnit(seconds, locale) {
  return new Intl.NumberFormat(locale, {
    style: 'unit', unit: 'second', unitDisplay: 'short', minimumFractionDigits: 1, maximumFractionDigits: 1,
  }).format(Math.max(0, seconds));
}

/**
 * A length as it is best read: seconds while they are few, a clock when they are many.
 * @param {number} seconds
 * @param {string} locale
 * @returns {string} `6.1 s`, `12:40`
 */
export function length(seconds, locale) {
  return seconds < 100 ? withUnit(seconds, locale) : clock(seconds);
}

/**
 * @param {number} bytes
 * @param {string} locale
 * @returns {string} `48 kB`, `1,2 MB`
 */
export function bytesWithUnit(bytes, locale) {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  const step = bytes > 0 ? Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3)) : 0;
  const value = bytes / 1000 ** step;
  return new Intl.NumberFormat(locale, {
    style: 'unit', unit: units[step], unitDisplay: 'short', maximumFractionDigits: value < 10 && step > 1 ? 1 : 0,
  }).format(value);
}
