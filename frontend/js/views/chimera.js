// Chimera: your timbre, the AI's feeling. Two parts, how they are joined, and the tries to hear, compare and keep.

import { h, icon, redraw } from '../dom.js';
import { actedPart } from '../components/chimera/acted-part.js';
import { keepForm } from '../components/chimera/keep-form.js';
import { mix } from '../components/chimera/mix.js';
import { ownPart } from '../components/chimera/own-part.js';
import { tries } from '../components/chimera/tries.js';
import { problemNotice } from '../components/notices.js';
import { workProgress } from '../components/work-progress.js';
import { createChimeraRoom, requestOf } from '../chimera-room.js';
import { isUnderWay } from '../work.js';

/**
 * @param {HTMLElement} el
 * @param {any} ctx
 */
export function mount(el, ctx) {
  const { t, store } = ctx;
  /** @type {ReturnType<typeof createChimeraRoom>} */
  const room = (ctx.chimeraRoom ??= createChimeraRoom(ctx));
  const back = h('a.button.-plain', { href: '#voices', 'aria-label': t('nav.voices') }, icon('chevron-right', '-small'), h('span.label', null, t('nav.voices')));
  const again = h('button.button#chimera-again', { type: 'button', 'aria-label': t('chimera.again'), onclick: startOver }, icon('trash', '-small'), h('span.label', null, t('chimera.again')));
  const own = ownPart(ctx, room);
  const acted = actedPart(ctx, room);
  const joined = mix(ctx, room, { onMake: make });
  const progress = workProgress(ctx, { onCancel: room.cancel, label: t('chimera.progress'), name: 'chimera' });
  const fault = h('div.fault');
  const heard = tries(ctx, room);
  const keep = keepForm(ctx, room);
  const teaching = h('div.glass.empty', null, icon('describe', '-large'), h('h2', null, t('chimera.empty.title')), h('p', null, t('chimera.empty.text')),
    h('ol.small.soft', null, ['own', 'acted', 'join'].map((step) => h('li', null, t(`chimera.empty.${step}`)))));
  const busy = h('div.glass.busy', null, progress.el);
  el.classList.add('chimera');
  el.append(h('header', null, h('div.row.title', null, back, h('h1', null, t('nav.chimera'))), again),
    h('div.bench-pair', null, h('div.making', null, own.el, acted.el, joined.el), h('div.results', null, fault, busy, heard.el, keep.el, teaching)));

  async function make() {
    if (isUnderWay(room.work)) return;
    const wanting = own.ready() ? acted.lacking() : /** @type {HTMLElement | null} */ (own.el.querySelector('.offers button, select'));
    joined.lacks(wanting ? t(own.ready() ? 'chimera.lacks.acted' : 'chimera.lacks.own') : '');
    if (wanting) return wanting.focus();
    const wish = { ...room.wish, from: own.source() };
    const asked = room.make(requestOf(wish, acted.now()), { file: wish.from === 'file' ? room.files.own : null, ai_file: wish.actor === 'file' ? room.files.acted : null });
    progress.focus();
    if (matchMedia('(max-width: 899px)').matches) busy.scrollIntoView({ block: 'center' });
    const found = await asked;
    if (!el.isConnected) return;
    if (found) heard.focus();
    else joined.focus();
  }

  function startOver() {
    room.clear();
    joined.focus();
  }

  function update() {
    const { work, sitting } = room;
    const waits = isUnderWay(work);
    busy.hidden = !waits;
    joined.rest(waits, Boolean(sitting));
    again.hidden = !sitting;
    teaching.hidden = waits || Boolean(sitting) || work.status === 'failed';
    progress.update(work);
    redraw(fault, work.status === 'failed' ? work.problem : null, () => work.status === 'failed' && h('div.glass', null, problemNotice(ctx, work.problem, make)));
    for (const part of [own, acted, joined, heard, keep]) part.update();
  }

  const stops = [room.subscribe(update), ...['catalog', 'personalities'].map((name) => store.watch((/** @type {any} */ now) => now[name], update)), ctx.player.onChange(heard.refresh)];
  const wished = ctx.chimeraFor;
  ctx.chimeraFor = null;
  if (wished) {
    room.choose({ from: 'saved', userEmotion: 'neutral', text: '', language: '', ...wished });
    acted.learn();
  }
  room.resume();
  return {
    update,
    unmount() {
      own.end();
      acted.end();
      stops.forEach((stop) => stop());
    },
  };
}
