// Whose voice it shall be: a recording of a saved voice, or a new one, dropped or made here.

import { h, icon, redraw } from '../../dom.js';
import { inOrder } from '../../emotion-order.js';
import { soundOffer, takesDrops } from '../sound-offer.js';
import { choice, field, recordingCard } from './pieces.js';

/**
 * @param {any} ctx
 * @param {ReturnType<typeof import('../../chimera-room.js').createChimeraRoom>} room
 */
export function ownPart(ctx, room) {
  const { t, store } = ctx;
  const who = h('select.input#chimera-who', { onchange: () => room.choose({ personality: who.value, userEmotion: 'neutral' }) });
  const mood = h('select.input#chimera-mood', { onchange: () => room.choose({ userEmotion: mood.value }) });
  const hear = h('button.button.-round#chimera-hear', { type: 'button', 'aria-label': t('chimera.own.hear'), onclick: listen }, icon('play', '-small'));
  const saved = h('div.saved-voice', null, field('chimera-who', t('chimera.own.voice'), who), field('chimera-mood', t('chimera.own.mood'), mood), hear);
  const from = choice(ctx, { name: 'chimera-from', label: t('chimera.own.title'), onChoose: (value) => room.choose({ from: value }), choices: [['saved', t('chimera.own.saved')], ['file', t('chimera.own.file')]] });
  const offer = soundOffer(ctx, { title: t('chimera.own.drop'), hint: t('chimera.own.dropHint'), onFile: take, name: 'chimera' });
  const words = h('textarea.input#chimera-transcript', { rows: 2, maxlength: 5000, placeholder: t('chimera.own.wordsHint'), onchange: () => room.choose({ transcript: words.value }) });
  const card = recordingCard(ctx, { onOther: () => { room.bring('own', null); offer.focus(); } });
  const brought = h('div.stack', null, card.el, field('chimera-transcript', t('chimera.own.words'), words));
  const file = h('div', null, offer.el, brought);
  const el = h('section.glass.chimera-part.-own', { 'aria-label': t('chimera.own.title') }, h('header', null, h('span.letter', { 'aria-hidden': true }, icon('mic', '-small')), h('h2', null, t('chimera.own.title'))), from.el, saved, file);
  takesDrops(el, take);

  /** @param {File} file */
  function take(file) {
    room.choose({ from: 'file', transcript: '' });
    room.bring('own', file);
    card.focus();
  }

  /** @returns {any[]} */
  const voices = () => (store.get().personalities ?? []).filter((/** @type {any} */ one) => Object.keys(one.emotions).length);
  const chosen = () => voices().find((/** @type {any} */ one) => one.id === room.wish.personality);

  /** @returns {'saved' | 'file'} */
  const source = () => (voices().length ? room.wish.from : 'file');

  function listen() {
    const voice = chosen();
    const entry = voice?.emotions[mood.value];
    if (!entry) return;
    const title = t('player.reference', { name: voice.name, emotion: ctx.emotion(mood.value).label });
    ctx.player.load({ url: `${entry.url}?file=${encodeURIComponent(entry.file)}`, duration: entry.duration, peaks: entry.peaks, title, segments: [{ start: 0, end: entry.duration, emotion: mood.value, text: entry.transcript || title, voice: voice.name }] }, { autoplay: true });
  }

  function update() {
    const { wish, files } = room;
    const list = voices();
    if (list.length && !chosen()) room.choose({ personality: list[0].id, userEmotion: 'neutral' });
    const mode = source();
    from.el.hidden = !list.length;
    from.update(mode);
    saved.hidden = mode !== 'saved';
    file.hidden = mode !== 'file';
    offer.el.hidden = Boolean(files.own);
    brought.hidden = !files.own;
    card.update(files.own);
    if (document.activeElement !== words) words.value = wish.transcript;
    redraw(who, JSON.stringify(list.map(({ id, name }) => [id, name])), () => list.map(({ id, name }) => h('option', { value: id }, name)));
    who.value = wish.personality;
    const names = inOrder(Object.keys(chosen()?.emotions ?? {}), store.get().catalog?.emotions ?? []);
    redraw(mood, `${wish.personality} ${names.join()}`, () => names.map((name) => h('option', { value: name }, `${ctx.emotion(name).emoji} ${ctx.emotion(name).label}`)));
    mood.value = names.includes(wish.userEmotion) ? wish.userEmotion : names[0] ?? '';
  }

  return {
    el, update, end: () => { offer.end(); card.end(); },
    source,
    /** Whether something is there to begin with. */
    ready: () => Boolean(source() === 'saved' ? chosen() : room.files.own),
  };
}
