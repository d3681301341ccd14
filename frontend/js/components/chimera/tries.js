// The tries side by side: heard, compared at the same place, and one of them kept.

import { h, icon, keyed, redraw, setText } from '../../dom.js';
import { ranked } from '../../chimera-room.js';
import { quietNotices } from '../notices.js';
import { tryCard } from './try-card.js';

/**
 * @param {any} ctx
 * @param {ReturnType<typeof import('../../chimera-room.js').createChimeraRoom>} room
 */
export function tries(ctx, room) {
  const { t } = ctx;
  const list = h('ul.tries');
  const notices = h('div');
  const spoke = h('p.small.soft');
  const sides = /** @type {const} */ (['a', 'b']).map((mark) => h(`button.button.side#chimera-${mark}`, { type: 'button', onclick: () => side(mark) }));
  const yours = h('button.button.side#chimera-yours', { type: 'button', onclick: () => go(original()) });
  const compare = h('div.compare', { role: 'group', 'aria-label': t('chimera.compare.title') }, yours, sides);
  const heading = h('h2', { tabindex: -1 }, t('chimera.tries.title'));
  const el = h('section.glass.chimera-tries', { 'aria-label': t('chimera.tries.title') }, h('header', null, heading, h('p.small.soft', null, t('chimera.compare.hint'))), compare, list, notices, spoke);
  /** @type {Map<string, ReturnType<typeof tryCard>>} */
  let cards = new Map();
  let drawn = '';

  /** @param {'a' | 'b'} mark */
  const side = (mark) => go(takeOf(found(room.desk[mark])));
  const found = (/** @type {number} */ index) => room.sitting?.tries.find((one) => one.index === index) ?? /** @type {any} */ (room.sitting).tries[0];
  const isOurs = (/** @type {string | undefined} */ url) => Boolean(url && room.sitting && (url === room.sitting.user.audio || room.sitting.tries.some((one) => one.audio === url)));

  /** From the same place where another of them plays; a second press rests. @param {any} take */
  function go(take) {
    const { current, time, playing } = ctx.player;
    if (current?.url === take.url) return ctx.player.toggle();
    const at = playing && isOurs(current?.url) && time < take.duration - 0.2 ? time : 0;
    ctx.player.load(take, { autoplay: true });
    if (at) ctx.player.seek(at);
  }

  /** @param {import('../../chimera-room.js').Try} one */
  function takeOf(one) {
    const { emotion } = /** @type {import('../../chimera-room.js').Sitting} */ (room.sitting);
    return {
      url: one.audio, duration: one.duration, peaks: one.peaks, title: t('chimera.tries.name', { count: one.index + 1 }),
      segments: [{ start: 0, end: one.join.at, emotion: '', text: one.parts.user.transcript || t('chimera.own.short'), voice: '' },
        { start: one.join.at, end: one.duration, emotion, text: one.parts.ai.transcript || t('chimera.acted.short'), voice: '' }],
    };
  }

  function original() {
    const { user } = /** @type {import('../../chimera-room.js').Sitting} */ (room.sitting);
    return { url: user.audio, duration: user.duration, peaks: user.peaks, title: t('chimera.own.title'), segments: [{ start: 0, end: user.duration, emotion: '', text: user.transcript || t('chimera.own.title'), voice: '' }] };
  }

  function refresh() {
    cards.forEach((card) => card.refresh());
    if (!room.sitting) return;
    const { current, playing } = ctx.player;
    const sign = (/** @type {any} */ button, /** @type {string} */ url, /** @type {string} */ words) => {
      const sounds = playing && current?.url === url;
      button.setAttribute('aria-pressed', String(sounds));
      redraw(button, `${sounds} ${words}`, () => [icon(sounds ? 'pause' : 'play', '-small'), h('span', null, words)]);
    };
    sign(yours, room.sitting.user.audio, t('chimera.compare.yours'));
    sides.forEach((button, i) => {
      const one = found(i ? room.desk.b : room.desk.a);
      sign(button, one.audio, t('chimera.compare.side', { mark: i ? 'B' : 'A', count: one.index + 1 }));
    });
  }

  function update() {
    const { sitting } = room;
    el.hidden = !sitting;
    if (!sitting) return;
    if (drawn !== sitting.session) cards = new Map();
    drawn = sitting.session;
    keyed(list, ranked(sitting), ({ index }) => `${sitting.session} ${index}`, (one) => {
      const card = tryCard(ctx, room, one, { isBest: one.index === sitting.best && sitting.tries.length > 1, emotion: sitting.emotion, play: (which) => go(takeOf(which)) });
      cards.set(String(one.index), card);
      return card.el;
    }, (_, one) => cards.get(String(one.index))?.update());
    compare.classList.toggle('-single', sitting.tries.length < 2);
    sides[1].hidden = sitting.tries.length < 2;
    redraw(notices, sitting, () => quietNotices(ctx, sitting.notices ?? []));
    setText(spoke, sitting.engine === 'preview' ? t('chimera.preview') : '');
    spoke.hidden = !spoke.textContent;
    refresh();
  }

  return { el, update, refresh, focus: () => heading.focus() };
}
