// An emotion without a recording: a line to read aloud in that mood, the record button, the way to choose a file.

import { h, icon } from '../../dom.js';
import { readingFor } from './readings.js';

/**
 * @param {any} ctx
 * @param {{emotion: string, record: () => void, chooseFile: () => void, chimera: (emotion: string) => void, session: any}} ways
 * @param {string} microphoneFault code, '' for none
 */
export function benchEmpty(ctx, { emotion, record, chooseFile, chimera, session }, microphoneFault) {
  const { t } = ctx;
  const recorded = Object.keys(session.personality?.emotions ?? {}).some((name) => name !== emotion);
  const kept = session.personality?.emotions[emotion];
  return {
    reading: benchEmpty.reading(ctx, session, emotion),
    el: h('div.offer', null,
      microphoneFault && h('div.notice.-warn', { role: 'alert' }, icon('mic'), h('div.grow', null,
        h('strong', null, t(`builder.microphone.${microphoneFault}.title`)), h('p', null, t(`builder.microphone.${microphoneFault}.hint`)),
        kept && h('div.actions', null, h('button.button.-small', { type: 'button', onclick: () => session.forget(emotion) }, t('common.close'))))),
      h('button.button.record', { type: 'button', onclick: record, class: '-primary -large' }, icon('mic'), t('builder.record.start')),
      h('p.small.soft.hint', null, t('builder.record.hint')),
      h('div.row.-wrap.other-ways', null, h('button.button', { type: 'button', onclick: chooseFile }, icon('upload'), t('builder.slot.choose')),
        recorded && h('button.button.chimera', { type: 'button', title: t('builder.slot.chimeraHint'), onclick: () => chimera(emotion) }, icon('describe'), t('builder.slot.chimera'))),
      h('p.small.faint', null, t('builder.slot.dropHint'))),
  };
}

/**
 * The line to read aloud, in the personality's language where we have one.
 * @param {any} ctx
 * @param {any} session
 * @param {string} emotion
 */
benchEmpty.reading = (ctx, session, emotion) => {
  const language = session.personality?.language ?? '';
  const line = readingFor(language, emotion);
  if (!line) return h('p.soft.free', null, ctx.t('builder.reading.free', { emotion: ctx.emotion(emotion).label }));
  return h('figure.reading', null,
    h('figcaption.small', null, ctx.t('builder.reading.title')),
    h('blockquote', { lang: language }, line));
};
