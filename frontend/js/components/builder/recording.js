// Recording a reference: counts down, shows level and time against the length that clones best, hands back the sound.

import { openMicrophone, MicrophoneError } from '../../audio/recorder.js';
import { decibels, levelWord, meterFraction, needle } from '../../audio/meter.js';
import { length as lengthOf, withUnit } from '../../audio/time.js';
import { h, icon, setText } from '../../dom.js';

/** A reference: five to fifteen seconds are best, a minute is the most. */
const REFERENCE = { longest: 60, scale: 20, count: 3, advice: 'builder.record.best' };

/**
 * @param {any} ctx
 * @param {{onDone: (blob: Blob, name: string) => void, onCancel: () => void, onProblem: (code: string) => void}} actions
 * @param {{longest: number, scale: number, count: number, advice: string}} [kind] seconds allowed, seconds the bar shows, counted down, key of a sentence
 */
export function recording(ctx, { onDone, onCancel, onProblem }, { longest, scale, count: counted, advice: advised } = REFERENCE) {
  const { t } = ctx;
  const count = h('p.count', { 'aria-live': 'assertive' });
  const meter = h('div.meter', { role: 'meter', 'aria-label': t('builder.record.level'), 'aria-valuemin': -60, 'aria-valuemax': 0 }, h('span.fill'), h('span.peak'));
  const word = h('p.small.level-word', { 'aria-live': 'polite' });
  const time = h('p.elapsed.numbers', null, withUnit(0, ctx.i18n.locale()));
  const bar = h('div.length', { 'aria-hidden': 'true' }, h('span.best'), h('span.fill'));
  const advice = h('p.small.soft', null, t(advised));
  const stop = h('button.button.-primary.-large.stop', { type: 'button', onclick: finish, hidden: true }, icon('stop'), t('builder.record.stop'));
  const cancel = h('button.button.-plain', { type: 'button', onclick: abandon }, t('common.cancel'));
  const el = h('div.recording', { '--best-from': 5 / scale, '--best-to': 15 / scale, onkeydown: typed },
    count, time, bar, advice, h('div.level', null, icon('mic', '-small'), meter), word, h('div.row', null, stop, cancel));
  /** @type {import('../../audio/recorder.js').Microphone | null} */
  let microphone = null;
  let began = 0;
  let over = false;
  let heard = { db: -60, loudest: -60, at: 0 };

  /** @param {{peak: number}} level */
  function onLevel({ peak }) {
    const now = performance.now();
    const db = decibels(peak);
    heard = { db: needle(heard.db, db, (now - heard.at) / 1000), loudest: Math.max(db, heard.loudest - 0.2), at: now };
    meter.style.setProperty('--level', String(meterFraction(heard.db)));
    meter.style.setProperty('--peak', String(meterFraction(heard.loudest)));
    meter.setAttribute('aria-valuenow', String(Math.round(heard.db)));
    meter.dataset.word = levelWord(heard.loudest);
    if (began) showTime((now - began) / 1000);
  }

  /** @param {number} seconds */
  function showTime(seconds) {
    setText(time, lengthOf(seconds, ctx.i18n.locale()));
    bar.style.setProperty('--done', String(Math.min(1, seconds / scale)));
    bar.classList.toggle('-enough', seconds >= 5);
    if (seconds > 1.5) setText(word, t(`builder.record.${levelWord(heard.loudest)}`));
    if (seconds >= longest) finish();
  }

  async function begin() {
    el.dataset.state = 'asking';
    setText(count, t('builder.record.asking'));
    try {
      microphone = await openMicrophone(onLevel);
    } catch (error) {
      if (!over) onProblem(error instanceof MicrophoneError ? error.code : 'unsupported');
      return;
    }
    if (over) return microphone.close();
    el.dataset.state = 'counting';
    for (let left = counted; left > 0 && !over; left -= 1) {
      setText(count, String(left));
      await new Promise((resolve) => setTimeout(resolve, 800));
    }
    if (over) return;
    el.dataset.state = 'recording';
    setText(count, t('builder.record.now'));
    stop.hidden = false;
    stop.focus();
    microphone.start();
    began = performance.now();
  }

  async function finish() {
    if (over || !microphone || !began) return;
    over = true;
    const { blob, name } = await microphone.stop();
    microphone.close();
    onDone(blob, name);
  }

  function abandon() {
    end();
    onCancel();
  }

  /** Leaves without a word to anybody. */
  function end() {
    over = true;
    microphone?.close();
  }

  /** @param {KeyboardEvent} event */
  function typed(event) {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    abandon();
  }

  begin();
  return { el, end, focus: () => cancel.focus() };
}
