// Transcribe: a recording at the left with how it is to be heard, what is said in it at the right.

import { h, icon, redraw } from '../dom.js';
import { soundOffer, takesDrops } from '../components/sound-offer.js';
import { listeningOptions } from '../components/transcribe/options.js';
import { soundCard } from '../components/transcribe/sound-card.js';
import { transcript } from '../components/transcribe/transcript.js';
import { workProgress } from '../components/work-progress.js';
import { problemNotice } from '../components/notices.js';
import { createListeningRoom } from '../listening-room.js';
import { bestFor } from '../recognisers.js';
import { isUnderWay } from '../work.js';

/**
 * @param {HTMLElement} el
 * @param {any} ctx
 */
export function mount(el, ctx) {
  const { t, store } = ctx;
  /** @type {ReturnType<typeof createListeningRoom>} */
  const room = (ctx.listeningRoom ??= createListeningRoom(ctx));
  const offer = soundOffer(ctx, { title: t('transcribe.drop'), hint: t('transcribe.dropHint'), onFile: take, name: 'transcribe' });
  const card = soundCard(ctx, room, { onOther: offer.choose });
  const options = listeningOptions(ctx, room);
  const start = h('button.button.-primary.-large#transcribe-start', { type: 'button', onclick: listen });
  const progress = workProgress(ctx, { onCancel: room.cancel, label: t('transcribe.progress'), name: 'transcribe' });
  const result = transcript(ctx, room);
  const rest = h('div.rest');
  const source = h('section.glass.source', { 'aria-label': t('transcribe.source') }, offer.el, card.el, options.el, start, options.others);
  el.classList.add('transcribe');
  el.append(h('header', null, h('h1', null, t('nav.transcribe'))),
    h('div.desk', null, source, h('section.glass.heard', { 'aria-label': t('transcribe.result') }, progress.el, rest, result.el)));
  takesDrops(el, take);

  /** @param {File} file */
  async function take(file) {
    await room.take(file);
    if (!start.disabled) start.focus();
  }

  async function listen() {
    const over = room.listen();
    progress.focus();
    const found = await over;
    if (!el.isConnected) return;
    if (found) result.focus();
    else start.focus();
  }

  function update() {
    const { catalog } = store.get();
    const { work, heard } = room;
    const busy = isUnderWay(work);
    const able = bestFor(catalog) !== null;
    offer.el.hidden = Boolean(heard);
    card.el.hidden = !heard;
    card.update();
    options.update();
    start.disabled = !heard || busy || !able;
    start.hidden = !heard;
    start.classList.toggle('-primary', work.status !== 'done');
    start.classList.toggle('-large', work.status !== 'done');
    redraw(start, work.status === 'done', () => (work.status === 'done' ? [icon('redo', '-small'), t('transcribe.again')] : [icon('transcribe'), t('transcribe.start')]));
    progress.update(work);
    result.update();
    redraw(rest, busy || work.status === 'done' ? '' : `${work.status} ${work.problem?.code} ${catalog ? able : ''}`, () => {
      if (busy || work.status === 'done') return [];
      if (work.status === 'failed') return problemNotice(ctx, work.problem, heard ? listen : undefined);
      if (catalog && !able) return nobodyListens(ctx);
      return emptyPlace(ctx, work.status === 'cancelled');
    });
  }

  const stops = [room.subscribe(update), store.watch((/** @type {any} */ now) => now.catalog, update), ctx.player.onChange(() => { card.update(); result.follow(); })];
  room.resume();
  return {
    update,
    unmount() {
      offer.end();
      result.end();
      stops.forEach((stop) => stop());
    },
  };
}

/** @param {any} ctx @param {boolean} cancelled */
function emptyPlace({ t }, cancelled) {
  return h('div.empty', null, icon('transcribe'), h('h2', null, t(cancelled ? 'performance.cancelled' : 'transcribe.empty.title')), h('p', null, t('transcribe.empty.text')));
}

/** @param {any} ctx */
function nobodyListens({ t }) {
  return h('div.empty', null, icon('models'), h('h2', null, t('transcribe.nobody.title')), h('p', null, t('transcribe.nobody.text')),
    h('a.button.-primary', { href: '#models' }, t('problems.open', { place: t('nav.models') })));
}
