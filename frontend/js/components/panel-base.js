// The panel of saved voices: personalities with their emotions; where there is none yet, what one is and how to make it.

import { fill, h, icon } from '../dom.js';
import { emotionPill } from './emotion-pill.js';
import { voiceCard } from './voice-card.js';

/**
 * @param {any} ctx
 * @param {{edit: (patch: any) => void, insertTag: (emotion: string) => void}} props
 */
export function panelBase(ctx, { edit, insertTag }) {
  const { t, store } = ctx;
  const el = h('div.personalities');
  /** @type {Map<string, ReturnType<typeof voiceCard>>} */
  let cards = new Map();
  /** @type {any[]} */
  let drawn = [];

  /** @param {any} personality */
  function card(personality) {
    const { id, name, language, emotions } = personality;
    const names = Object.keys(emotions);
    const tag = (/** @type {string} */ emotion) => { edit({ personality: id }); insertTag(emotion); };
    const made = voiceCard(ctx, {
      name, line: names.length ? t('base.emotions', { count: names.length }) : t('base.noEmotions'), chosen: false, title: personality.description,
      onChoose: () => edit({ personality: id }),
      onEdit: () => ctx.buildPersonality({ id, onSaved: () => ctx.refresh.personalities() }),
      sample: () => ({ text: t('voice.sampleLine'), voice: { kind: 'personality', personality: id }, language: language || ctx.i18n.locale() }),
      extra: h('div.chips', null, names.map((emotion) => emotionPill(ctx, emotion, { onclick: () => tag(emotion), title: t('script.insert') }))),
    });
    cards.set(id, made);
    return made.el;
  }

  function draw() {
    cards.forEach((one) => one.unmount());
    cards = new Map();
    const { personalities } = store.get();
    el.classList.toggle('-empty', personalities?.length === 0);
    if (!personalities) return fill(el, Array.from({ length: 2 }, () => h('div.voice-card.-ghost')));
    return fill(el, personalities.length ? [personalities.map(card), addCard(t, build)] : empty(t, build));
  }

  function build() {
    ctx.buildPersonality({ onSaved: (/** @type {any} */ saved) => {
      ctx.refresh.personalities();
      if (saved?.id) edit({ personality: saved.id });
    } });
  }

  function update() {
    const { personalities, catalog, draft } = store.get();
    const facts = [personalities, catalog]; // the catalog has the signs and colours of the emotions
    if (facts.some((fact, i) => fact !== drawn[i]) || !el.children.length) draw();
    drawn = facts;
    cards.forEach((one, id) => one.setChosen(id === draft.personality));
  }

  return { el, update, unmount: () => cards.forEach((one) => one.unmount()) };
}

/** @param {any} t @param {() => void} build */
function addCard(t, build) {
  return h('button.voice-card.-add', { type: 'button', onclick: build }, icon('plus'), h('span', null, t('base.new')));
}

/** @param {any} t @param {() => void} build */
function empty(t, build) {
  return h('div.empty.-aside', null, icon('mic', '-large'), h('div.grow', null, h('h3', null, t('base.emptyTitle')), h('p.small', null, t('base.empty'))),
    h('button.button.-primary', { type: 'button', onclick: build }, icon('plus'), t('base.build')));
}
