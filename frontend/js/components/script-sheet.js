// The sheet to write on: emotions above, the script, and beneath it what the script will become.

import { h } from '../dom.js';
import { scriptPreview, scriptVocabulary, tagChoices } from '../script-vocabulary.js';
import { emotionPalette } from './emotion-palette.js';
import { scriptEditor } from './script-editor.js';
import { scriptFacts } from './script-facts.js';

/** @type {any[]} */
const NOTHING = [];

/**
 * @param {any} ctx
 * @param {{edit: (patch: any) => void}} props
 */
export function scriptSheet(ctx, { edit }) {
  const { t, store } = ctx;
  const preview = scriptPreview(ctx, drawFacts);
  const editor = scriptEditor(ctx, {
    label: t('script.label'), placeholder: t('script.placeholder'), describedBy: 'script-facts',
    onInput: (text) => edit({ text }), vocabulary: () => scriptVocabulary(store.get()), choices: () => tagChoices(ctx),
  });
  const palette = emotionPalette(ctx, { insert: editor.insert });
  const facts = scriptFacts(ctx, { onFix: (tag, replacement) => editor.replace(tag.start, tag.end, replacement) });
  /** Nothing while the studio has not yet answered to what stands there now. */
  const segments = () => (preview.isFresh() && preview.current()?.segments) || NOTHING;

  function drawFacts() {
    facts.update(preview.current(), store.get().catalog?.limits.text ?? Infinity);
    store.set({ planned: segments() });
  }

  function update() {
    editor.set(store.get().draft.text);
    palette.update();
    preview.ask();
    drawFacts();
  }

  return {
    el: h('div.sheet', null, palette.el, editor.el, facts.el), input: editor.input, update, segments, unmount: preview.stop,
    insertTag: (/** @type {string} */ emotion) => editor.insert(`[${emotion}]`),
  };
}
