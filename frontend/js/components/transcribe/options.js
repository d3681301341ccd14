// How a recording is to be heard: who writes it down, in which language, and whether it is put in order afterwards.

import { fill, h, icon, redraw } from '../../dom.js';
import { bestFor, languagesOf, noteOf, recognisersOf } from '../../recognisers.js';

/**
 * @param {any} ctx
 * @param {{options: Record<string, any>, choose: (patch: Record<string, any>) => void}} room
 * @param {{name?: string, mayRest?: boolean}} [how] name: prefix of the ids; mayRest: nobody needs to listen, and nothing is put in order
 */
export function listeningOptions(ctx, room, { name = 'transcribe', mayRest = false } = {}) {
  const { t } = ctx;
  const engine = h(`select.input#${name}-engine`, { onchange: () => room.choose({ engine: engine.value, language: keeps(engine.value) }) });
  const language = h(`select.input#${name}-language`, { onchange: () => room.choose({ language: language.value }) });
  const clean = h('input#transcribe-clean', { type: 'checkbox', class: 'switch', onchange: () => room.choose({ clean: clean.checked }) });
  const context = h('textarea.input#transcribe-context', { rows: 2, maxlength: 2000, placeholder: t('transcribe.contextHint'), onchange: () => room.choose({ context: context.value }) });
  const contextBlock = h('div.context', null, h('label.field-label', { for: 'transcribe-context' }, t('transcribe.context')), context);
  const note = h(`p.field-hint#${name}-engine-note`);
  const others = h('div.listening-others');
  const el = h('div.listening-options', null,
    h('div.pair', null,
      h('div', null, h('label.field-label', { for: `${name}-engine` }, t('transcribe.engine')), engine, note),
      h('div', null, h('label.field-label', { for: `${name}-language` }, t('transcribe.language')), language)),
    !mayRest && h('div.clean', null,
      h('label.row', { for: 'transcribe-clean' }, clean, h('span.grow', null, h('strong', null, t('transcribe.clean')), h('span.small.soft', null, t('transcribe.cleanHint')))),
      contextBlock));
  engine.setAttribute('aria-describedby', note.id);

  /** A language that the chosen recogniser does not know becomes automatic. @param {string} chosen */
  function keeps(chosen) {
    const known = languagesOf(ctx.store.get().catalog, ctx.i18n.locale(), chosen);
    return known.some(({ code }) => code === room.options.language) ? room.options.language : 'auto';
  }

  function update() {
    const { catalog } = ctx.store.get();
    const chosen = room.options;
    redraw(engine, catalog, () => engineChoices(ctx, catalog, mayRest));
    redraw(language, `${Boolean(catalog)} ${chosen.engine}`, () => [
      h('option', { value: 'auto' }, t('transcribe.languageAuto')),
      languagesOf(catalog, ctx.i18n.locale(), chosen.engine).map(({ code, label }) => h('option', { value: code }, label))]);
    engine.value = [...engine.options].some(({ value, disabled }) => value === chosen.engine && !disabled) ? chosen.engine : 'auto';
    language.value = [...language.options].some(({ value }) => value === chosen.language) ? chosen.language : 'auto';
    clean.checked = chosen.clean;
    contextBlock.hidden = !chosen.clean;
    if (document.activeElement !== context) context.value = chosen.context ?? '';
    note.textContent = expected(ctx, catalog, engine.value, language.value);
    redraw(others, catalog, () => unavailable(ctx, catalog));
  }

  return { el, others, update };
}

/** @param {any} ctx @param {any} catalog @param {boolean} mayRest */
function engineChoices({ t }, catalog, mayRest) {
  const all = recognisersOf(catalog);
  const choice = (/** @type {any} */ one) => h('option', { value: one.name, disabled: !one.available }, one.title);
  const group = (/** @type {string} */ label, /** @type {any[]} */ list) => list.length > 0 && h('optgroup', { label }, list.map(choice));
  return [h('option', { value: 'auto' }, t('transcribe.engineAuto')),
    mayRest && h('option', { value: 'none' }, t('smart.noWords')), group(t('models.able'), all.filter((one) => one.available)), group(t('models.unable'), all.filter((one) => !one.available))];
}

/**
 * What to expect of the one that will listen.
 * @param {any} ctx
 * @param {any} catalog
 * @param {string} engine
 * @param {string} language
 */
function expected(ctx, catalog, engine, language) {
  const { t } = ctx;
  if (engine === 'none') return t('smart.noWordsNote');
  const one = engine === 'auto' ? bestFor(catalog, language) : recognisersOf(catalog).find(({ name }) => name === engine);
  if (!one) return catalog && recognisersOf(catalog).length ? t('transcribe.noneForLanguage') : '';
  return [engine === 'auto' ? t('transcribe.willListen', { name: one.title }) : '', noteOf(ctx, one)].filter(Boolean).join(' ');
}

/**
 * Those that cannot listen yet: why, and where to change it.
 * @param {any} ctx
 * @param {any} catalog
 */
function unavailable({ t }, catalog) {
  const missing = recognisersOf(catalog).filter((one) => !one.available);
  if (!missing.length) return null;
  const list = h('ul');
  fill(list, missing.map((one) => h('li', null, h('strong', null, one.title), h('span.small.soft', null, [one.reason, one.hint].filter(Boolean).join(' ')))));
  return h('details', null, h('summary', null, t('transcribe.others', { count: missing.length })), list,
    h('a.button.-small', { href: '#models' }, icon('models', '-small'), t('problems.open', { place: t('nav.models') })));
}
