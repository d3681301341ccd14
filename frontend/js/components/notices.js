// A problem with its way out, and quiet notices, in the reader's words, where they happened.

import { h, icon } from '../dom.js';

/** Problems whose way out is another place of the page. */
const WAYS_OUT = /** @type {Record<string, string>} */ ({
  'engine-unavailable': 'models', 'model-missing': 'models', 'out-of-memory': 'models', 'disk-full': 'history',
});

/**
 * @param {any} ctx
 * @param {unknown} problem
 * @param {() => void} [onRetry]
 * @returns {HTMLElement}
 */
export function problemNotice(ctx, problem, onRetry) {
  const { t } = ctx;
  const { code, title, detail, hint } = ctx.explain(problem);
  const way = WAYS_OUT[code];
  return h('div.notice.-problem', { role: 'alert' }, icon('warn'),
    h('div.grow', null, h('strong', null, title), detail && h('p', null, detail), hint && h('p', null, hint),
      h('div.actions', null,
        onRetry && h('button.button.-small', { type: 'button', onclick: onRetry }, icon('redo', '-small'), t('common.retry')),
        way && h('a.button.-small', { href: `#${way}` }, t('problems.open', { place: t(`nav.${way}`) })))));
}

/**
 * @param {any} ctx
 * @param {{code: string, text: string, params?: Record<string, string>}[]} notices
 */
export function quietNotices({ t, i18n, emotion }, notices) {
  if (!notices.length) return null;
  const languages = new Intl.DisplayNames([i18n.locale()], { type: 'language' });
  const words = (/** @type {any} */ { code, text, params = {} }) => {
    const shown = (/** @type {string} */ name, /** @type {string} */ value) => (name === 'language' ? languages.of(value) ?? value : i18n.has(`emotions.${value}`) ? emotion(value).label : value);
    const named = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, shown(name, value)]));
    return i18n.has(`notices.${code}`) ? t(`notices.${code}`, named) : text;
  };
  return h('ul.quiet-notices', { 'aria-label': t('performance.notices') }, notices.map((notice) => h('li.notice', null, icon('info', '-small'), h('span', null, words(notice)))));
}
