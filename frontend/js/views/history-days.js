// Groups takes by the day they were made, newest first, and names the days. Pure; the clock is handed in.

/**
 * @template {{created: string}} T
 * @param {T[]} takes newest first
 * @returns {{day: string, takes: T[]}[]} `day` is local `YYYY-MM-DD`, or '' for takes without a date
 */
export function groupByDay(takes) {
  /** @type {Map<string, T[]>} */
  const days = new Map();
  for (const take of takes) {
    const day = dayOf(take.created);
    days.set(day, [...(days.get(day) ?? []), take]);
  }
  return [...days].map(([day, list]) => ({ day, takes: list }));
}

/**
 * @param {string|number|Date} moment
 * @returns {string}
 */
export function dayOf(moment) {
  const date = new Date(moment);
  if (Number.isNaN(date.getTime())) return '';
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/**
 * `Today`, `Yesterday`, then the date, with the year only where it is another one.
 * @param {string} day `YYYY-MM-DD`
 * @param {Date} now
 * @param {string} locale
 * @returns {string}
 */
export function dayName(day, now, locale) {
  if (!day) return '—';
  const [year, month, date] = day.split('-').map(Number);
  const noon = new Date(year, month - 1, date, 12);
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate(), 12);
  const apart = Math.round((noon.getTime() - today.getTime()) / 86_400_000);
  if (apart === 0 || apart === -1) {
    return capital(new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(apart, 'day'), locale);
  }
  return capital(new Intl.DateTimeFormat(locale, {
    weekday: 'long', day: 'numeric', month: 'long', ...(year === now.getFullYear() ? {} : { year: 'numeric' }),
  }).format(noon), locale);
}

/**
 * @param {string} text
 * @param {string} locale
 */
function capital(text, locale) {
  return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);
}
