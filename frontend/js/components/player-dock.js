// The one player across the foot of the page: plays a take, shows its words and its emotions, and hands out its files.

import { clock, lengthOf } from '../audio/time.js';
import { fill, h, icon } from '../dom.js';
import { joinAt } from './player-join.js';
import { playerAbout, playerDownload } from './player-menus.js';
import { playerLine } from './player-line.js';
import { rateSelect, volumeSlider } from './player-loudness.js';
import { playerWave } from './player-wave.js';

/**
 * @typedef {{id?: string, url: string, duration: number, title?: string, text?: string, peaks?: number[],
 *   segments?: import('../audio/waveform.js').Span[], engine?: string, engine_note?: string, seed?: number | null}} Take
 * @typedef {{load(take: Take, options?: {autoplay?: boolean}): void,
 *   join(take: Take, clock: {time: () => number, stop: () => void}): Promise<boolean>, follow(clock: (() => number) | null): void, toggle(): void, pause(): void, seek(seconds: number): void,
 *   readonly current: Take | null, readonly playing: boolean, readonly time: number, readonly loudness: number, onChange(listener: () => void): () => void}} Player
 */

/**
 * @param {HTMLElement} el `#player`
 * @param {any} ctx
 * @returns {Player}
 */
export function playerDock(el, ctx) {
  const audio = /** @type {HTMLAudioElement} */ (h('audio#player-audio', { preload: 'auto' }));
  /** @type {Take | null} */
  let take = null;
  let failed = false;
  /** @type {(() => number) | null} the clock of a sound that plays elsewhere, which the cursor follows */
  let elsewhere = null;
  let frame = 0;
  const listeners = new Set();
  const line = playerLine(ctx, seek);
  const wave = playerWave(ctx, seek);
  const parts = controls(ctx, audio, toggle);
  el.classList.add('player-dock', 'glass', '-raised');
  el.hidden = false;
  fill(el, audio, line.el, parts.play, wave.el, parts.time, parts.tools, parts.fault);

  /** @param {Take} next @param {{autoplay?: boolean}} [options] */
  function load(next, { autoplay = false } = {}) {
    take = next;
    failed = false;
    elsewhere = null;
    audio.src = next.url;
    audio.playbackRate = audio.defaultPlaybackRate;
    line.show(next);
    wave.show(next);
    update();
    if (autoplay) start();
  }

  /**
   * Goes on where another sound of the same take is now, without a jump.
   * @param {Take} next
   * @param {{time: () => number, stop: () => void}} clock
   */
  async function join(next, clock) {
    load(next);
    follow(clock.time);
    const joined = await joinAt(audio, clock);
    if (joined && take === next) follow(null);
    return joined;
  }

  /** @param {(() => number) | null} clock */
  function follow(clock) {
    elsewhere = clock;
    if (!clock && audio.paused && take) audio.currentTime = take.duration; // it was heard to its end
    update();
    tick();
  }

  function start() {
    ctx.live?.stop();
    elsewhere = null;
    audio.play().catch((error) => {
      if (error.name === 'NotAllowedError' || error.name === 'AbortError') return; // the browser wants a click first, or another take came
      failed = true;
      update();
    });
  }

  function toggle() {
    if (!take) return;
    if (audio.paused) start();
    else audio.pause();
  }

  /** @param {number} seconds */
  function seek(seconds) {
    if (!take) return;
    audio.currentTime = Math.max(0, Math.min(seconds, take.duration));
    tick();
  }

  function tick() {
    cancelAnimationFrame(frame);
    const ended = elsewhere ? elsewhere() : audio.ended ? take?.duration ?? 0 : audio.currentTime;
    wave.at(ended);
    line.at(ended);
    parts.at(take, ended);
    if (elsewhere || (!audio.paused && !audio.ended)) frame = requestAnimationFrame(tick);
  }

  function update() {
    el.dataset.state = !take ? 'empty' : audio.paused ? 'ready' : 'playing';
    el.setAttribute('aria-label', ctx.t('player.name'));
    parts.update(take, !audio.paused, failed);
    wave.update();
    listeners.forEach((listener) => listener());
  }

  audio.addEventListener('error', () => {
    failed = Boolean(take);
    update();
  });
  for (const name of ['play', 'pause', 'ended', 'seeked']) {
    audio.addEventListener(name, () => {
      update();
      tick();
    });
  }
  ctx.i18n.onChange(() => {
    line.update();
    parts.words();
    update();
  });
  ctx.store.watch((/** @type {any} */ state) => state.catalog, () => { line.update(); update(); });
  new ResizeObserver(() => tellHeight(el)).observe(el);
  line.show(null);
  parts.words();
  update();
  return {
    load, toggle, seek, join, follow,
    pause: () => audio.pause(),
    get current() { return take; },
    get playing() { return !audio.paused; },
    get time() { return audio.currentTime; },
    get loudness() { return audio.muted ? 0 : audio.volume; },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/**
 * Everything of the dock but the line and the waveform.
 * @param {any} ctx
 * @param {HTMLAudioElement} audio
 * @param {() => void} toggle
 */
function controls(ctx, audio, toggle) {
  const play = h('button.button.-primary.-round#player-play', { type: 'button', onclick: toggle });
  const time = h('span.time.numbers.small.soft');
  const fault = h('p.fault.small', { role: 'alert', hidden: true });
  const rate = rateSelect(ctx, audio);
  const volume = volumeSlider(ctx, audio);
  const about = playerAbout(ctx);
  const download = playerDownload(ctx);
  const tools = h('div.tools', null, volume.el, rate, about.el, download.el);

  /** @param {Take | null} take @param {number} at */
  const showTime = (take, at) => { time.textContent = take ? `${clock(at)} / ${lengthOf(take.duration)}` : ''; };

  return {
    play, time, tools, fault, at: showTime,
    words() {
      rate.setAttribute('aria-label', ctx.t('player.rate'));
      volume.words();
      about.words();
      download.words();
    },
    /** @param {Take | null} take @param {boolean} playing @param {boolean} failed */
    update(take, playing, failed) {
      fill(play, icon(playing ? 'pause' : 'play'));
      play.setAttribute('aria-label', ctx.t(playing ? 'player.pause' : 'player.play'));
      play.disabled = !take;
      rate.disabled = !take;
      fault.hidden = !failed;
      fault.textContent = failed ? ctx.t('player.failed') : '';
      showTime(take, audio.currentTime);
      about.show(take);
      download.show(take);
    },
  };
}

/**
 * Lets the page leave room for the dock.
 * @param {HTMLElement} el
 */
function tellHeight(el) {
  const GAP = 16; // pixels around the dock
  document.documentElement.style.setProperty('--dock-height', `${Math.ceil(el.getBoundingClientRect().height) + GAP}px`);
}
