// Settings of an old take put back into the composer: a request turned into a draft. Pure but for `reuse`.

import { EMPTY_DRAFT } from './draft.js';

/**
 * @param {any} request as docs/api.md
 * @param {string} [text] what was said, where the request does not tell
 * @returns {Partial<import('./draft.js').Draft>}
 */
export function draftOf(request, text = '') {
  const { voice = {} } = request ?? {};
  const kept = {
    text: request?.text ?? text,
    language: request?.language ?? EMPTY_DRAFT.language,
    speed: request?.speed ?? EMPTY_DRAFT.speed,
    pitch: request?.pitch ?? EMPTY_DRAFT.pitch,
    format: request?.format ?? EMPTY_DRAFT.format,
    seed: Number.isInteger(request?.seed) ? String(request.seed) : '',
    matchStrength: request?.match_strength ?? null,
    verify: request?.verify ?? EMPTY_DRAFT.verify,
  };
  if (voice.kind === 'personality') return { ...kept, tab: 'base', personality: voice.personality };
  if (voice.kind === 'preset') return { ...kept, tab: 'custom', speaker: voice.speaker, style: voice.style ?? '' };
  if (voice.kind === 'designed') return { ...kept, tab: 'design', description: voice.description };
  return kept;
}

/**
 * Fills the composer and shows it; answers how to get back what stood there.
 * @param {any} ctx
 * @param {any} request
 * @param {string} [text]
 * @returns {() => void}
 */
export function reuse(ctx, request, text) {
  const before = ctx.store.get().draft;
  ctx.store.set({ draft: { ...before, ...draftOf(request, text) } });
  ctx.router.go('speak');
  return () => {
    ctx.store.set({ draft: before });
    ctx.router.go('speak');
  };
}
