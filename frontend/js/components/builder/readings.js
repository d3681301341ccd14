// Which line to read aloud for an emotion; the lines of a language are fetched when they are first wanted.

const WRITTEN = ['en', 'it', 'zh', 'ru'];

/** @type {Record<string, Record<string, string>>} */
const known = {};

/**
 * Fetches the lines of a language, if there are any.
 * @param {string} language
 */
export async function learnReadings(language) {
  if (WRITTEN.includes(language)) known[language] ??= (await import(`./readings/${language}.js`)).default;
}

/**
 * @param {string} language
 * @param {string} emotion
 * @returns {string} '' where nobody has written one
 */
export function readingFor(language, emotion) {
  return known[language]?.[emotion] ?? '';
}
