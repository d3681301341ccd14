// Where the chosen try is kept: an emotion of a saved voice, or of a new one, with its words put right.

import { h, icon, redraw, setText } from '../../dom.js';
import { problemNotice } from '../builder/problem-notice.js';
import { emotionPill } from '../emotion-pill.js';
import { field } from './pieces.js';

const NEW = 'new'; // no id of a voice is so short

/**
 * @param {any} ctx
 * @param {ReturnType<typeof import('../../chimera-room.js').createChimeraRoom>} room
 */
export function keepForm(ctx, room) {
  const { t, store } = ctx;
  const into = h('select.input#chimera-into', { onchange: () => room.arrange({ into: into.value }) });
  const name = h('input.input#chimera-name', { maxlength: 200, autocomplete: 'off', placeholder: t('builder.who.namePlaceholder'), oninput: () => room.arrange({ name: name.value }), 'aria-describedby': 'chimera-name-error' });
  const error = h('p.field-error#chimera-name-error', { hidden: true }, t('builder.who.nameMissing'));
  const fresh = field('chimera-name', t('builder.who.name'), name, error);
  const emotion = h('select.input#chimera-emotion', { onchange: () => update() });
  const replaced = h('p.small.warns');
  const words = h('textarea.input#chimera-words', { rows: 3, maxlength: 5000, onchange: () => room.arrange({ words: { ...room.desk.words, [room.desk.kept]: words.value } }) });
  const fault = h('div.fault');
  const save = h('button.button.-primary.-large#chimera-save', { type: 'submit' });
  const form = h('form.glass.chimera-keep', { novalidate: true, onsubmit: (/** @type {Event} */ event) => { event.preventDefault(); keep(Boolean(lost())); } },
    h('h2', null, t('chimera.keep.title')), h('div.pair', null, field('chimera-into', t('smart.save.into'), into), field('chimera-emotion', t('chimera.keep.as'), emotion)), fresh,
    h('div', null, field('chimera-words', t('chimera.own.words'), words), h('p.field-hint', null, t('chimera.keep.wordsHint'))), replaced, fault, save);
  const el = h('div', null, form);
  let saving = false;
  let chosen = '';

  const target = () => (store.get().personalities ?? []).find((/** @type {any} */ one) => one.id === room.desk.into);

  /** The recording that would go. */
  const lost = () => target()?.emotions[emotion.value];

  /** @param {boolean} replace */
  async function keep(replace) {
    const missing = !target() && !name.value.trim();
    error.hidden = !missing;
    if (missing) return void name.focus();
    if (saving) return;
    saving = true;
    update();
    try {
      const where = target() ? { personality: target().id, replace } : { name: name.value.trim(), language: ctx.i18n.locale() };
      const record = await room.save({ ...where, emotion: emotion.value, transcript: words.value.trim() });
      fault.replaceChildren();
      await ctx.refresh.personalities().catch(() => {}); // the list is looked at again when it is shown
      room.arrange({ into: record.id, name: '' });
      made(record, emotion.value);
    } catch (problem) {
      const { code } = ctx.explain(problem);
      const ways = code === 'emotion-exists' ? [{ label: t('chimera.keep.replace'), run: () => keep(true) }] : [];
      fault.replaceChildren(problemNotice(ctx, problem, ways));
      /** @type {HTMLElement} */ (fault.querySelector('button') ?? save).focus();
    } finally {
      saving = false;
      update();
    }
  }

  /** @param {any} record @param {string} mood */
  function made(record, mood) {
    const speak = h('button.button.-primary#chimera-speak', { type: 'button', onclick: () => speakWith(record, mood) }, icon('speak', '-small'), t('builder.try.speak', { name: record.name }));
    const done = h('section.glass.chimera-keep.-done', { role: 'status' }, h('h2', null, t('chimera.keep.done', { name: record.name })), emotionPill(ctx, mood),
      h('div.row.-wrap', null, speak, h('button.button', { type: 'button', onclick: () => ctx.buildPersonality({ id: record.id, step: 'emotions', emotion: mood }) }, icon('mic', '-small'), t('smart.made.refine')),
        h('button.button.-plain', { type: 'button', onclick: () => { done.remove(); form.hidden = false; emotion.focus(); } }, t('chimera.keep.another'))));
    el.prepend(done);
    form.hidden = true;
    speak.focus();
  }

  /** @param {any} record @param {string} mood */
  function speakWith(record, mood) {
    store.set((/** @type {any} */ now) => ({ draft: { ...now.draft, tab: 'base', personality: record.id, text: now.draft.text.trim() ? now.draft.text : `[${mood}] ${room.wish.text || ''}`.trim() } }));
    ctx.router.go('speak');
  }

  function update() {
    const { sitting, desk } = room;
    el.hidden = !sitting;
    if (!sitting) return;
    const { personalities, catalog } = store.get();
    if (chosen !== sitting.session) {
      chosen = sitting.session;
      el.querySelector('.-done')?.remove();
      form.hidden = false;
      fault.replaceChildren();
    }
    redraw(into, personalities, () => [...(personalities ?? []).map((/** @type {any} */ one) => h('option', { value: one.id }, one.name)), h('option', { value: NEW }, t('smart.save.new'))]);
    into.value = target() ? desk.into : NEW;
    fresh.hidden = Boolean(target());
    if (document.activeElement !== name) name.value = desk.name;
    const names = [...new Set([...(catalog?.emotions ?? []).map((/** @type {any} */ one) => one.name), sitting.emotion])];
    redraw(emotion, `${sitting.session} ${names.join()}`, () => names.map((one) => h('option', { value: one, selected: one === sitting.emotion }, `${ctx.emotion(one).emoji} ${ctx.emotion(one).label}`)));
    const kept = sitting.tries.find((one) => one.index === desk.kept) ?? sitting.tries[0];
    if (document.activeElement !== words) words.value = desk.words[kept.index] ?? kept.transcript;
    const label = ctx.emotion(emotion.value).label;
    setText(replaced, lost() ? t('smart.save.replaces', { name: target().name, emotions: label }) : '');
    redraw(save, `${Boolean(lost())}`, () => [icon(lost() ? 'redo' : 'check'), h('span', null, t(lost() ? 'chimera.keep.replace' : 'chimera.keep.save'))]);
    save.setAttribute('aria-disabled', String(saving));
  }

  return { el, update };
}
