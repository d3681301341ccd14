// The panel of preset speakers: nine voices to hear and choose, and a style in words.

import { fill, h, icon } from '../dom.js';
import { standsIn } from '../engines.js';
import { voiceCard } from './voice-card.js';

/**
 * @param {any} ctx
 * @param {{edit: (patch: any) => void}} props
 */
export function panelCustom(ctx, { edit }) {
  const { t, store } = ctx;
  const grid = h('div.voice-grid', { role: 'group', 'aria-label': t('custom.speakers') });
  const style = h('input.input#style-input', { placeholder: t('custom.stylePlaceholder'), maxlength: 2000, 'aria-label': t('custom.style'), oninput: () => edit({ style: style.value }) });
  const note = h('p.small.faint.stand-in', null);
  const el = h('div.stack', null, grid, style, note);
  /** @type {Map<string, ReturnType<typeof voiceCard>>} */
  const cards = new Map();
  /** @type {HTMLElement | undefined} */
  let near;

  /** @param {any} speaker */
  function add(speaker) {
    const card = voiceCard(ctx, {
      name: speaker.name, line: about(ctx, speaker), title: speaker.description, chosen: false,
      onChoose: () => edit({ speaker: speaker.id }),
      sample: () => ({ text: t('voice.sampleLine'), voice: { kind: 'preset', speaker: speaker.id }, language: ctx.i18n.locale() }),
    });
    cards.set(speaker.id, card);
    return card.el;
  }

  /** On a phone the speakers lie in one row: the chosen one is brought into sight. @param {HTMLElement} [card] */
  function bringNear(card) {
    if (!card || card === near || grid.scrollWidth <= grid.clientWidth) return;
    near = card;
    grid.scrollLeft = card.offsetLeft - (grid.clientWidth - card.offsetWidth) / 2;
  }

  function update() {
    const { catalog, draft } = store.get();
    if (catalog && !cards.size) {
      fill(grid, catalog.speakers.map(add));
      if (!draft.speaker) edit({ speaker: firstSpeaker(catalog.speakers, ctx.i18n.locale()) });
    }
    if (!catalog && !grid.children.length) fill(grid, Array.from({ length: 9 }, () => h('div.voice-card.-ghost')));
    cards.forEach((card, id) => card.setChosen(id === draft.speaker));
    bringNear(cards.get(draft.speaker)?.el);
    if (style.value !== draft.style) style.value = draft.style;
    const standIn = Boolean(catalog) && standsIn(catalog, 'custom');
    note.hidden = !standIn;
    if (standIn && !note.children.length) fill(note, icon('info', '-small'), t('custom.standIn'));
  }

  return { el, update, unmount: () => cards.forEach((card) => card.unmount()) };
}

/**
 * Somebody is chosen from the start, so that one press speaks: a native of the reader's language, else of English.
 * @param {{id: string, language: string}[]} speakers
 * @param {string} locale
 */
export function firstSpeaker(speakers, locale) {
  const native = (/** @type {string} */ language) => speakers.find((speaker) => speaker.language === language)?.id;
  return native(locale) ?? native('en') ?? speakers[0]?.id ?? '';
}

/**
 * "Female · young · Chinese", in the reader's language.
 * @param {any} ctx
 * @param {any} speaker
 */
function about({ t, i18n }, { sex, age, language }) {
  const names = new Intl.DisplayNames(i18n.locale(), { type: 'language' });
  return [t(`custom.${sex}.${age}`), names.of(language)].join(' · ');
}
