// Small pieces of the Chimera view: a choice between few, a labelled field, a recording that was brought.

import { h, icon, redraw, setText } from '../../dom.js';
import { withUnit } from '../../audio/time.js';
import { drawWaveform } from '../../audio/waveform.js';
import { createVoice, decodeSound } from '../builder/sound.js';

/**
 * @param {any} _ctx
 * @param {{name: string, label: string, choices: [string, string][], onChoose: (value: any) => void}} props
 */
export function choice(_ctx, { name, label, choices, onChoose }) {
  const buttons = choices.map(([value, words]) => h(`button.chip#${name}-${value}`, { type: 'button', onclick: () => onChoose(value) }, words));
  return {
    el: h('div.row.-wrap.choice', { role: 'group', 'aria-label': label }, buttons),
    /** @param {string} chosen */
    update: (chosen) => buttons.forEach((button, i) => button.setAttribute('aria-pressed', String(choices[i][0] === chosen))),
  };
}

/**
 * @param {string} id
 * @param {string} label
 * @param {...Node} parts
 */
export function field(id, label, ...parts) {
  return h('div', null, h('label.field-label', { for: id }, label), parts);
}

/**
 * A recording by its name: heard, or exchanged.
 * @param {any} ctx
 * @param {{onOther: () => void}} props
 */
export function recordingCard(ctx, { onOther }) {
  const { t } = ctx;
  const voice = createVoice();
  const name = h('span.name.clip');
  const time = h('span.small.soft.numbers');
  const canvas = /** @type {HTMLCanvasElement} */ (h('canvas', { 'aria-hidden': true }));
  const play = h('button.button.-round', { type: 'button', 'aria-label': t('chimera.own.hear'), onclick: () => shown && voice.toggle('file', shown, { onTime: sign }) });
  const other = h('button.button.-small', { type: 'button', onclick: onOther }, icon('redo', '-small'), h('span', null, t('voices.importing.other')));
  const el = h('div.sound-card', null, play, h('div.clip', null, name, ' ', time), other, canvas);
  /** @type {File | null} */
  let shown = null;
  /** @type {number[]} */
  let peaks = [];

  const draw = () => drawWaveform(canvas, { peaks, bar: 2, gap: 2, colours: () => getComputedStyle(canvas).color });
  const sign = (/** @type {number | null} */ now) => redraw(play, now !== null, () => icon(now === null ? 'play' : 'stop', '-small'));
  new ResizeObserver(draw).observe(canvas);
  sign(null);

  /** @param {File} file */
  async function look(file) {
    const sound = await decodeSound(file);
    if (shown !== file) return;
    peaks = sound.peaks;
    canvas.hidden = !peaks.length;
    setText(time, sound.duration ? withUnit(sound.duration, ctx.i18n.locale()) : '');
    draw();
  }

  return {
    el, focus: () => play.focus(), end: voice.stop,
    /** @param {File | null} file */
    update(file) {
      if (file === shown) return;
      voice.stop();
      shown = file;
      peaks = [];
      setText(name, file?.name ?? '');
      setText(time, '');
      if (file) look(file);
    },
  };
}

/**
 * A slider with its value in words, and a sentence on what it does.
 * @param {any} ctx
 * @param {{name: string, min: number, max: number, step: number, shown: (value: number) => string, onInput: (value: number) => void}} props
 */
export function slider({ t }, { name, min, max, step, shown, onInput }) {
  const id = `chimera-${name}`;
  const value = h('output.numbers', { for: id });
  const input = h(`input#${id}`, { type: 'range', min, max, step, 'aria-describedby': `${id}-hint`, oninput: () => onInput(Number(input.value)) });
  const hint = h('p.field-hint', { id: `${id}-hint` }, t(`chimera.mix.${name}Hint`));
  return {
    el: h('div.slider', null, h('div.row.-apart', null, h('label.field-label', { for: id }, t(`chimera.mix.${name}`)), value), input, hint),
    /** @param {number} now */
    update(now) {
      if (document.activeElement !== input) input.value = String(now);
      input.setAttribute('aria-valuetext', shown(now));
      redraw(value, shown(now), () => shown(now));
    },
  };
}
