// The clips of a recording: the whole of it as a coloured wave, ways to narrow the list, and a card for each clip.

import { clock } from '../../audio/time.js';
import { drawWaveform } from '../../audio/waveform.js';
import { fill, h, keyed, redraw } from '../../dom.js';
import { clipAt, clipColours, heardEmotions, shown } from '../../smart-clips.js';
import { emotionPill } from '../emotion-pill.js';
import { quietNotices } from '../notices.js';
import { clipCard } from './clip-card.js';

/**
 * @param {any} ctx
 * @param {ReturnType<typeof import('../../smart-room.js').createSmartRoom>} room
 */
export function clipList(ctx, room) {
  const { t } = ctx;
  const title = h('h2', { tabindex: -1 });
  const facts = h('p.small.soft.numbers');
  const canvas = /** @type {HTMLCanvasElement} */ (h('canvas.whole', { 'aria-hidden': true, onclick: pointed }));
  const filters = h('div.filters', { role: 'group', 'aria-label': t('smart.narrow') });
  const order = h('select.input', { 'aria-label': t('smart.order.name'), onchange: () => narrow({ order: order.value }) }, ['time', 'best'].map((one) => h('option', { value: one }, t(`smart.order.${one}`))));
  const speaker = h('select.input', { 'aria-label': t('smart.speaker.name'), onchange: () => narrow({ speaker: speaker.value === 'all' ? '' : speaker.value }) });
  const notices = h('div');
  const list = h('ul.clips', { 'aria-label': t('smart.clips') });
  const el = h('section.glass.clip-list', null, h('header', null, h('div.grow', null, title, facts), speaker, order), canvas, filters, notices, list);
  /** @type {Map<string, ReturnType<typeof clipCard>>} */
  const cards = new Map();
  let wish = { order: 'time', emotion: '', speaker: '' };
  let session = ''; // what the list was drawn for

  /** @param {Partial<typeof wish>} patch */
  function narrow(patch) {
    wish = { ...wish, ...patch };
    update();
  }

  /** @param {MouseEvent} event */
  function pointed(event) {
    const { left, width } = canvas.getBoundingClientRect();
    const clip = clipAt(room.sitting?.clips ?? [], ((event.clientX - left) / width) * (room.sitting?.duration ?? 0));
    if (clip) show(clip.id);
  }

  /** @param {string} clip id; the list is widened where it leaves this one out */
  function show(clip) {
    if (!cards.has(clip)) narrow({ emotion: '', speaker: '' });
    cards.get(clip)?.show();
  }

  function draw() {
    const { sitting } = room;
    if (!sitting) return;
    const colours = clipColours(sitting.clips, sitting.duration, (clip) => ctx.emotion(clip.emotion || 'neutral').colour, getComputedStyle(canvas).color);
    drawWaveform(canvas, { peaks: sitting.peaks, bar: 2, gap: 1, colours });
  }
  new ResizeObserver(draw).observe(canvas);

  function update() {
    const { sitting, desk } = room;
    if (!sitting) return;
    const drawn = `${sitting.session} ${Boolean(ctx.store.get().catalog)}`; // without the catalog emotions have no colours
    if (drawn !== session) {
      session = drawn;
      wish = { order: wish.order, emotion: '', speaker: '' };
      cards.clear();
      fill(list);
    }
    title.textContent = t('smart.found', { count: sitting.clips.length });
    facts.textContent = factsOf(ctx, sitting);
    redraw(notices, sitting, () => quietNotices(ctx, sitting.notices ?? []));
    redraw(filters, `${session} ${wish.emotion}`, () => filterChips(sitting.clips));
    redraw(speaker, session, () => [h('option', { value: 'all' }, t('smart.speaker.all')), Array.from({ length: sitting.speakers ?? 0 }, (_, i) => h('option', { value: String(i + 1) }, t('smart.speaker.one', { number: String(i + 1) })))]);
    speaker.hidden = (sitting.speakers ?? 1) < 2;
    speaker.value = wish.speaker || 'all';
    const chosen = shown(sitting.clips, wish);
    const lies = Object.fromEntries(Object.entries(desk.placed).map(([emotion, clip]) => [clip, emotion]));
    keyed(list, chosen, (clip) => clip.id, (clip) => {
      const card = clipCard(ctx, room, clip);
      cards.set(clip.id, card);
      return card.el;
    }, (_, clip) => cards.get(clip.id)?.update(lies[clip.id] ?? ''));
    for (const id of cards.keys()) if (!chosen.some((clip) => clip.id === id)) cards.delete(id);
    draw();
  }

  /** @param {import('../../smart-room.js').Clip[]} clips */
  function filterChips(clips) {
    const standard = ctx.store.get().catalog?.emotions ?? [];
    const all = h('button.chip', { type: 'button', 'aria-pressed': !wish.emotion, onclick: () => narrow({ emotion: '' }) }, t('smart.all', { count: clips.length }));
    return [all, heardEmotions(clips, standard).map(({ name, count }) => {
      const pill = emotionPill(ctx, name, { onclick: () => narrow({ emotion: wish.emotion === name ? '' : name }) });
      pill.setAttribute('aria-pressed', String(wish.emotion === name));
      pill.append(h('span.count.numbers', null, String(count)));
      return pill;
    })];
  }

  return { el, update, show, refresh: () => cards.forEach((card) => card.refresh()), focus: () => title.focus() };
}

/**
 * @param {any} ctx
 * @param {import('../../smart-room.js').Sitting} sitting
 */
function factsOf({ t }, { duration, speakers }) {
  const people = speakers === null ? t('smart.speakersUnjudged') : t('smart.speakers', { count: speakers });
  return [t('smart.from', { length: clock(duration) }), people].join(' · ');
}
