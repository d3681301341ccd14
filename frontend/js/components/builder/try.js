// Step three of the builder: one line, spoken in each recorded emotion, to hear what was made.

import { withUnit } from '../../audio/time.js';
import { drawWaveform } from '../../audio/waveform.js';
import { fill, h, icon } from '../../dom.js';
import { inOrder } from '../../emotion-order.js';
import { problemNotice } from './problem-notice.js';
import { speakOnce } from './speak-once.js';
import { tryLine } from './try-lines.js';

/**
 * @param {any} ctx
 * @param {import('./session.js').Session} session
 * @param {ReturnType<typeof import('./sound.js').createVoice>} voice
 * @param {{onBack: () => void, onSpeak: () => void}} ways
 */
export function tryStep(ctx, session, voice, { onBack, onSpeak }) {
  const { t } = ctx;
  const leaving = new AbortController();
  const line = h('input.input#builder-line', { value: tryLine(session.personality.language), maxlength: 300, autocomplete: 'off', lang: session.personality.language });
  const rows = inOrder(Object.keys(session.personality.emotions), ctx.store.get().catalog?.emotions ?? []).map((emotion) => tryRow(ctx, voice, emotion, () => ({
    request: {
      text: line.value.trim() || tryLine(session.personality.language), language: session.personality.language || 'auto',
      voice: { kind: 'personality', personality: session.personality.id, emotion }, title: `${session.personality.name} · ${ctx.emotion(emotion).label}`,
    },
    signal: leaving.signal,
  })));
  const all = h('button.button#builder-try-all', { type: 'button', onclick: playAll }, icon('play', '-small'), t('builder.try.all'));
  line.addEventListener('input', () => rows.forEach((row) => row.stale()));

  async function playAll() {
    all.disabled = true;
    for (const [i, row] of rows.entries()) {
      await row.prepare();
      rows[i + 1]?.prepare(); // the next one is spoken while this one sounds
      if (leaving.signal.aborted || !(await row.perform())) break;
    }
    all.disabled = false;
  }

  const el = h('div.try', null,
    h('div.field-block', null, h('label.field-label', { for: 'builder-line' }, t('builder.try.line')), h('div.row', null, line, all)),
    h('ul.try-rows', null, rows.map((row) => row.el)));
  return {
    el, update() {},
    end() {
      leaving.abort();
      voice.stop();
    },
    footer: () => [
      h('button.button.-plain', { type: 'button', onclick: onBack }, t('builder.back')),
      h('button.button.-primary#builder-speak', { type: 'button', onclick: onSpeak }, h('span.clip', null, t('builder.try.speak', { name: session.personality.name })), icon('arrow-right')),
    ],
  };
}

/**
 * @param {any} ctx
 * @param {ReturnType<typeof import('./sound.js').createVoice>} voice
 * @param {string} emotion
 * @param {() => {request: any, signal: AbortSignal}} asked
 */
function tryRow(ctx, voice, emotion, asked) {
  const { t } = ctx;
  const { emoji, label, colour } = ctx.emotion(emotion);
  const key = `try ${emotion}`;
  const button = h('button.button.-round', { type: 'button', onclick: () => perform() });
  const canvas = /** @type {HTMLCanvasElement} */ (h('canvas', { 'aria-hidden': 'true' }));
  const state = h('p.small.soft.numbers.state', { role: 'status' });
  const fault = h('div.fault');
  const el = h('li.try-row', { '--emotion': colour },
    button, h('span.name', null, h('span.emoji', { 'aria-hidden': 'true' }, emoji), label), canvas, state, fault);
  /** @type {any} */
  let take = null;
  let busy = false;
  /** @type {Promise<void> | null} */
  let speaking = null;
  let played = 0;

  function draw() {
    const playing = voice.playing(key);
    el.dataset.state = busy ? 'busy' : take ? 'ready' : 'idle';
    fill(button, icon(playing ? 'stop' : 'play'));
    button.setAttribute('aria-label', t(playing ? 'builder.slot.stop' : 'builder.try.play', { emotion: label }));
    button.disabled = busy;
    drawWaveform(canvas, { peaks: take?.peaks ?? [], colours: () => colour, progress: playing && take ? played / take.duration : 1 });
  }
  new ResizeObserver(draw).observe(canvas);

  /** @param {any} event of the job */
  function onEvent({ progress = 0 }) {
    el.style.setProperty('--progress', String(progress));
    state.textContent = t('builder.try.speaking', { percent: Math.round(progress * 100) });
  }

  async function speak() {
    busy = true;
    fill(fault);
    draw();
    const { request, signal } = asked();
    try {
      take = await speakOnce(ctx, request, { onEvent, signal });
      state.textContent = withUnit(take.duration, ctx.i18n.locale());
    } catch (error) {
      state.textContent = '';
      if (!signal.aborted) fill(fault, problemNotice(ctx, error, [{ label: t('common.retry'), run: () => perform() }]));
    }
    busy = false;
    draw();
  }

  /** Speaks, once, where there is no take yet. */
  async function prepare() {
    if (take) return;
    speaking ??= speak().finally(() => { speaking = null; });
    await speaking;
  }

  /** Speaks where needed, then plays. @returns {Promise<boolean>} true when it was heard to its end */
  async function perform() {
    if (voice.playing(key)) return voice.stop(), false;
    await prepare();
    if (!take || asked().signal.aborted) return false;
    return new Promise((resolve) => {
      voice.toggle(key, take.url, {
        onTime: (seconds) => {
          if (seconds === null) resolve(played > take.duration * 0.8);
          played = seconds ?? 0;
          draw();
        },
      });
    });
  }

  draw();
  return {
    el, perform, prepare,
    stale() {
      take = null;
      state.textContent = '';
      draw();
    },
  };
}
