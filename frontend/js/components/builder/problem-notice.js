// A problem where it happened: what went wrong, what to do, and the buttons that do it.

import { h, icon } from '../../dom.js';

/**
 * @param {any} ctx
 * @param {unknown} error
 * @param {{label: string, run: () => void}[]} [ways]
 */
export function problemNotice(ctx, error, ways = []) {
  const { title, detail, hint } = ctx.explain(error);
  return h('div.notice.-problem', { role: 'alert' }, icon('warn'), h('div.grow', null,
    h('strong', null, title),
    h('p', null, [detail, hint].filter(Boolean).join(' ')),
    ways.length > 0 && h('div.actions', null, ways.map(({ label, run }) => h('button.button.-small', { type: 'button', onclick: run }, label)))));
}
