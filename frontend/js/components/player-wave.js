// The waveform of the player: coloured by emotion, sought by click, drag and keys. Knows a take and a time, no audio.

import { clock } from '../audio/time.js';
import { drawWaveform, emotionColours, spanAt } from '../audio/waveform.js';
import { h } from '../dom.js';

/**
 * @param {any} ctx
 * @param {(seconds: number) => void} onSeek
 */
export function playerWave(ctx, onSeek) {
  const canvas = /** @type {HTMLCanvasElement} */ (h('canvas'));
  const tip = h('span.tip.numbers', { hidden: true });
  const el = h('div.player-wave', {
    role: 'slider', tabindex: 0, 'aria-valuemin': 0, 'aria-orientation': 'horizontal', onkeydown: typed,
    onpointerdown: pressed, onpointermove: moved, onpointerleave: left, onpointerup: () => { dragging = false; },
  }, canvas, tip);
  /** @type {any} */
  let take = null;
  let time = 0;
  let dragging = false;
  /** @type {number | null} */
  let hover = null;

  const length = () => take?.duration ?? 0;

  function update() {
    set();
    const { peaks = [], segments = [] } = take ?? {};
    const colourOf = (/** @type {string} */ name) => ctx.emotion(name).colour;
    drawWaveform(canvas, {
      peaks, hover, progress: length() ? time / length() : 0,
      colours: take ? emotionColours(segments, length(), colourOf) : () => getComputedStyle(el).color,
    });
  }

  function set() {
    el.setAttribute('aria-label', ctx.t('player.seek'));
    el.setAttribute('aria-disabled', String(!take));
    el.setAttribute('aria-valuemax', String(Math.round(length() * 10) / 10));
    el.setAttribute('aria-valuenow', String(Math.round(time * 10) / 10));
    el.setAttribute('aria-valuetext', spoken(ctx, take, time));
  }

  /** @param {PointerEvent} event */
  const fractionOf = (event) => {
    const { left: from, width } = canvas.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - from) / width));
  };

  /** @param {PointerEvent} event */
  function pressed(event) {
    if (!take || event.button) return;
    dragging = true;
    el.setPointerCapture(event.pointerId);
    onSeek(fractionOf(event) * length());
  }

  /** @param {PointerEvent} event */
  function moved(event) {
    if (!take) return;
    const fraction = fractionOf(event);
    if (dragging) onSeek(fraction * length());
    hover = event.pointerType === 'mouse' ? fraction : null;
    tip.hidden = hover === null;
    tip.textContent = clock(fraction * length());
    tip.style.setProperty('--at', String(fraction));
    update();
  }

  function left() {
    hover = null;
    tip.hidden = true;
    update();
  }

  /** @param {KeyboardEvent} event */
  function typed(event) {
    const step = event.shiftKey ? 5 : 1;
    const to = {
      ArrowLeft: time - step, ArrowDown: time - step, ArrowRight: time + step, ArrowUp: time + step,
      PageDown: time - 5, PageUp: time + 5, Home: 0, End: length(),
    }[event.key];
    if (to === undefined || !take) return;
    event.preventDefault();
    onSeek(Math.max(0, Math.min(length(), to)));
  }

  new ResizeObserver(update).observe(canvas);
  return {
    el, update,
    /** @param {any} next */
    show(next) {
      take = next;
      time = 0;
      update();
    },
    /** @param {number} seconds */
    at(seconds) {
      time = seconds;
      update();
    },
  };
}

/**
 * What a screen reader says of a place: the time, the emotion and the words there.
 * @param {any} ctx
 * @param {any} take
 * @param {number} time
 */
function spoken(ctx, take, time) {
  if (!take) return ctx.t('player.empty');
  const place = ctx.t('player.position', { at: clock(time), whole: clock(take.duration) });
  const segment = take.segments?.[spanAt(take.segments, time)];
  return segment ? `${place}, ${ctx.emotion(segment.emotion || 'neutral').label}: ${segment.text}` : place;
}
