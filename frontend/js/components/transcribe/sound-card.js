// The recording that is to be written down: its name, its length, its wave, to be heard in the player.

import { bytesWithUnit, length } from '../../audio/time.js';
import { drawWaveform } from '../../audio/waveform.js';
import { fill, h, icon, setText } from '../../dom.js';

/**
 * @param {any} ctx
 * @param {ReturnType<typeof import('../../listening-room.js').createListeningRoom>} room
 * @param {{onOther: () => void}} ways
 */
export function soundCard(ctx, room, { onOther }) {
  const { t, i18n } = ctx;
  const play = h('button.button.-round.play', { type: 'button', onclick: () => toggle(ctx, room) });
  const name = h('p.name.clip');
  const facts = h('p.small.soft.numbers');
  const canvas = /** @type {HTMLCanvasElement} */ (h('canvas', { 'aria-hidden': true }));
  const other = h('button.button.-small.-plain#transcribe-other', { type: 'button', 'aria-label': t('transcribe.another'), onclick: onOther }, icon('redo', '-small'), h('span', null, t('transcribe.another')));
  const el = h('div.sound-card', null, play, h('div.grow', null, name, facts), other, canvas);

  function draw() {
    drawWaveform(canvas, { peaks: room.heard?.peaks ?? [], bar: 2, gap: 2, colours: () => getComputedStyle(canvas).color });
  }
  new ResizeObserver(draw).observe(canvas);

  function update() {
    const { heard } = room;
    if (!heard) return;
    const playing = ctx.player.playing && isCurrent(ctx, room);
    setText(name, heard.file.name.startsWith('recording.') ? t('offer.recorded') : heard.file.name);
    setText(facts, [heard.duration && length(heard.duration, i18n.locale()), bytesWithUnit(heard.file.size, i18n.locale())].filter(Boolean).join(' · '));
    canvas.hidden = !heard.peaks.length;
    if (play.dataset.playing !== String(playing)) fill(play, icon(playing ? 'pause' : 'play'));
    play.dataset.playing = String(playing);
    play.setAttribute('aria-label', t(playing ? 'common.pause' : 'common.play'));
    draw();
  }

  return { el, update };
}

/** @param {any} ctx @param {any} room */
export function isCurrent(ctx, room) {
  return Boolean(room.heard) && ctx.player.current?.url === room.heard.url;
}

/**
 * The recording in the shape that the player takes, with the words where they are known.
 * @param {any} ctx
 * @param {any} room
 */
function takeOf(ctx, { heard, work }) {
  const segments = work.result?.segments ?? [];
  const whole = work.result?.duration || heard.duration;
  return { url: heard.url, duration: whole, peaks: heard.peaks, title: heard.file.name.startsWith('recording.') ? ctx.t('offer.recorded') : heard.file.name, segments, heard: segments.length > 0 };
}

/**
 * Puts the recording into the player, once; and again when its words have come.
 * @param {any} ctx
 * @param {any} room
 */
export function intoPlayer(ctx, room) {
  const wanted = takeOf(ctx, room);
  const now = ctx.player.current;
  if (now?.url === wanted.url && now.heard === wanted.heard) return;
  const at = now?.url === wanted.url ? ctx.player.time : 0;
  ctx.player.load(wanted);
  if (at) ctx.player.seek(at);
}

/** @param {any} ctx @param {any} room */
function toggle(ctx, room) {
  intoPlayer(ctx, room);
  ctx.player.toggle();
}
