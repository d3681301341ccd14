// What the reader has typed and chosen, kept through a reload.

/**
 * @typedef {'base' | 'custom' | 'design'} Tab
 * @typedef {{tab: Tab, text: string, personality: string, speaker: string, style: string, description: string,
 *   language: string, speed: number, pitch: number, format: string, seed: string, matchStrength: number | null, verify: 'auto' | 'full' | 'off', listen: boolean}} Draft
 */
const KEY = 'studio.draft';

/** @type {Draft} */
export const EMPTY_DRAFT = {
  tab: 'custom', text: '', personality: '', speaker: '', style: '', description: '',
  language: 'auto', speed: 1, pitch: 0, format: 'wav', seed: '', matchStrength: null, verify: 'auto', listen: false,
};

/**
 * @param {Pick<Storage, 'getItem'>} storage
 * @returns {Draft}
 */
export function loadDraft(storage) {
  try {
    const stored = JSON.parse(storage.getItem(KEY) ?? '{}');
    const known = Object.entries(stored).filter(([name, value]) => name in EMPTY_DRAFT && sameKind(value, /** @type {any} */ (EMPTY_DRAFT)[name]));
    return { ...EMPTY_DRAFT, ...Object.fromEntries(known) };
  } catch {
    return { ...EMPTY_DRAFT }; // an older or broken draft is no reason not to start
  }
}

/**
 * @param {any} value
 * @param {any} example
 */
function sameKind(value, example) {
  return typeof value === typeof example || (example === null && (value === null || typeof value === 'number'));
}

/**
 * @param {Pick<Storage, 'setItem'>} storage
 * @param {Draft} draft
 */
export function saveDraft(storage, draft) {
  try {
    storage.setItem(KEY, JSON.stringify(draft));
  } catch {
    // the store of the browser is full or closed: the draft lives on in this page
  }
}

/**
 * The request that a draft asks for.
 * @param {Draft} draft
 */
export function requestOf(draft) {
  const seed = Number.parseInt(draft.seed, 10);
  return {
    text: draft.text,
    voice: voiceOf(draft),
    language: draft.language,
    format: draft.format,
    speed: draft.speed,
    pitch: draft.pitch,
    seed: Number.isInteger(seed) && seed >= 0 ? seed : null,
    match_strength: draft.matchStrength,
    verify: draft.verify,
    stream_audio: draft.listen,
  };
}

/**
 * @param {Draft} draft
 * @returns {Record<string, string> | null} null where nothing is chosen yet
 */
export function voiceOf(draft) {
  if (draft.tab === 'base') return draft.personality ? { kind: 'personality', personality: draft.personality } : null;
  if (draft.tab === 'custom') return draft.speaker ? { kind: 'preset', speaker: draft.speaker, style: draft.style } : null;
  return draft.description.trim() ? { kind: 'designed', description: draft.description.trim() } : null;
}
