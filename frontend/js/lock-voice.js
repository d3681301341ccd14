// Keeps a described voice: speaks one reference line with it and saves that as the neutral emotion of a new personality.

/**
 * @param {any} ctx
 * @param {string} description
 * @returns {Promise<any>} the personality
 */
export async function lockVoice({ api, t, i18n }, description) {
  const language = i18n.locale();
  const line = t('design.referenceLine'); // about eight seconds
  const recording = await api.speak({ text: line, voice: { kind: 'designed', description }, language });
  const personality = await api.post('/api/personality', { name: nameOf(description), description, language });
  const form = new FormData();
  form.set('audio', recording, 'designed.wav');
  form.set('transcript', line);
  try {
    return await api.form('PUT', `/api/personality/${personality.id}/emotions/neutral`, form);
  } catch (error) {
    await api.delete(`/api/personality/${personality.id}`).catch(() => {}); // half a voice is worse than none
    throw error;
  }
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
