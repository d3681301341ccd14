// Words with their times: the one that sounds is lit, pressing one goes there. Knows segments and seconds, no player.

import { clock } from '../../audio/time.js';
import { spanAt } from '../../audio/waveform.js';
import { h } from '../../dom.js';

/** Scripts that put no space between words. */
const UNSPACED = /^(zh|ja|yue|th|lo|my|km)\b/;

/**
 * @param {any} ctx
 * @param {import('../../transcript-files.js').Segment[]} segments
 * @param {(seconds: number) => void} onJump
 * @param {{lang?: string, canPlay?: boolean}} [how]
 */
export function timedWords({ t }, segments, onJump, { lang = '', canPlay = true } = {}) {
  const between = UNSPACED.test(lang) ? '' : ' ';
  const words = segments.flatMap((segment) => (segment.words?.length ? segment.words : [{ word: segment.text.trim(), start: segment.start, end: segment.end }]));
  /** @type {HTMLElement[]} */
  const spans = [];
  const el = h('ol.timed-words', { lang: lang || null, class: canPlay ? '' : '-still', onclick: pressed }, segments.map(row));
  let now = -1;

  /** @param {import('../../transcript-files.js').Segment} segment */
  function row(segment) {
    const own = segment.words?.length ? segment.words : [{ word: segment.text.trim(), start: segment.start }];
    const time = clock(segment.start);
    return h('li', null,
      canPlay ? h('button.time.numbers', { type: 'button', 'aria-label': t('transcribe.from', { time }), onclick: () => onJump(segment.start) }, time) : h('span.time.numbers', null, time),
      h('p', null, own.flatMap(({ word }) => {
        const span = h('span.word', { dataset: { at: String(spans.length) } }, word.trim());
        spans.push(span);
        return [span, between];
      })));
  }

  /** @param {Event} event */
  function pressed(event) {
    const word = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest('.word'));
    if (word && canPlay) onJump(words[Number(word.dataset.at)].start);
  }

  return {
    el,
    /** @param {number} time seconds; below 0 nothing is lit @param {boolean} [moving] the words then stay in view */
    at(time, moving = false) {
      const next = time < 0 ? -1 : spanAt(words, time);
      if (next === now) return;
      spans[now]?.classList.remove('-now');
      spans[next]?.classList.add('-now');
      now = next;
      if (moving) spans[next]?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    },
  };
}
