// The composer: which voice, the script, what is rarely changed, and the one button to speak.

import { fill, h, icon } from '../dom.js';
import { requestOf, voiceOf } from '../draft.js';
import { isBusy } from '../performance.js';
import { emotionPalette } from './emotion-palette.js';
import { moreOptions } from './more-options.js';
import { panelBase } from './panel-base.js';
import { panelCustom } from './panel-custom.js';
import { panelDesign } from './panel-design.js';
import { scriptEditor } from './script-editor.js';
import { scriptFacts } from './script-facts.js';
import { scriptPreview, scriptVocabulary, tagChoices } from '../script-vocabulary.js';
import { tabs } from './tabs.js';

/** @type {any[]} */
const NOTHING = [];

/** @param {any} ctx */
export function composer(ctx) {
  const { t, store } = ctx;
  const edit = (/** @type {any} */ patch) => store.set({ draft: { ...store.get().draft, ...patch } });
  const preview = scriptPreview(ctx, drawFacts);
  const editor = scriptEditor(ctx, {
    label: t('script.label'), placeholder: t('script.placeholder'), describedBy: 'script-facts',
    onInput: (text) => edit({ text }), vocabulary: () => scriptVocabulary(store.get()), choices: () => tagChoices(ctx),
  });
  const palette = emotionPalette(ctx, { insert: editor.insert });
  const insertTag = (/** @type {string} */ emotion) => editor.insert(`[${emotion}]`);
  const panels = { base: panelBase(ctx, { edit, insertTag }), custom: panelCustom(ctx, { edit }), design: panelDesign(ctx, { edit }) };
  const facts = scriptFacts(ctx, { onFix: (tag, replacement) => editor.replace(tag.start, tag.end, replacement) });
  const more = moreOptions(ctx, { edit });
  const fault = h('p.field-error#speak-fault', { role: 'alert', hidden: true });
  const speakButton = h('button.button.-primary.-large#speak-button', { type: 'button', title: 'Ctrl + Enter', onclick: speak });
  const chooser = tabs({
    label: t('speak.voice'), onChange: (name) => ctx.switchTab(name),
    tabs: [
      { name: 'base', label: t('speak.base'), icon: 'mic', panel: h('div.panel', null, panels.base.el) },
      { name: 'custom', label: t('speak.custom'), icon: 'user', panel: h('div.panel', null, panels.custom.el) },
      { name: 'design', label: t('speak.design'), icon: 'describe', panel: h('div.panel', null, panels.design.el) },
    ],
  });
  const el = h('section.composer.glass', { 'aria-label': t('speak.composer') }, chooser.el,
    Object.values(panels).map((panel) => panel.el.parentElement),
    h('div.sheet', null, palette.el, editor.el, facts.el),
    h('div.composer-foot', null, more.button, more.el, fault, speakButton));

  function drawFacts() {
    facts.update(preview.current(), store.get().catalog?.limits.text ?? Infinity);
    store.set({ planned: preview.current()?.segments ?? NOTHING });
  }

  /** What is missing before it can speak: a sentence and where to put the focus. */
  function missing() {
    const { draft } = store.get();
    if (!voiceOf(draft)) return { words: t(`speak.missing.${draft.tab}`), at: el.querySelector(`#panel-${draft.tab} :is(button.choose, textarea, .button)`) };
    if (!draft.text.trim()) return { words: t('speak.missing.text'), at: editor.input };
    return null;
  }

  function speak() {
    if (isBusy(store.get().performance)) return;
    const lacking = missing();
    fault.hidden = !lacking;
    fill(fault, lacking?.words);
    if (lacking) return void (/** @type {HTMLElement | null} */ (lacking.at)?.focus());
    ctx.auditions.stop();
    ctx.generate(requestOf(store.get().draft), { parts: preview.current()?.segments ?? [] });
    if (innerWidth < 1100) document.querySelector('#performance')?.scrollIntoView({ behavior: 'smooth', block: 'start' });
  }

  function update() {
    const { draft, performance } = store.get();
    if (!missing()) fault.hidden = true;
    chooser.update(draft.tab);
    Object.values(panels).forEach((panel) => panel.update());
    editor.set(draft.text);
    palette.update();
    more.update();
    preview.ask();
    drawFacts();
    const busy = isBusy(performance);
    speakButton.setAttribute('aria-disabled', String(busy)); // `disabled` would drop the focus
    // with no voice yet, building one is the one thing to do next
    speakButton.classList.toggle('-primary', !(draft.tab === 'base' && store.get().personalities?.length === 0));
    fill(speakButton, icon(busy ? 'mark' : 'play'), t(busy ? 'speak.speaking' : 'speak.speak'));
  }

  return { el, update, speak, unmount: () => { preview.stop(); Object.values(panels).forEach((panel) => panel.unmount()); } };
}
