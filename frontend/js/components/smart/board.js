// The emotions of the voice to be: those that have a clip, and those that still want one. Clips are dropped on both.

import { clock, withUnit } from '../../audio/time.js';
import { drawWaveform } from '../../audio/waveform.js';
import { fill, h, icon, keyed, redraw, setText } from '../../dom.js';
import { inOrder } from '../../emotion-order.js';
import { hear } from './clip-card.js';
import { takesClips } from './dragging.js';

/**
 * @param {any} ctx
 * @param {ReturnType<typeof import('../../smart-room.js').createSmartRoom>} room
 * @param {{onShow: (clip: string) => void}} ways to the card of a clip
 */
export function emotionBoard(ctx, room, { onShow }) {
  const { t } = ctx;
  const count = h('p.small.soft', { role: 'status' });
  const filled = h('ul.filled', { 'aria-label': t('smart.board.filled') });
  const missing = h('ul.wanting', { 'aria-label': t('smart.board.missing') });
  const advice = h('div.advice.small.soft');
  const propose = h('button.button.-small.-plain', { type: 'button', onclick: () => room.arrange(proposal(room)) }, icon('undo', '-small'), t('smart.board.propose'));
  const el = h('section.glass.emotion-board', { 'aria-label': t('builder.slots') }, h('header.row', null, h('div.grow', null, h('h2', null, t('smart.board.title')), count), propose), filled, missing, advice);
  /** @type {Map<string, {el: HTMLElement, update: (clip: any) => void, refresh: () => void}>} */
  const slots = new Map();
  let drawn = false;

  function update() {
    if (!drawn && ctx.store.get().catalog) { // until then emotions have no colours
      drawn = true;
      slots.clear();
      fill(filled);
    }
    const standard = (ctx.store.get().catalog?.emotions ?? []).map((/** @type {any} */ one) => one.name);
    const { placed } = room.desk;
    const clips = new Map((room.sitting?.clips ?? []).map((clip) => [clip.id, clip]));
    const have = inOrder(Object.keys(placed).filter((name) => clips.has(placed[name])), ctx.store.get().catalog?.emotions ?? []);
    const lacks = standard.filter((/** @type {string} */ name) => !have.includes(name));
    setText(count, t('smart.board.count', { count: have.length }));
    propose.hidden = same(placed, proposal(room));
    keyed(filled, have, (name) => name, (name) => {
      const slot = filledSlot(ctx, room, name, { onEmptied: () => focusIn(missing, name), onShow });
      slots.set(name, slot);
      return slot.el;
    }, (_, name) => slots.get(name)?.update(clips.get(placed[name])));
    keyed(missing, lacks, (/** @type {string} */ name) => name, (/** @type {string} */ name) => wantingSlot(ctx, room, name));
    redraw(advice, lacks.length > 0, () => lacks.length > 0 && [icon('info', '-small'), h('p', null, t('smart.board.advice'), ' ', h('a', { href: '#chimera' }, t('smart.board.chimera')))]);
  }

  return { el, update, refresh: () => slots.forEach((slot) => slot.refresh()) };
}

/** @param {any} room @returns {Record<string, string>} */
function proposal({ sitting }) {
  return sitting?.proposed ?? Object.fromEntries((sitting?.clips ?? []).filter((/** @type {any} */ clip) => clip.proposed).map((/** @type {any} */ clip) => [clip.emotion, clip.id]));
}

/** @param {Record<string, string>} a @param {Record<string, string>} b */
function same(a, b) {
  return Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([name, clip]) => b[name] === clip);
}

/** @param {HTMLElement} list @param {string} emotion */
function focusIn(list, emotion) {
  /** @type {HTMLElement | null} */ (list.querySelector(`[data-emotion="${CSS.escape(emotion)}"]`))?.focus();
}

/**
 * @param {any} ctx
 * @param {any} room
 * @param {string} emotion
 * @param {{onEmptied: () => void, onShow: (clip: string) => void}} ways where the focus goes; to the card of the clip
 */
function filledSlot(ctx, room, emotion, { onEmptied, onShow }) {
  const { emoji, label, colour } = ctx.emotion(emotion);
  const canvas = /** @type {HTMLCanvasElement} */ (h('canvas', { 'aria-hidden': true }));
  const facts = h('button.where.small.soft.numbers', { type: 'button', onclick: () => onShow(clip.id) });
  const play = h('button.badge', { type: 'button', onclick: () => hear(ctx, room, clip) }, emoji);
  const out = h('button.button.-plain.-round.-small', { type: 'button', 'aria-label': ctx.t('smart.board.out', { emotion: label }), onclick: () => { room.place(emotion, ''); onEmptied(); } }, icon('close', '-small'));
  const el = h('li.filled-slot', { '--emotion': colour, dataset: { emotion } }, play,
    h('div.about', null, h('div.row', null, h('strong.clip', null, label), facts), canvas), out);
  /** @type {any} */
  let clip = null;
  const draw = () => clip && drawWaveform(canvas, { peaks: clip.peaks ?? [], bar: 2, gap: 2, colours: () => colour });
  new ResizeObserver(draw).observe(canvas);
  takesClips(el, (id) => room.place(emotion, id));

  function refresh() {
    const sounds = ctx.player.playing && ctx.player.current?.url === clip?.audio;
    play.setAttribute('aria-label', ctx.t(sounds ? 'builder.slot.stop' : 'builder.slot.play', { emotion: label }));
    el.classList.toggle('-current', sounds);
  }

  return {
    el, refresh,
    /** @param {any} next */
    update(next) {
      clip = next;
      setText(facts, `${clock(clip.start)} · ${withUnit(clip.end - clip.start, ctx.i18n.locale())}`);
      facts.title = ctx.t('smart.board.show', { time: clock(clip.start) });
      el.title = room.wordsOf(clip);
      refresh();
      draw();
    },
  };
}

/**
 * @param {any} ctx
 * @param {any} room
 * @param {string} emotion
 */
function wantingSlot(ctx, room, emotion) {
  const { emoji, label, colour } = ctx.emotion(emotion);
  const el = h('li.wanting-slot', { '--emotion': colour, tabindex: -1, dataset: { emotion } }, h('span', { 'aria-hidden': true }, emoji), h('span', null, label));
  takesClips(el, (id) => room.place(emotion, id));
  return el;
}
