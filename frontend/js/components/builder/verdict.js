// The doctor's verdict on a reference, in words: how good, what was repaired, what to mind.

import { h, icon } from '../../dom.js';
import { languageName } from '../../recognisers.js';
import { measured, whyOpen } from './measured.js';

/**
 * @param {{score?: number, verdict?: string} | undefined} quality
 * @returns {'good'|'fair'|'poor'}
 */
export function gradeOf(quality) {
  const score = quality?.score ?? 0;
  return score >= 70 ? 'good' : score >= 50 ? 'fair' : 'poor';
}

/**
 * The word for it, which is a little finer than the grade.
 * @param {any} ctx
 * @param {any} quality
 */
export function verdictWord({ t }, quality) {
  return t(`builder.verdict.${(quality?.score ?? 0) >= 90 ? 'best' : gradeOf(quality)}`);
}

/**
 * @param {any} ctx
 * @param {any} entry with `quality`: `{score, verdict, findings: [{code, text, kind, params}], unjudged: [{code, text}], measured}`
 */
export function verdict(ctx, entry) {
  const { t } = ctx;
  const { quality } = entry;
  const heard = quality?.measured?.language;
  const known = heard ? { heard: languageName(heard, ctx.i18n.locale()) } : {};
  const grade = gradeOf(quality);
  const findings = [...(quality?.findings ?? [])].sort((a, b) => Number(a.kind === 'repair') - Number(b.kind === 'repair'));
  return h('section.verdict', { class: `-${grade}`, 'aria-label': t('builder.verdict.name') },
    h('p.grade', null, icon(grade === 'poor' ? 'warn' : 'check'),
      h('strong', null, verdictWord(ctx, quality)),
      h('span.soft.small.numbers', null, t('builder.verdict.score', { score: Math.round(quality?.score ?? 0) }))),
    h('ul', null, findings.length
      ? findings.map((finding) => h('li', { class: `-${finding.kind}` }, icon(finding.kind === 'warning' ? 'warn' : 'check', '-small'), h('span', null, wordsOf(ctx, { ...finding, params: { ...known, ...finding.params } }))))
      : h('li.-repair', null, icon('check', '-small'), h('span', null, t('builder.verdict.clean')))),
    measured(ctx, quality), unjudged(ctx, entry));
}

/**
 * What nobody could tell, said small; after a look by models with the reason.
 * @param {any} ctx
 * @param {any} entry
 */
function unjudged({ t, i18n, store }, entry) {
  const open = /** @type {{code: string, text: string}[]} */ (entry.quality?.unjudged ?? []);
  if (!open.length) return null;
  const list = new Intl.ListFormat(i18n.locale(), { type: 'conjunction' });
  /** @type {Map<string, string[]>} reason → what is open for it */
  const groups = new Map();
  for (const { code, text } of open) {
    const why = whyOpen(entry, code, store.get().models);
    groups.set(why, [...(groups.get(why) ?? []), i18n.has(`builder.unjudged.${code}`) ? t(`builder.unjudged.${code}`) : text]);
  }
  const said = [...groups].map(([why, what]) => (why ? t('builder.open.because', { what: list.format(what), why: t(`builder.open.${why}`) }) : list.format(what)));
  return h('p.unjudged.faint', null, `${t('builder.verdict.unjudged')} ${said.join('; ')}.`);
}

/**
 * A finding in the reader's language where we have the words, else as the studio said it.
 * @param {any} ctx
 * @param {{code: string, text: string, params?: Record<string, string>}} finding
 */
export function wordsOf(ctx, { code, text, params = {} }) {
  const key = `builder.findings.${code}`;
  if (!ctx.i18n.has(key)) return text;
  const numbers = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, Number.isFinite(Number(value)) ? Number(value) : value]));
  const said = ctx.t(key, numbers);
  return /\{\w+\}/.test(said) ? text : said; // a number the words want is missing
}
