// Smart mode: one long recording becomes clips, clips become emotions, emotions become a voice.

import { h, icon, redraw } from '../dom.js';
import { problemNotice } from '../components/notices.js';
import { clipList } from '../components/smart/clip-list.js';
import { emotionBoard } from '../components/smart/board.js';
import { madeVoice } from '../components/smart/made.js';
import { openSessions } from '../components/smart/open-sessions.js';
import { saveForm } from '../components/smart/save-form.js';
import { soundOffer, takesDrops } from '../components/sound-offer.js';
import { listeningOptions } from '../components/transcribe/options.js';
import { workProgress } from '../components/work-progress.js';
import { createSmartRoom } from '../smart-room.js';
import { isUnderWay } from '../work.js';

const UNDO = 12; // seconds in which a sitting that was put away can come back

/**
 * @param {HTMLElement} el
 * @param {any} ctx
 */
export function mount(el, ctx) {
  const { t, store } = ctx;
  /** @type {ReturnType<typeof createSmartRoom>} */
  const room = (ctx.smartRoom ??= createSmartRoom(ctx));
  /** @type {any} the voice that was just made */
  let made = null;
  /** @type {File | null} */
  let last = null;
  const again = h('button.button#smart-again', { type: 'button', 'aria-label': t('smart.again'), onclick: startOver }, icon('redo', '-small'), h('span.label', null, t('smart.again')));
  const back = h('a.button.-plain', { href: '#voices', 'aria-label': t('nav.voices') }, icon('chevron-right', '-small'), h('span.label', null, t('nav.voices')));
  const offer = soundOffer(ctx, { title: t('smart.drop'), hint: t('smart.dropHint'), onFile: take, name: 'smart' });
  const options = listeningOptions(ctx, room, { name: 'smart', mayRest: true });
  const progress = workProgress(ctx, { onCancel: room.cancel, label: t('smart.progress'), name: 'smart' });
  const fault = h('div.fault');
  const open = openSessions(ctx, room, { onOpened: () => clips.focus(), onEmpty: offer.focus });
  const begin = h('div.glass.begin', null, offer.el, open.el, options.el, teaching(ctx));
  const busy = h('div.glass.busy', null, progress.el, h('p.small.soft', null, t('smart.goesOn')));
  const clips = clipList(ctx, room);
  const board = emotionBoard(ctx, room, { onShow: clips.show });
  const form = saveForm(ctx, room, { onMade: (record) => { made = record; update(); } });
  const side = h('div.side', null, board.el, form.el);
  const desk = h('div.sorting', null, clips.el, side);
  el.classList.add('smart');
  el.append(h('header', null, h('div.row.title', null, back, h('h1', null, t('nav.smart'))), again), fault, begin, busy, desk);
  takesDrops(el, (file) => {
    if (isUnderWay(room.work)) return; // one at a time; Cancel is there
    if (room.sitting) startOver();
    take(file);
  });

  /** @param {File} file */
  async function take(file) {
    last = file;
    made = null;
    const over = room.take(file);
    progress.focus();
    const found = await over;
    if (!el.isConnected) return;
    if (found) clips.focus();
    else offer.focus();
  }

  function startOver() {
    made = null;
    const { session, undo } = room.clear();
    room.leaving.drop(session, UNDO);
    open.refresh();
    ctx.toast(t('smart.put.away'), { seconds: UNDO, action: { label: t('common.undo'), run: undo } });
    offer.focus();
  }

  function update() {
    const { work, sitting } = room;
    const waits = isUnderWay(work) && !sitting;
    begin.hidden = waits || Boolean(sitting);
    busy.hidden = !waits;
    desk.hidden = !sitting;
    again.hidden = !sitting;
    progress.update(work);
    options.update();
    open.update();
    redraw(fault, work.status === 'failed' && !sitting ? work.problem : null, () => (work.status === 'failed' && !sitting ? problemNotice(ctx, work.problem, last ? () => take(/** @type {File} */ (last)) : undefined) : null));
    if (!sitting) return;
    clips.update();
    board.update();
    form.update();
    redraw(side, made, () => (made ? madeVoice(ctx, room, made, () => { made = null; update(); }) : [board.el, form.el]));
  }

  const stops = [room.subscribe(update), store.watch((/** @type {any} */ now) => now.catalog, update), store.watch((/** @type {any} */ now) => now.personalities, update), ctx.player.onChange(() => { clips.refresh(); board.refresh(); })];
  if (ctx.smartInto) room.describe({ into: ctx.smartInto });
  ctx.smartInto = '';
  const brought = ctx.smartFile;
  ctx.smartFile = null;
  if (brought) queueMicrotask(() => take(brought));
  else room.resume();
  open.refresh();
  return {
    update,
    unmount() {
      offer.end();
      stops.forEach((stop) => stop());
    },
  };
}

/** @param {any} ctx */
function teaching({ t }) {
  return h('ol.ways-through', null, [['cut', 'scissors'], ['sort', 'grip'], ['keep', 'voices']].map(([name, sign]) =>
    h('li', null, icon(sign), h('div', null, h('h3', null, t(`smart.steps.${name}.title`)), h('p.soft.small', null, t(`smart.steps.${name}.text`))))));
}
