// What the script will become, below it: segments, seconds, and each bracket that is no tag, with what it may mean.

import { fill, h, icon, keyed, setText } from '../dom.js';
import { length } from '../audio/time.js';
import { emotionPill } from './emotion-pill.js';
import { tagWord } from './emotion-palette.js';
import { scriptVocabulary } from '../script-vocabulary.js';

const SHOWN = 3; // unknown tags at once

/** @param {any} tag */
function said({ kind, suggestion }) {
  if (kind !== 'unknown') return 'script.near';
  return suggestion ? 'script.unknownNear' : 'script.unknown';
}

/**
 * @param {any} ctx
 * @param {{onFix: (tag: any, replacement: string) => void}} props
 */
export function scriptFacts(ctx, { onFix }) {
  const { t } = ctx;
  const count = h('span.numbers');
  const el = h('div.script-facts.small.soft#script-facts', null, h('div.row', null, count));
  const doubts = h('div.doubts');
  el.prepend(doubts);

  /** @param {any} tag */
  function doubt(tag) {
    const row = h('div.doubt', null, icon('info', '-small'), h('span', null, h('q', null, tag.text), ' ', t(said(tag))));
    if (tag.suggestion) row.append(wayOut(tag), tag.kind === 'unknown' ? '?' : '');
    return row;
  }

  /** @param {any} tag that is nearly `suggestion` */
  function wayOut(tag) {
    const emotion = scriptVocabulary(ctx.store.get()).emotionOf(tag.suggestion);
    if (emotion) return emotionPill(ctx, emotion, { onclick: () => onFix(tag, `[${tagWord(ctx, emotion)}]`) });
    return h('button.chip', { type: 'button', onclick: () => onFix(tag, `[${tag.suggestion}]`) }, tag.suggestion);
  }

  /**
   * @param {{segments: any[], tags: any[], seconds: number, characters: number} | null} preview
   * @param {number} limit characters
   */
  function update(preview, limit) {
    const unsure = (preview?.tags ?? []).filter((tag) => tag.kind === 'unknown' || tag.suggestion);
    keyed(doubts, unsure.slice(0, SHOWN), (tag, i) => `${tag.start}${tag.text}${tag.suggestion}${i}`, doubt);
    if (!preview?.segments.length) return setText(count, t('script.hint'));
    if (preview.characters > limit) return fill(count, h('span.field-error', null, t('script.tooLong', { count: preview.characters, limit })));
    return setText(count, [
      t('script.segments', { count: preview.segments.length }),
      `≈ ${length(preview.seconds, ctx.i18n.locale())}`,
      t('script.characters', { count: preview.characters }),
    ].join(' · '));
  }

  return { el, update };
}
