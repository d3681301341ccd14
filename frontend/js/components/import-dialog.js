// What is inside an archive, shown before anything is written; then the import itself.

import { withUnit } from '../audio/time.js';
import { fill, h, icon } from '../dom.js';
import { problemNotice } from './builder/problem-notice.js';
import { upload } from './builder/upload.js';
import { voiceFace } from './voice-card.js';

const ADDRESS = '/api/personality/import';

/**
 * @param {any} ctx
 * @param {File} file
 * @param {{onDone: (id: string) => void, onOther: () => void}} ways
 */
export function openImport(ctx, file, { onDone, onOther }) {
  const { t } = ctx;
  const body = h('div.stack.import-dialog', { 'aria-live': 'polite' });
  const modal = ctx.openModal({ title: t('voices.importing.title'), body, width: 560 });
  const cancel = h('button.button.-plain', { type: 'button', onclick: () => modal.close() }, t('common.cancel'));
  const confirm = h('button.button.-primary', { type: 'button', onclick: write }, icon('check'), t('voices.importing.confirm'));
  fill(modal.footer, cancel);

  /** @param {string} words */
  function busy(words) {
    const bar = h('progress.upload', { max: 1, 'aria-label': words });
    fill(body, h('p', null, words), bar);
    return (/** @type {number} */ progress) => (progress < 1 ? bar.setAttribute('value', String(progress)) : bar.removeAttribute('value'));
  }

  function form() {
    const data = new FormData();
    data.append('file', file, file.name);
    return data;
  }

  /** @param {unknown} error @param {() => void} again */
  function fail(error, again) {
    fill(body, problemNotice(ctx, error, [
      { label: t('common.retry'), run: again },
      { label: t('voices.importing.other'), run: () => { modal.close(); onOther(); } },
    ]));
    fill(modal.footer, cancel);
  }

  async function look() {
    try {
      const inside = await upload('POST', `${ADDRESS}?dry_run=1`, form(), busy(t('voices.importing.looking', { file: file.name })));
      fill(body, preview(ctx, inside, file));
      fill(modal.footer, cancel, confirm);
      confirm.focus();
    } catch (error) {
      fail(error, look);
    }
  }

  async function write() {
    fill(modal.footer, cancel);
    try {
      const record = await upload('POST', ADDRESS, form(), busy(t('voices.importing.writing')));
      await ctx.refresh.personalities();
      modal.close();
      ctx.toast(t('voices.importing.done', { name: record.name }));
      onDone(record.id);
    } catch (error) {
      fail(error, write);
    }
  }

  look();
}

/**
 * @param {any} ctx
 * @param {any} inside what a dry run answers: the record, or the record under `personality`
 * @param {File} file
 */
function preview(ctx, inside, file) {
  const { t, i18n } = ctx;
  const record = inside.personality ?? inside;
  const language = ctx.store.get().catalog?.languages.find((/** @type {any} */ one) => one.code === record.language)?.native ?? record.language;
  const emotions = Object.entries(record.emotions ?? {});
  const consent = record.consent?.statement ? t('voices.importing.consent', { who: record.consent.who || '—' }) : t('voices.importing.noConsent');
  return [
    h('div.row', null, voiceFace(record.name), h('div.grow', null, h('h3', null, record.name), h('p.small.soft', null, [language, file.name].filter(Boolean).join(' · ')))),
    record.description && h('p', null, record.description),
    h('ul.import-emotions', null, emotions.map(([name, one]) => {
      const { emoji, label, colour } = ctx.emotion(name);
      const { duration, transcript } = /** @type {any} */ (one);
      return h('li', { '--emotion': colour }, h('span', { 'aria-hidden': true }, emoji), h('strong', null, label), h('span.small.soft.clip', null, transcript || ''),
        h('span.small.soft.numbers', null, duration ? withUnit(duration, i18n.locale()) : ''));
    })),
    h('p.small.soft', null, consent),
    ...(inside.warnings ?? inside.notices ?? []).map((/** @type {any} */ one) => h('div.notice.-warn', null, icon('warn'), h('p', null, one.text ?? String(one)))),
  ];
}
