// What was found in a line, or in a whole take, in words; and the way to have a line said once more.

import { h, icon } from '../dom.js';
import { amountOf, checksOf, standingOf, summaryOf } from '../verification.js';
import { quietNotices } from './notices.js';

/**
 * @param {any} ctx
 * @param {any} part
 * @param {{redo: (() => void) | null}} ways null where it cannot be said again
 */
export function lineReport(ctx, part, { redo }) {
  const { t, i18n } = ctx;
  const checks = checksOf(part);
  const wrong = checks.filter(({ ok }) => !ok);
  const right = checks.filter(({ ok }) => ok);
  const names = new Intl.ListFormat(i18n.locale(), { type: 'conjunction' }).format(right.map((check) => nameOf(ctx, check)));
  return h('div.stack', null,
    h('p.small', null, h('strong', null, t(`verify.standing.${standingOf(part)}`)), part.takes > 1 && ` · ${t('verify.takes', { count: part.takes })}`),
    wrong.length > 0 && h('ul.findings', null, wrong.map((check) => h('li.small', null, icon('warn', '-small'), h('span', null, finding(ctx, check))))),
    right.length > 0 && h('p.small.soft', null, t('verify.passed', { count: right.length, names })),
    typeof part.similarity === 'number' && h('p.small.soft', null, t('verify.likeness', { share: percent(ctx, part.similarity) })),
    part.heard && heard(ctx, part.heard),
    redo && h('div.row', null, h('button.button.-small.redo', { type: 'button', onclick: redo }, icon('redo', '-small'), t('verify.redo'))));
}

/**
 * @param {any} ctx
 * @param {any} take
 * @param {{show: (index: number) => void}} ways brings a line into sight
 */
export function takeReport(ctx, take, { show }) {
  const { t } = ctx;
  const { checked } = summaryOf(take);
  const found = take.verification ?? {};
  const told = (/** @type {any} */ part) => ['doubtful', 'redone'].includes(standingOf(part));
  const lines = take.segments.map((/** @type {any} */ part, /** @type {number} */ index) => ({ part, index })).filter((/** @type {any} */ one) => told(one.part));
  return h('div.stack', null,
    h('p.small', null, t('verify.whole', { count: checked })),
    lines.length > 0 && h('ul.findings', null, lines.map((/** @type {any} */ { part, index }) => h('li.small', { dataset: { standing: standingOf(part) } },
      h('button.line', { type: 'button', onclick: () => show(index) }, icon(standingOf(part) === 'doubtful' ? 'warn' : 'redo', '-small'), h('span', null, `${t('verify.line', { count: index + 1 })}: ${reasons(ctx, part)}`))))),
    h('p.small.soft', null, t(found.recogniser ? 'verify.heardBy' : 'verify.notHeard', { name: found.recogniser ?? '' })),
    quietNotices(ctx, found.notices ?? []));
}

/** @param {any} ctx @param {any} part */
function reasons(ctx, part) {
  const wrong = checksOf(part).filter(({ ok }) => !ok).map((check) => nameOf(ctx, check));
  return wrong.length ? wrong.join(' · ') : ctx.t('verify.takes', { count: part.takes });
}

/** @param {any} ctx @param {any} heardWords */
function heard(ctx, { asked, said, error_rate: wrong }) {
  const { t } = ctx;
  return h('dl.heard-words.small', null, h('dt', null, t('verify.asked')), h('dd', null, asked), h('dt', null, t('verify.said')), h('dd', null, said || '—'),
    h('dt', null, t('verify.differ')), h('dd.numbers', null, percent(ctx, wrong)));
}

/** @param {any} ctx @param {import('../verification.js').Check} check */
function finding(ctx, check) {
  const { i18n, t } = ctx;
  const [measured, limit] = [amountOf(check, check.measured, i18n.locale()), amountOf(check, check.limit, i18n.locale())];
  const name = nameOf(ctx, check);
  return measured && limit ? t('verify.measured', { name, measured, limit }) : name;
}

/** @param {any} ctx @param {import('../verification.js').Check} check */
function nameOf({ i18n, t }, { code, ok, text }) {
  const key = `verify.${ok ? 'fine' : 'faults'}.${code}`;
  return i18n.has(key) ? t(key) : text;
}

/** @param {any} ctx @param {number} value */
const percent = ({ i18n }, value) => new Intl.NumberFormat(i18n.locale(), { style: 'percent' }).format(value);
