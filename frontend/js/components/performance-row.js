// One segment of a performance: its emotion, its words, its piece of the waveform, and a button to hear it alone.

import { fill, h, icon, set, setText } from '../dom.js';
import { drawWaveform } from '../audio/waveform.js';
import { withUnit } from '../audio/time.js';
import { partState, peaksOfPart } from '../performance.js';

/** @param {any} ctx */
export function performanceRow(ctx) {
  const { t } = ctx;
  const sign = h('span.sign', { 'aria-hidden': true });
  const word = h('span.word');
  const voice = h('span.voice.clip');
  const time = h('span.time.numbers');
  const text = h('p.text');
  const wave = h('canvas.wave', { 'aria-hidden': true });
  const play = h('button.button.-plain.-round.play', { type: 'button', onclick: pressed }, icon('play', '-small'));
  const el = h('li.performance-row', null, h('div.badge', null, sign), h('div.words', null, h('div.row.small.mood', null, word, voice, time), text, wave), play);
  /** @type {{part: any, take: any}} */
  const shown = { part: null, take: null };
  let timer = 0;

  function pressed() {
    const { player } = ctx;
    if (player.current?.url !== shown.take.url) player.load(shown.take, { autoplay: false });
    player.seek(shown.part.start);
    if (!player.playing) player.toggle();
    clearInterval(timer);
    timer = window.setInterval(() => { // stops where the segment ends, unless the listener went elsewhere
      const over = player.time >= shown.part.end;
      if (over && player.playing && player.time < shown.part.end + 0.5) player.pause();
      if (over || !player.playing || player.time < shown.part.start - 0.3) clearInterval(timer);
    }, 40);
  }

  /**
   * @param {any} part
   * @param {number} index
   * @param {import('../performance.js').Performance | null} now null while it is only planned
   * @param {boolean} isDialogue whether several voices speak
   */
  function update(part, index, now, isDialogue) {
    const emotion = ctx.emotion(part.emotion);
    const state = now ? partState(now, index) : 'planned';
    const take = now?.status === 'done' ? now.take : null;
    set(el, { '--emotion': emotion.colour, dataset: { state } });
    setText(sign, emotion.emoji);
    setText(word, emotion.label);
    setText(voice, isDialogue ? part.voice ?? '' : '');
    setText(time, take ? withUnit(part.end - part.start, ctx.i18n.locale()) : '');
    setText(text, part.text);
    play.hidden = wave.hidden = !take;
    play.setAttribute('aria-label', t('performance.playSegment', { count: index + 1 }));
    drawWave(take, part, emotion.colour);
  }

  /** @param {any} take @param {any} part @param {string} colour */
  function drawWave(take, part, colour) {
    if (!take || (shown.take === take && shown.part === part)) return;
    Object.assign(shown, { take, part });
    // drawn when the row has its width
    requestAnimationFrame(() => drawWaveform(wave, { peaks: peaksOfPart(take, part), colours: () => colour, bar: 2, gap: 2 }));
  }

  const resized = new ResizeObserver(() => {
    if (shown.take && !wave.hidden) drawWaveform(wave, { peaks: peaksOfPart(shown.take, shown.part), colours: () => getComputedStyle(el).getPropertyValue('--emotion').trim() || '#888', bar: 2, gap: 2 });
  });
  resized.observe(wave);
  fill(play, icon('play', '-small'));

  return { el, update, unmount() { clearInterval(timer); resized.disconnect(); } };
}
