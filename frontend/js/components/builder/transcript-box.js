// What is said in a recording: typed, taken from the line that was read, or written down by a recogniser.

import { h, icon, redraw, setText } from '../../dom.js';
import { titleOf } from '../../recognisers.js';
import { later } from './later.js';
import { problemNotice } from './problem-notice.js';

const PAUSE = 900; // milliseconds after the last letter

/**
 * Words are saved a moment after the last letter, and when the place is left.
 * @param {any} ctx
 * @param {{emotion: string, first: any, reading: string, session: import('./session.js').Session,
 *   dictation: import('./dictation.js').Dictation}} props reading: the line that was shown to be read
 */
export function transcriptBox(ctx, { emotion, first, reading, session, dictation }) {
  const { t } = ctx;
  let saved = first.transcript ?? '';
  let suggested = ''; // put into the box, and not yet anybody's words
  const state = h('span.small.faint', { 'aria-live': 'polite' });
  const area = h('textarea.input#builder-transcript', { rows: 3, maxlength: 5000, value: saved, placeholder: t('builder.transcript.placeholder'), oninput: typed, onchange: flush });
  const asRead = h('button.button.-small.-plain', { type: 'button', onclick: () => use(reading) }, icon('check', '-small'), t('builder.transcript.asRead'));
  const write = h('button.button.-small#builder-write', { type: 'button', onclick: ask }, icon('transcribe', '-small'), t('builder.transcript.write'));
  const hint = h('p.field-hint.grow', null, t('builder.transcript.hint'));
  const heard = h('div.dictated', { 'aria-live': 'polite' });
  const soon = later(flush, PAUSE);

  function typed() {
    suggested = '';
    if (dictation.of(emotion)?.phase === 'listening') dictation.drop(emotion); // whoever types knows better
    offer();
    soon();
  }

  function offer() {
    const empty = !area.value.trim();
    asRead.hidden = !reading || !empty;
    write.hidden = !empty || !dictation.listener || dictation.of(emotion)?.phase === 'listening';
  }

  function ask() {
    dictation.ask(emotion);
    /** @type {HTMLElement | null} */ (heard.querySelector('button'))?.focus();
  }

  /** @param {string} text */
  function use(text) {
    suggested = '';
    area.value = text;
    if (dictation.of(emotion)) dictation.drop(emotion);
    flush();
    offer();
    area.focus();
  }

  function flush() {
    const text = area.value.trim();
    if (text === saved.trim() || (suggested && text === suggested)) return;
    saved = text;
    if (dictation.of(emotion)) dictation.drop(emotion);
    session.put(emotion, { transcript: text });
  }

  /** @param {import('./dictation.js').Dictated | null} dictated */
  function hear(dictated) {
    if (dictated?.phase === 'suggested' && suggested !== dictated.text && !area.value.trim()) area.value = suggested = dictated.text;
    redraw(heard, dictated, () => wordsOf(ctx, dictated, {
      keep: () => use(dictated?.text ?? ''),
      stop: () => { dictation.drop(emotion); area.focus(); },
      clear: () => { area.value = suggested = ''; dictation.drop(emotion); area.focus(); },
      again: ask,
    }));
  }

  offer();
  return {
    el: h('div.transcript', null, h('div.row.-apart', null, h('label.field-label', { for: 'builder-transcript' }, t('builder.transcript.label')), state), area, heard,
      h('div.row.-wrap', null, hint, asRead, write)),
    flush,
    /** @param {any} entry @param {any} transfer */
    update(entry, transfer) {
      const settled = area.value.trim() === saved.trim() || area.value.trim() === suggested;
      if (settled && entry.transcript && entry.transcript !== saved && !transfer) {
        area.value = saved = entry.transcript;
        suggested = '';
      }
      hear(dictation.of(emotion));
      offer();
      const by = entry.transcript && entry.transcript === area.value && !['user', 'chimera', ''].includes(entry.transcript_source ?? '') ? entry.transcript_source : '';
      setText(state, transfer?.change.transcript !== undefined && transfer.phase !== 'failed' ? t('builder.saving.now')
        : by ? t('builder.transcript.by', { name: titleOf(ctx.store.get().catalog, by) }) : '');
    },
  };
}

/**
 * What the recogniser does, or did.
 * @param {any} ctx
 * @param {import('./dictation.js').Dictated | null} dictated
 * @param {Record<'keep' | 'stop' | 'clear' | 'again', () => void>} ways
 */
function wordsOf(ctx, dictated, ways) {
  const { t } = ctx;
  if (!dictated) return null;
  const { phase, engine, problem } = dictated;
  const button = (/** @type {keyof typeof ways} */ way, /** @type {string} */ words) => h('button.button.-small', { type: 'button', onclick: ways[way], class: way === 'keep' ? '' : '-plain' }, words);
  if (phase === 'failed') return problemNotice(ctx, problem, [{ label: t('common.retry'), run: ways.again }, { label: t('common.close'), run: ways.stop }]);
  if (phase === 'listening') return h('p.row.small.soft', null, h('span.grow', null, t('builder.transcript.listening', { name: engine })), button('stop', t('common.cancel')));
  if (phase === 'silent') return h('p.row.small.soft', null, h('span.grow', null, t('builder.transcript.silent', { name: engine })), button('stop', t('common.close')));
  return h('div.notice.-warn', null, icon('transcribe'), h('div.grow', null, h('p', null, t('builder.transcript.suggested', { name: engine })),
    h('div.actions', null, button('keep', t('builder.transcript.keep')), button('clear', t('builder.transcript.clear')))));
}
