// Waveform arithmetic and drawing on a canvas. Times are seconds, peaks lie in 0…1; knows nothing of audio elements.

/**
 * @typedef {{word: string, start: number, end: number}} Word
 * @typedef {{index?: number, text?: string, emotion?: string, voice?: string, start: number, end: number, words?: Word[]}} Span
 * @typedef {{peaks: number[], progress?: number, colours: (fraction: number) => string, rest?: string,
 *   bar?: number, gap?: number, hover?: number|null, mirror?: boolean}} Drawing
 */

/**
 * The highest level in each of `count` equal stretches.
 * @param {Float32Array} samples
 * @param {number} count
 * @returns {number[]}
 */
export function peaksOf(samples, count) {
  const peaks = new Array(count).fill(0);
  if (!samples.length) return peaks;
  for (let bin = 0; bin < count; bin += 1) {
    const from = Math.floor((bin * samples.length) / count);
    const to = Math.max(from + 1, Math.floor(((bin + 1) * samples.length) / count));
    let top = 0;
    for (let i = from; i < to && i < samples.length; i += 1) top = Math.max(top, Math.abs(samples[i]) || 0);
    peaks[bin] = Math.min(1, top);
  }
  return peaks;
}

/**
 * Fits stored peaks to the bars that a width can hold: the maximum where many meet, the nearest where few are stretched.
 * @param {number[]} peaks
 * @param {number} count
 * @returns {number[]}
 */
export function fitPeaks(peaks, count) {
  if (!peaks.length || count <= 0) return new Array(Math.max(0, count)).fill(0);
  return Array.from({ length: count }, (_, bin) => {
    const from = Math.floor((bin * peaks.length) / count);
    const to = Math.max(from + 1, Math.floor(((bin + 1) * peaks.length) / count));
    return Math.max(...peaks.slice(from, to).map((peak) => Math.min(1, Math.abs(peak) || 0)));
  });
}

/**
 * Quiet recordings are drawn as tall as loud ones, silence stays flat.
 * @param {number[]} peaks
 * @returns {number[]}
 */
export function levelPeaks(peaks) {
  const top = peaks.reduce((most, peak) => Math.max(most, peak), 0);
  const gain = 1 / Math.max(0.25, top);
  return peaks.map((peak) => Math.min(1, peak * gain) ** 0.8);
}

/**
 * @param {number} width CSS pixels
 * @param {number} bar
 * @param {number} gap
 */
export function barCount(width, bar = 3, gap = 2) {
  return Math.max(1, Math.floor((width + gap) / (bar + gap)));
}

/**
 * The span that sounds at a time: the last one that has begun. −1 before the first or without any.
 * @param {ReadonlyArray<{start: number}>} spans in order of time
 * @param {number} time
 */
export function spanAt(spans, time) {
  let found = -1;
  for (let i = 0; i < spans.length && spans[i].start <= time + 1e-6; i += 1) found = i;
  return found;
}

/**
 * A colour for each place of the waveform, by the emotion spoken there; pauses take the colour of what went before.
 * @param {Span[]} segments
 * @param {number} duration
 * @param {(emotion: string) => string} colourOf
 * @returns {(fraction: number) => string}
 */
export function emotionColours(segments, duration, colourOf) {
  return (fraction) => {
    const at = spanAt(segments, fraction * duration);
    return colourOf(segments[Math.max(0, at)]?.emotion || 'neutral');
  };
}

/**
 * Draws the bars at the canvas' present size; call it again after a resize.
 * @param {HTMLCanvasElement} canvas
 * @param {Drawing} drawing
 */
export function drawWaveform(canvas, drawing) {
  const { peaks, colours, progress = 1, bar = 3, gap = 2 } = drawing;
  const { width, height, pen } = prepare(canvas);
  if (!pen || width < 1) return;
  const count = barCount(width, bar, gap);
  const levels = levelPeaks(fitPeaks(peaks, count));
  levels.forEach((level, i) => {
    const middle = (i + 0.5) / count;
    const tall = Math.max(2, level * height);
    pen.globalAlpha = shade(middle, progress, drawing.hover ?? null);
    pen.fillStyle = colours(middle);
    pen.beginPath();
    pen.roundRect(i * (bar + gap), (height - tall) / 2, bar, tall, bar / 2);
    pen.fill();
  });
  pen.globalAlpha = 1;
}

/**
 * Played bars are full, the ones up to the pointer half, the rest faint.
 * @param {number} at
 * @param {number} progress
 * @param {number|null} hover
 */
function shade(at, progress, hover) {
  if (at <= progress) return 1;
  return hover !== null && at <= hover ? 0.6 : 0.32;
}

/** @param {HTMLCanvasElement} canvas */
function prepare(canvas) {
  const ratio = globalThis.devicePixelRatio || 1;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext('2d');
  pen?.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen?.clearRect(0, 0, width, height);
  return { width, height, pen };
}
