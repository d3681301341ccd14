// The settings of this page. Each says in a sentence what it does; all are kept in this browser and take effect at once.

import { h, icon } from '../dom.js';
import { LOCALES } from '../i18n.js';
import { THEMES } from '../theme.js';
import { showKeys } from '../keys.js';

/**
 * @param {HTMLElement} el
 * @param {any} ctx
 */
export function mount(el, ctx) {
  const { t, store } = ctx;
  el.classList.add('settings');
  const language = choices(t('settings.language.title'), 'language', Object.entries(LOCALES).map(([code, name]) => ({ value: code, label: name, lang: code })), (value) => ctx.setLocale(value));
  const theme = choices(t('settings.theme.title'), 'theme', THEMES.map((name) => ({ value: name, label: t(`settings.theme.${name}`) })), (value) => ctx.setTheme(value));
  const format = h('select.input#settings-format', {
    'aria-label': t('settings.format.title'),
    onchange: () => store.set((/** @type {any} */ now) => ({ draft: { ...now.draft, format: format.value } })),
  });
  const motion = h('span.state.small');
  const version = h('p.small.soft.version');
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  el.append(
    h('header', null, h('h1', null, t('nav.settings'))),
    group(t('settings.look'), [
      row(t, 'language', language.el), row(t, 'theme', theme.el), row(t, 'motion', motion),
    ]),
    group(t('settings.output'), [row(t, 'format', format), row(t, 'keys', h('button.button', { type: 'button', onclick: () => showKeys(ctx) }, icon('keyboard', '-small'), t('settings.keys.show')))]),
    h('section.glass.group.-beside', null, h('h2', null, t('settings.privacy.title')), h('ul.promises', null, ['local', 'files', 'marked', 'consent'].map((name) =>
      h('li', null, icon({ local: 'lock', files: 'folder', marked: 'info', consent: 'user' }[name] ?? 'info'), h('p', null, t(`settings.privacy.${name}`)))))),
    version);

  function update() {
    const { locale, theme: now, draft, catalog } = store.get();
    language.choose(locale);
    theme.choose(now);
    const formats = catalog?.formats ?? [draft.format];
    if (format.childElementCount !== formats.length) {
      format.replaceChildren(...formats.map((/** @type {string} */ name) => h('option', { value: name }, `${name} · ${t(`player.formats.${name}`)}`)));
    }
    format.value = draft.format;
    motion.textContent = t(still.matches ? 'settings.motion.reduced' : 'settings.motion.full');
    version.textContent = catalog ? t('settings.version', { version: catalog.version }) : '';
  }

  still.addEventListener('change', update);
  const stop = store.subscribe(update);
  return {
    update,
    unmount() {
      still.removeEventListener('change', update);
      stop();
    },
  };
}

/**
 * @param {string} title
 * @param {Node[]} rows
 */
function group(title, rows) {
  return h('section.glass.group', null, h('h2', null, title), rows);
}

/**
 * @param {(key: string) => string} t
 * @param {string} name
 * @param {Node} control
 */
function row(t, name, control) {
  return h('div.setting', null, h('div.grow', null, h('h3', null, t(`settings.${name}.title`)), h('p.small.soft', null, t(`settings.${name}.what`))), control);
}

/**
 * A few choices side by side, of which one holds.
 * @param {string} label
 * @param {string} name
 * @param {{value: string, label: string, lang?: string}[]} options
 * @param {(value: string) => void} onChoose
 */
function choices(label, name, options, onChoose) {
  const buttons = options.map((option) => h('input', { type: 'radio', name: `settings-${name}`, id: `settings-${name}-${option.value}`, value: option.value, onchange: () => onChoose(option.value) }));
  const el = h('div.choices', { role: 'radiogroup', 'aria-label': label }, options.map((option, i) => h('label', { lang: option.lang }, buttons[i], h('span', null, option.label))));
  return {
    el,
    /** @param {string} value */
    choose(value) {
      for (const button of buttons) button.checked = button.value === value;
    },
  };
}
