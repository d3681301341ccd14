// Step one of the builder: whose voice it is. A name, a language, and a line of consent; saved by the session.

import { h, icon, set } from '../../dom.js';
import { problemNotice } from './problem-notice.js';

/**
 * @param {any} ctx
 * @param {import('./session.js').Session} session
 * @param {() => void} onReady the name stands and is saved
 * @param {{onSmart?: () => void}} [ways] to where one long recording does it all
 */
export function whoStep(ctx, session, onReady, ways = {}) {
  const { t } = ctx;
  const given = session.personality ?? { name: '', language: '', description: '', consent: {} };
  const name = h('input.input.name#builder-name', { value: given.name, maxlength: 200, autofocus: true, autocomplete: 'off', placeholder: t('builder.who.namePlaceholder') });
  const language = languageSelect(ctx, given.language);
  const who = h('input.input#builder-speaker', { value: given.consent?.who ?? '', maxlength: 200, autocomplete: 'off', placeholder: t('builder.who.speakerPlaceholder') });
  const agreed = h('input#builder-consent', { type: 'checkbox', class: 'switch', checked: Boolean(given.consent?.statement) });
  const error = h('p.field-error#builder-name-error', { hidden: true });
  const fault = h('div');
  set(name, { 'aria-describedby': 'builder-name-error' });

  const el = h('form.who', { novalidate: true, onsubmit: submitted, onchange: () => session.personality && name.value.trim() && save() },
    h('p.lead', null, t('builder.who.lead')),
    field('builder-name', t('builder.who.name'), name, error),
    field('builder-language', t('builder.who.language'), language, h('p.field-hint', null, t('builder.who.languageHint'))),
    h('fieldset.consent', null,
      h('label.row', { for: 'builder-consent' }, agreed, h('span', null, t('builder.who.statement'))),
      field('builder-speaker', t('builder.who.speaker'), who, h('p.field-hint', null, t('builder.who.consentHint')))),
    fault,
    !session.personality && ways.onSmart && h('p.row.-wrap.small.soft', null, t('builder.who.smart'), h('button.button.-small.-plain#builder-smart', { type: 'button', onclick: ways.onSmart }, icon('scissors', '-small'), t('nav.smart'))),
    h('button.unseen', { type: 'submit', tabindex: -1 }, t('builder.next')));

  /** @param {Event} event */
  function submitted(event) {
    event.preventDefault();
    next();
  }

  async function next() {
    const missing = !name.value.trim();
    error.hidden = !missing;
    error.textContent = missing ? t('builder.who.nameMissing') : '';
    set(name, { 'aria-invalid': missing ? 'true' : null });
    if (missing) return void name.focus();
    if (await save()) onReady();
  }

  async function save() {
    try {
      await session.saveDetails(detailsOf());
      fault.replaceChildren();
      return true;
    } catch (problem) {
      fault.replaceChildren(problemNotice(ctx, problem, [{ label: t('common.retry'), run: next }]));
      return false;
    }
  }

  function detailsOf() {
    const before = session.personality?.consent;
    const statement = agreed.checked ? before?.statement || t('builder.who.statement') : '';
    const when = statement ? before?.when || new Date().toISOString() : '';
    return { name: name.value.trim(), language: language.value, consent: { who: who.value.trim(), when, statement } };
  }

  return { el, next, update() {}, title: () => t('builder.steps.who'), footer: () => [h('button.button.-primary#builder-next', { type: 'button', onclick: next }, t('builder.next'), icon('arrow-right'))] };
}

/**
 * @param {any} ctx
 * @param {string} chosen
 */
function languageSelect(ctx, chosen) {
  const languages = ctx.store.get().catalog?.languages ?? [];
  const fallback = chosen || ctx.i18n.locale();
  return h('select.input#builder-language', null, languages.map((/** @type {any} */ { code, native, english }) =>
    h('option', { value: code, selected: code === fallback, lang: code }, native === english ? native : `${native} · ${english}`)));
}

/**
 * @param {string} id
 * @param {string} label
 * @param {...Node} parts
 */
function field(id, label, ...parts) {
  return h('div.field-block', null, h('label.field-label', { for: id }, label), parts);
}
