// What was said: the words follow the sound, a word pressed is a place to hear; who heard it, and what to do with it.

import { length } from '../../audio/time.js';
import { h, icon, redraw } from '../../dom.js';
import { languageName, titleOf } from '../../recognisers.js';
import { quietNotices } from '../notices.js';
import { intoPlayer, isCurrent } from './sound-card.js';
import { timedWords } from './timed-words.js';
import { transcriptDeeds } from './deeds.js';

/**
 * @param {any} ctx
 * @param {ReturnType<typeof import('../../listening-room.js').createListeningRoom>} room
 */
export function transcript(ctx, room) {
  const { t } = ctx;
  const title = h('h2.who', { tabindex: -1, id: 'transcribe-done' });
  const facts = h('p.small.soft.numbers');
  const deeds = transcriptDeeds(ctx, room);
  const notices = h('div');
  const faces = h('div');
  const body = h('div.words-place');
  const el = h('div.transcript', { hidden: true }, h('header.row', null, h('div.grow', null, title, facts), deeds.el), notices, faces, body);
  let timed = timedWords(ctx, [], () => {});
  let face = 'clean';
  let frame = 0;

  /** @param {number} seconds */
  function jump(seconds) {
    if (!room.heard) return;
    intoPlayer(ctx, room);
    ctx.player.seek(seconds);
    if (!ctx.player.playing) ctx.player.toggle();
  }

  function update() {
    const result = room.work.status === 'done' ? room.work.result : null;
    el.hidden = !result;
    redraw(body, result && `${result.job_id} ${face} ${room.heard?.url}`, () => (result ? words(result) : []));
    if (!result) return;
    const spoken = Boolean(result.text?.trim());
    title.textContent = spoken ? t('transcribe.by', { name: result.engine_title ?? titleOf(ctx.store.get().catalog, result.engine) }) : t('transcribe.silent.title');
    facts.textContent = factsOf(ctx, result);
    redraw(notices, result, () => quietNotices(ctx, result.notices ?? []));
    redraw(faces, result, () => (result.cleaned ? chooser() : null));
    for (const one of faces.querySelectorAll('button')) one.setAttribute('aria-pressed', String(one.value === face));
    deeds.update();
    if (isCurrent(ctx, room)) intoPlayer(ctx, room);
    follow();
  }

  /** Cleaned words have no times, so both faces can be seen. */
  function chooser() {
    return h('div.tabs', { role: 'group', 'aria-label': t('transcribe.faces.name') }, ['clean', 'heard'].map((name) =>
      h('button.tab', { type: 'button', value: name, onclick: () => { face = name; update(); } }, t(`transcribe.faces.${name}`))));
  }

  /** @param {any} result */
  function words(result) {
    if (!result.text?.trim()) return h('p.soft', null, t('transcribe.silent.text'));
    if (result.cleaned && face === 'clean') return h('p.clean-text', { lang: result.language }, result.text);
    timed = timedWords(ctx, result.segments ?? [], jump, { lang: result.language, canPlay: Boolean(room.heard) });
    return [timed.el, !room.heard && h('p.small.faint', null, icon('info', '-small'), t('transcribe.soundGone'))];
  }

  /** Runs while the recording sounds. */
  function follow() {
    cancelAnimationFrame(frame);
    const current = isCurrent(ctx, room) && room.work.status === 'done';
    timed.at(current ? ctx.player.time : -1, ctx.player.playing);
    if (current && ctx.player.playing) frame = requestAnimationFrame(follow);
  }

  function focus() {
    title.focus();
    if (matchMedia('(max-width: 1099px)').matches) el.scrollIntoView({ block: 'start' }); // beneath the recording there
  }

  return { el, update, follow, end: () => cancelAnimationFrame(frame), focus };
}

/**
 * @param {any} ctx
 * @param {any} result
 */
function factsOf({ t, i18n }, result) {
  const locale = i18n.locale();
  const count = (result.segments ?? []).reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + (one.words?.length ?? 0), 0);
  return [
    result.language && result.language !== 'auto' && languageName(result.language, locale),
    result.duration && length(result.duration, locale),
    count && t('transcribe.words', { count }),
    result.elapsed && t('performance.took', { time: length(result.elapsed, locale) }),
  ].filter(Boolean).join(' · ');
}
