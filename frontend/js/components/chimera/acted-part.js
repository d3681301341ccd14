// The feeling: which one, the words it is acted with, and who acts it.

import { fill, h, icon, redraw } from '../../dom.js';
import { learnReadings, readingFor } from '../builder/readings.js';
import { emotionPill } from '../emotion-pill.js';
import { soundOffer } from '../sound-offer.js';
import { field, recordingCard } from './pieces.js';

/**
 * @param {any} ctx
 * @param {ReturnType<typeof import('../../chimera-room.js').createChimeraRoom>} room
 */
export function actedPart(ctx, room) {
  const { t, store } = ctx;
  const moods = h('div.row.-wrap.moods', { role: 'group', 'aria-label': t('chimera.acted.emotion') });
  const text = h('textarea.input#chimera-text', { rows: 3, maxlength: 600, oninput: () => room.choose({ text: text.value }) });
  const language = h('select.input#chimera-language', { onchange: () => { room.choose({ language: language.value }); learn(); } });
  const actor = h('select.input#chimera-actor', { onchange: () => room.choose({ actor: actor.value }), 'aria-describedby': 'chimera-actor-hint' });
  const hint = h('p.field-hint#chimera-actor-hint');
  const words = h('textarea.input#chimera-description', { rows: 2, maxlength: 2000, placeholder: t('design.placeholder'), onchange: () => room.choose({ description: words.value }) });
  const describe = field('chimera-description', t('chimera.acted.description'), words);
  const spoken = h('div.stack', null, field('chimera-text', t('chimera.acted.text'), text));
  const offer = soundOffer(ctx, { title: t('chimera.acted.drop'), hint: t('chimera.acted.dropHint'), onFile: (file) => { room.bring('acted', file); card.focus(); }, name: 'chimera-acted' });
  const card = recordingCard(ctx, { onOther: () => { room.bring('acted', null); offer.focus(); } });
  const said = h('textarea.input#chimera-acted-transcript', { rows: 2, maxlength: 5000, placeholder: t('chimera.own.wordsHint'), onchange: () => room.choose({ actedTranscript: said.value }) });
  const brought = h('div.stack', null, card.el, field('chimera-acted-transcript', t('chimera.own.words'), said));
  const file = h('div', null, offer.el, brought);
  const el = h('section.glass.chimera-part.-acted', { 'aria-label': t('chimera.acted.title') }, h('header', null, h('span.letter', { 'aria-hidden': true }), h('h2', null, t('chimera.acted.title'))),
    moods, h('div.pair', null, h('div', null, field('chimera-actor', t('chimera.acted.actor'), actor), hint), field('chimera-language', t('builder.who.language'), language)), describe, spoken, file);
  const letter = /** @type {HTMLElement} */ (el.querySelector('.letter'));

  async function learn() {
    await learnReadings(now().language);
    update();
  }

  /** What will be asked: the written line, else the one suggested for this mood. */
  function now() {
    const { wish } = room;
    const voice = store.get().personalities?.find((/** @type {any} */ one) => wish.from === 'saved' && one.id === wish.personality);
    const code = wish.language || voice?.language || ctx.i18n.locale();
    return { language: code, text: (wish.text.trim() && wish.text) || readingFor(code, wish.emotion) };
  }

  function update() {
    const { wish, files } = room;
    const { catalog } = store.get();
    const { emoji, colour } = ctx.emotion(wish.emotion);
    el.style.setProperty('--emotion', colour);
    redraw(letter, emoji, () => emoji);
    const names = [...new Set([...(catalog?.emotions ?? []).map((/** @type {any} */ one) => one.name), wish.emotion])];
    redraw(moods, `${names.join()} ${Boolean(catalog)}`, () => names.map((name) => emotionPill(ctx, name, { onclick: () => room.choose({ emotion: name }) })));
    for (const pill of moods.querySelectorAll('.emotion-pill')) pill.setAttribute('aria-pressed', String(pill.dataset.emotion === wish.emotion));
    redraw(actor, catalog, () => actors(ctx, catalog));
    actor.value = [...actor.options].some(({ value }) => value === wish.actor) ? wish.actor : 'auto';
    hint.textContent = t(`chimera.acted.hints.${['auto', 'own', 'words', 'file'].includes(actor.value) ? actor.value : 'speaker'}`);
    redraw(language, catalog, () => (catalog?.languages ?? []).map((/** @type {any} */ { code, native }) => h('option', { value: code, lang: code }, native)));
    const { language: code, text: line } = now();
    language.value = code;
    describe.hidden = actor.value !== 'words';
    spoken.hidden = actor.value === 'file';
    language.parentElement.hidden = actor.value === 'file';
    file.hidden = actor.value !== 'file';
    offer.el.hidden = Boolean(files.acted);
    brought.hidden = !files.acted;
    card.update(files.acted);
    if (document.activeElement !== text) text.value = line;
    if (document.activeElement !== words) words.value = wish.description;
    if (document.activeElement !== said) said.value = wish.actedTranscript;
  }

  learn();
  return {
    el, update, now, learn, end: () => { offer.end(); card.end(); },
    /** Which field still wants something, if any. */
    lacking() {
      if (room.wish.actor === 'file') return room.files.acted ? null : /** @type {HTMLElement | null} */ (offer.el.querySelector('.offers button'));
      if (room.wish.actor === 'words' && !room.wish.description.trim()) return words;
      return now().text.trim() ? null : text;
    },
  };
}

/** @param {any} ctx @param {any} catalog */
function actors({ t }, catalog) {
  const option = (/** @type {string} */ value, /** @type {string} */ words) => h('option', { value }, words);
  const speakers = h('optgroup', { label: t('chimera.acted.speakers') });
  fill(speakers, (catalog?.speakers ?? []).map((/** @type {any} */ one) => option(one.id, one.name)));
  return [...['auto', 'own', 'words', 'file'].map((name) => option(name, t(`chimera.acted.actors.${name}`))), speakers];
}
