// The line above the waveform: the words of what sounds now, the one being spoken lit up. Knows a take and a time.

import { spanAt } from '../audio/waveform.js';
import { fill, h } from '../dom.js';
import { emotionPill } from './emotion-pill.js';

/**
 * @param {any} ctx
 * @param {(seconds: number) => void} onSeek
 */
export function playerLine(ctx, onSeek) {
  const chip = h('span.emotion');
  const words = h('p.words');
  const el = h('div.player-line', null, chip, words);
  /** @type {any} */
  let take = null;
  let segmentAt = -2;
  let wordAt = -2;

  function draw() {
    const segment = take?.segments?.[Math.max(0, segmentAt)];
    chip.hidden = !segment;
    if (!segment) return void fill(words, take ? take.title || take.text || '' : ctx.t('player.empty'));
    chip.hidden = segment.emotion === undefined; // a recording that was only written down has none
    if (!chip.hidden) fill(chip, emotionPill(ctx, segment.emotion || 'neutral'));
    fill(words, segment.words?.length ? segment.words.flatMap(word) : segment.text || take.title || '');
    words.scrollLeft = 0;
    wordAt = -2;
  }

  /** @param {import('../audio/waveform.js').Word} entry */
  function word(entry) {
    return [h('span.word', { onclick: () => onSeek(entry.start) }, entry.word), ' '];
  }

  /** @param {number} time */
  function light(time) {
    const spans = take?.segments?.[segmentAt]?.words ?? [];
    const now = spanAt(spans, time);
    if (now === wordAt || !spans.length) return;
    wordAt = now;
    [...words.children].forEach((child, i) => {
      child.classList.toggle('-spoken', i < now);
      child.classList.toggle('-now', i === now);
    });
    keepInView(words, /** @type {HTMLElement | undefined} */ (words.children[Math.max(0, now)]));
  }

  return {
    el,
    update: draw,
    /** @param {any} next */
    show(next) {
      take = next;
      segmentAt = next?.segments?.length ? 0 : -1;
      draw();
      if (next) light(0);
    },
    /** @param {number} time */
    at(time) {
      const now = Math.max(0, spanAt(take?.segments ?? [], time));
      if (take?.segments?.length && now !== segmentAt) {
        segmentAt = now;
        draw();
      }
      light(time);
    },
  };
}

/**
 * Scrolls sideways so that the word stands in the first half of a line too long for its place.
 * @param {HTMLElement} line
 * @param {HTMLElement | undefined} child
 */
function keepInView(line, child) {
  if (!child || line.scrollWidth <= line.clientWidth) return;
  const to = child.offsetLeft - line.offsetLeft - line.clientWidth * 0.35;
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  line.scrollTo({ left: Math.max(0, to), behavior: still ? 'auto' : 'smooth' });
}
