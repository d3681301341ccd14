// Keeps a described voice: speaks one reference line with it; that take becomes the recording of a new personality.

/**
 * @param {any} ctx
 * @param {string} description
 * @returns {Promise<any>} the personality
 */
export async function lockVoice({ api, t, i18n }, description) {
  const language = i18n.locale();
  const text = t('design.referenceLine'); // about eight seconds
  const take = await api.post('/api/generate', { text, voice: { kind: 'designed', description }, language });
  return api.post('/api/personality', { name: nameOf(description), description, language, take: take.id });
}

/**
 * The first few words of a description, as a name.
 * @param {string} description
 */
export function nameOf(description) {
  const start = description.split(/[,.;:，。；：\n]/)[0].trim() || description.trim();
  const short = start.length > 40 ? `${start.slice(0, 39).trimEnd()}…` : start;
  return short.charAt(0).toUpperCase() + short.slice(1);
}
