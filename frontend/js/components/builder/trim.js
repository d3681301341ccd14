// A waveform with two handles: what stays is in the emotion's colour, what goes is grey. Knows seconds, saves nothing.

import { withUnit } from '../../audio/time.js';
import { drawWaveform } from '../../audio/waveform.js';
import { h } from '../../dom.js';
import { isTrimmed, keyTarget, moveEdge } from './trim-range.js';

/** @typedef {import('./trim-range.js').Range} Range */

/**
 * @param {any} ctx
 * @param {{onChange: (range: Range) => void, onPick: (seconds: number) => void}} actions onChange after a hand has let go
 */
export function trimmer(ctx, { onChange, onPick }) {
  const canvas = /** @type {HTMLCanvasElement} */ (h('canvas'));
  const needle = h('span.needle', { hidden: true });
  const handles = { start: handle('start'), end: handle('end') };
  const el = h('div.trim', { onpointerdown: picked }, canvas, needle, handles.start, handles.end);
  let sound = { peaks: /** @type {number[]} */ ([]), duration: 0 };
  /** @type {Range} */
  let range = { start: 0, end: 0 };
  let colour = '';
  let enabled = true;

  /** @param {'start'|'end'} edge */
  function handle(edge) {
    const button = h('div.handle', {
      class: `-${edge}`, role: 'slider', tabindex: 0, 'aria-label': ctx.t(`builder.trim.${edge}`), 'aria-valuemin': 0,
      onpointerdown: (/** @type {PointerEvent} */ event) => {
        if (!enabled) return;
        event.stopPropagation();
        button.setPointerCapture(event.pointerId);
        button.classList.add('-held');
      },
      onpointermove: (/** @type {PointerEvent} */ event) => {
        if (button.hasPointerCapture(event.pointerId)) move(edge, secondsAt(event));
      },
      onlostpointercapture: () => {
        button.classList.remove('-held');
        onChange(range);
      },
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        const to = enabled ? keyTarget(event.key, event.shiftKey, range[edge], sound.duration) : null;
        if (to === null) return;
        event.preventDefault();
        move(edge, to);
        onChange(range);
      },
    });
    return button;
  }

  /** @param {PointerEvent} event */
  function secondsAt(event) {
    const { left, width } = canvas.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - left) / width)) * sound.duration;
  }

  /** @param {PointerEvent} event */
  function picked(event) {
    if (event.button === 0) onPick(Math.max(range.start, Math.min(range.end, secondsAt(event))));
  }

  /** @param {'start'|'end'} edge @param {number} to */
  function move(edge, to) {
    range = moveEdge(range, edge, to, sound.duration);
    update();
  }

  function update() {
    const whole = sound.duration || 1;
    const grey = getComputedStyle(el).color;
    drawWaveform(canvas, {
      peaks: sound.peaks,
      colours: (fraction) => (fraction * whole >= range.start && fraction * whole <= range.end ? colour : grey),
    });
    for (const edge of /** @type {const} */ (['start', 'end'])) {
      const at = handles[edge];
      at.hidden = !enabled;
      at.style.setProperty('--at', String(range[edge] / whole));
      at.setAttribute('aria-valuemax', sound.duration.toFixed(2));
      at.setAttribute('aria-valuenow', range[edge].toFixed(2));
      at.setAttribute('aria-valuetext', withUnit(range[edge], ctx.i18n.locale()));
    }
    el.classList.toggle('-trimmed', isTrimmed(range, sound.duration));
  }

  new ResizeObserver(update).observe(canvas);
  return {
    el,
    /** @param {{peaks: number[], duration: number}} next @param {Range} stretch @param {string} tint @param {boolean} [mayTrim] */
    show(next, stretch, tint, mayTrim = true) {
      [sound, range, colour, enabled] = [next, stretch, tint, mayTrim];
      update();
    },
    /** @param {number|null} seconds */
    at(seconds) {
      needle.hidden = seconds === null;
      needle.style.setProperty('--at', String((seconds ?? 0) / (sound.duration || 1)));
    },
    get range() { return range; },
    get trimmed() { return isTrimmed(range, sound.duration); },
  };
}
