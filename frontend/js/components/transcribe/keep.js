// Keeps a recording that was written down as one emotion of a voice: which voice, which emotion, then it is saved.

import { h, icon } from '../../dom.js';
import { inOrder } from '../../emotion-order.js';
import { problemNotice } from '../builder/problem-notice.js';
import { upload } from '../builder/upload.js';

const NEW = 'new'; // the choice that makes a voice; no id is so short

/**
 * @param {any} ctx
 * @param {any} heard the recording
 * @param {any} result of its transcription
 */
export function keepAsReference(ctx, heard, result) {
  const { t, store } = ctx;
  const { personalities, catalog } = store.get();
  const voice = h('select.input#keep-voice', { onchange: named }, (personalities ?? []).map((/** @type {any} */ one) => h('option', { value: one.id }, one.name)), h('option', { value: NEW }, t('transcribe.keeping.new')));
  const name = h('input.input#keep-name', { maxlength: 200, autocomplete: 'off', placeholder: t('builder.who.namePlaceholder') });
  const nameBlock = h('div', null, h('label.field-label', { for: 'keep-name' }, t('builder.who.name')), name);
  const emotion = h('select.input#keep-emotion', { onchange: named }, inOrder((catalog?.emotions ?? []).map((/** @type {any} */ one) => one.name), catalog?.emotions ?? []).map((one) => h('option', { value: one }, `${ctx.emotion(one).emoji} ${ctx.emotion(one).label}`)));
  const agreed = h('input#keep-consent', { type: 'checkbox', class: 'switch' });
  const consent = h('label.row', { for: 'keep-consent' }, agreed, h('span', null, t('builder.who.statement')));
  const words = h('textarea.input#keep-words', { rows: 3, maxlength: 5000, value: (result.raw_text || result.text).trim() }); // as heard: a clone wants the very words
  const replaces = h('p.small.warns', { role: 'status' });
  const fault = h('div');
  const save = h('button.button.-primary#keep-save', { type: 'submit', form: 'keep-form' }, icon('check'), t('common.save'));
  const body = h('form.stack#keep-form', { onsubmit: submitted }, h('p.soft', null, t('transcribe.keeping.text')),
    h('div', null, h('label.field-label', { for: 'keep-voice' }, t('speak.voice')), voice), nameBlock, consent,
    h('div', null, h('label.field-label', { for: 'keep-emotion' }, t('transcribe.keeping.emotion')), emotion), replaces,
    h('div', null, h('label.field-label', { for: 'keep-words' }, t('builder.transcript.label')), words, h('p.field-hint', null, t('builder.transcript.hint'))), fault);
  const modal = ctx.openModal({ title: t('transcribe.keep'), body, footer: [h('button.button.-plain', { type: 'button', onclick: () => modal.close() }, t('common.cancel')), save], width: 480 });

  function named() {
    const known = (personalities ?? []).find((/** @type {any} */ one) => one.id === voice.value);
    nameBlock.hidden = consent.hidden = Boolean(known);
    replaces.textContent = known?.emotions[emotion.value] ? t('smart.save.replaces', { name: known.name, emotions: ctx.emotion(emotion.value).label }) : '';
  }

  /** @param {Event} event */
  async function submitted(event) {
    event.preventDefault();
    if (voice.value === NEW && !name.value.trim()) return void name.focus();
    save.disabled = true;
    try {
      const record = await write();
      await ctx.refresh.personalities();
      modal.close();
      ctx.toast(t('transcribe.keeping.done', { name: record.name, emotion: ctx.emotion(emotion.value).label }), { action: { label: t('problems.open', { place: t('nav.voices') }), run: () => ctx.router.go('voices') } });
    } catch (error) {
      fault.replaceChildren(problemNotice(ctx, error));
    } finally {
      save.disabled = false;
    }
  }

  async function write() {
    const made = voice.value === NEW;
    const id = made ? (await ctx.api.post('/api/personality', detailsOf())).id : voice.value;
    const form = new FormData();
    form.append('audio', heard.file, heard.file.name);
    form.append('transcript', words.value.trim());
    try {
      return await upload('PUT', `/api/personality/${encodeURIComponent(id)}/emotions/${encodeURIComponent(emotion.value)}`, form);
    } catch (error) {
      if (made) await ctx.api.delete(`/api/personality/${encodeURIComponent(id)}`).catch(() => {}); // half a voice is worse than none
      throw error;
    }
  }

  function detailsOf() {
    const spoken = (catalog?.languages ?? []).some((/** @type {any} */ one) => one.code === result.language);
    const statement = agreed.checked ? t('builder.who.statement') : '';
    return { name: name.value.trim(), language: spoken ? result.language : ctx.i18n.locale(), consent: { who: '', when: statement && new Date().toISOString(), statement } };
  }

  named();
}
