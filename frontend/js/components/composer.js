// The composer: which voice, the script, what is rarely changed, and the one button to speak.

import { h, icon, redraw, setText } from '../dom.js';
import { requestOf, voiceOf } from '../draft.js';
import { engineLine } from './engine-line.js';
import { isBusy } from '../performance.js';
import { moreOptions } from './more-options.js';
import { scriptSheet } from './script-sheet.js';
import { voiceChooser } from './voice-chooser.js';

const SIDE_BY_SIDE = 1100; // CSS pixels from which the performance stands beside the composer

/**
 * Whether a performance began before the studio said what its script becomes, and now it has.
 * @param {import('../performance.js').Performance} performance
 * @param {any} draft
 * @param {any[]} segments of the draft
 */
function lacksWords({ parts, request, redoing }, draft, segments) {
  return redoing === null && segments.length > 0 && request?.text === draft.text && parts.every((part) => !part.text);
}

/** @param {any} ctx */
export function composer(ctx) {
  const { t, store } = ctx;
  const edit = (/** @type {any} */ patch) => store.set({ draft: { ...store.get().draft, ...patch } });
  const sheet = scriptSheet(ctx, { edit });
  const chooser = voiceChooser(ctx, { edit, insertTag: sheet.insertTag });
  const more = moreOptions(ctx, { edit });
  const fault = h('p.field-error#speak-fault', { role: 'alert', hidden: true });
  const button = h('button.button.-primary.-large#speak-button', { type: 'button', title: 'Ctrl + Enter', onclick: speak });
  const listen = h('input.switch#listen', { type: 'checkbox', role: 'switch', onchange: toggleListening });
  const live = h('label.live', { for: 'listen', title: t('speak.listen') }, listen, icon('headphones'), h('span', null, t('speak.listenShort')));
  const engine = engineLine(ctx);
  const el = h('section.composer.glass', { 'aria-label': t('speak.composer') }, chooser.parts, sheet.el,
    h('div.composer-foot', null, more.button, more.el, engine.el, fault, live, button));

  function toggleListening() {
    edit({ listen: listen.checked });
    if (!listen.checked) ctx.live?.stop();
  }

  /** What is missing before it can speak: a sentence and where to put the focus. */
  function missing() {
    const { draft } = store.get();
    if (!voiceOf(draft)) return { words: t(`speak.missing.${draft.tab}`), at: el.querySelector(`#panel-${draft.tab} :is(button.choose, textarea, .button)`) };
    return draft.text.trim() ? null : { words: t('speak.missing.text'), at: sheet.input };
  }

  function speak() {
    if (isBusy(store.get().performance)) return;
    const lacking = missing();
    fault.hidden = !lacking;
    setText(fault, lacking?.words ?? '');
    if (lacking) return void (/** @type {HTMLElement | null} */ (lacking.at)?.focus());
    ctx.auditions.stop();
    ctx.generate(requestOf(store.get().draft), { parts: sheet.segments() });
    if (innerWidth < SIDE_BY_SIDE) document.querySelector('#performance')?.scrollIntoView({ behavior: 'smooth', block: 'start' });
  }

  function update() {
    const { draft, performance, personalities } = store.get();
    const busy = isBusy(performance);
    if (busy && lacksWords(performance, draft, sheet.segments())) store.set({ performance: { ...performance, parts: sheet.segments() } });
    if (!missing()) fault.hidden = true;
    chooser.update();
    sheet.update();
    more.update();
    engine.update();
    listen.checked = draft.listen;
    button.setAttribute('aria-disabled', String(busy)); // `disabled` would drop the focus
    // with no voice yet, building one is the one thing to do next
    button.classList.toggle('-primary', !(draft.tab === 'base' && personalities?.length === 0));
    redraw(button, busy, () => [icon(busy ? 'mark' : 'play'), t(busy ? 'speak.speaking' : 'speak.speak')]);
  }

  return { el, update, speak, unmount: () => { sheet.unmount(); chooser.unmount(); } };
}
