// Whose voice the clips become: a new one with a name, or one that is there; a line of consent; then it is saved.

import { h, icon, redraw, set } from '../../dom.js';
import { emotionsOf } from '../../smart-clips.js';
import { problemNotice } from '../builder/problem-notice.js';

const NEW = 'new'; // no id of a voice is so short

/**
 * @param {any} ctx
 * @param {ReturnType<typeof import('../../smart-room.js').createSmartRoom>} room
 * @param {{onMade: (personality: any) => void}} ways
 */
export function saveForm(ctx, room, { onMade }) {
  const { t, store } = ctx;
  const into = h('select.input#smart-into', { onchange: () => room.describe({ into: into.value === NEW ? '' : into.value }) });
  const name = h('input.input#smart-name', { maxlength: 200, autocomplete: 'off', placeholder: t('builder.who.namePlaceholder'), oninput: () => room.describe({ name: name.value }), 'aria-describedby': 'smart-name-error' });
  const error = h('p.field-error#smart-name-error', { hidden: true }, t('builder.who.nameMissing'));
  const unasked = h('p.field-error#smart-consent-error', { hidden: true }, t('smart.save.consentMissing'));
  const language = h('select.input#smart-voice-language', { onchange: () => room.describe({ language: language.value }) });
  const agreed = h('input#smart-consent', { type: 'checkbox', class: 'switch', onchange: () => room.describe({ agreed: agreed.checked }), 'aria-describedby': 'smart-consent-error' });
  const who = h('input.input#smart-who', { maxlength: 200, autocomplete: 'off', placeholder: t('builder.who.speakerPlaceholder'), oninput: () => room.describe({ who: who.value }) });
  const fresh = h('div.stack', null,
    h('div.pair', null, field('smart-name', t('builder.who.name'), name, error), field('smart-voice-language', t('builder.who.language'), language)),
    h('div', null, h('label.row.consent', { for: 'smart-consent' }, agreed, h('span', null, t('builder.who.statement'))), unasked),
    field('smart-who', t('builder.who.speaker'), who));
  const replaced = h('p.small.warns');
  const intoBlock = field('smart-into', t('smart.save.into'), into);
  const fault = h('div');
  const save = h('button.button.-primary.-large#smart-save', { type: 'submit' });
  const el = h('form.glass.smart-save', { novalidate: true, onsubmit: submitted }, intoBlock, fresh, replaced, fault, save);
  let saving = false;

  function update() {
    const { personalities, catalog } = store.get();
    const { details, placed } = room.desk;
    redraw(into, personalities, () => [h('option', { value: NEW }, t('smart.save.new')), (personalities ?? []).map((/** @type {any} */ one) => h('option', { value: one.id }, one.name))]);
    redraw(language, catalog, () => (catalog?.languages ?? []).map((/** @type {any} */ { code, native, english }) => h('option', { value: code, lang: code }, native === english ? native : `${native} · ${english}`)));
    const target = (personalities ?? []).find((/** @type {any} */ one) => one.id === details.into);
    into.value = target ? details.into : NEW;
    intoBlock.hidden = !personalities?.length;
    fresh.hidden = Boolean(target);
    if (document.activeElement !== name) name.value = details.name;
    if (document.activeElement !== who) who.value = details.who;
    language.value = details.language || spoken(catalog, room.sitting?.language) || ctx.i18n.locale();
    agreed.checked = details.agreed;
    if (details.name.trim()) tell(name, error, false);
    if (details.agreed) tell(agreed, unasked, false);
    const lost = target ? Object.keys(placed).filter((emotion) => target.emotions[emotion]).map((emotion) => ctx.emotion(emotion).label) : [];
    replaced.textContent = lost.length ? t('smart.save.replaces', { name: target.name, emotions: new Intl.ListFormat(ctx.i18n.locale()).format(lost) }) : '';
    const count = Object.keys(placed).length;
    save.disabled = saving || count === 0;
    redraw(save, `${saving} ${count} ${target?.name ?? ''}`, () => [icon(saving ? 'redo' : 'check'), saving ? t('builder.saving.now') : target ? t('smart.save.add', { name: target.name, count }) : t('smart.save.make', { count })]);
  }

  /** Says at its field what a new voice lacks; answers the first of them. */
  function wanting() {
    const fresh = into.value === NEW;
    tell(name, error, fresh && !name.value.trim());
    tell(agreed, unasked, fresh && !agreed.checked);
    return [name, agreed].find((one) => one.getAttribute('aria-invalid') === 'true');
  }

  /** @param {Event} event */
  async function submitted(event) {
    event.preventDefault();
    const lacking = wanting();
    if (lacking) return void lacking.focus();
    saving = true;
    update();
    try {
      const record = await room.save(wished());
      fault.replaceChildren();
      await ctx.refresh.personalities().catch(() => {}); // the list is looked at again when it is shown
      onMade(record);
    } catch (problem) {
      fault.replaceChildren(problemNotice(ctx, problem));
    } finally {
      saving = false;
      update();
    }
  }

  function wished() {
    const emotions = emotionsOf(room.desk.placed, room.desk.words);
    if (into.value !== NEW) return { personality: into.value, emotions };
    const statement = agreed.checked ? t('builder.who.statement') : '';
    return { name: name.value.trim(), language: language.value, description: '', consent: { who: who.value.trim(), when: statement && new Date().toISOString(), statement }, emotions };
  }

  return { el, update };
}

/** @param {HTMLElement} input @param {HTMLElement} words @param {boolean} missing */
function tell(input, words, missing) {
  words.hidden = !missing;
  set(input, { 'aria-invalid': missing ? 'true' : null });
}

/** @param {any} catalog @param {string} [code] */
function spoken(catalog, code = '') {
  return (catalog?.languages ?? []).some((/** @type {any} */ one) => one.code === code) ? code : '';
}

/**
 * @param {string} id
 * @param {string} label
 * @param {...Node} parts
 */
function field(id, label, ...parts) {
  return h('div', null, h('label.field-label', { for: id }, label), parts);
}
