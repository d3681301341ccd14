// Which engine speaks for which kind of voice, as the studio told it.

/** The kind of voice behind each tab, and the model of Qwen3-TTS that speaks it. */
const KINDS = /** @type {const} */ ({ base: ['cloned', 'Base'], custom: ['preset', 'CustomVoice'], design: ['designed', 'VoiceDesign'] });

/**
 * @param {any} catalog
 * @param {import('./draft.js').Tab} tab
 * @returns {string} name of the engine; the preview voice where nothing is known
 */
export function engineFor(catalog, tab) {
  return catalog?.engine_for?.[KINDS[tab][0]] ?? catalog?.engine_auto ?? 'preview';
}

/**
 * @param {any} catalog
 * @param {import('./draft.js').Tab} tab
 */
export function standsIn(catalog, tab) {
  return engineFor(catalog, tab) === 'preview';
}

/** @param {import('./draft.js').Tab} tab */
export function modelOf(tab) {
  return KINDS[tab][1];
}
