// Beneath the verdict: the button for a look by models, the look while it lasts, and what was heard where the words are others.

import { h, holdFocus, icon, redraw, setText } from '../../dom.js';
import { titleOf } from '../../recognisers.js';
import { isUnderWay } from '../../work.js';
import { workProgress } from '../work-progress.js';
import { wasLookedAt } from './measured.js';
import { problemNotice } from './problem-notice.js';

/**
 * @param {any} ctx
 * @param {{emotion: string, doctor: import('./doctor.js').Doctor, session: import('./session.js').Session}} props
 */
export function checkup(ctx, { emotion, doctor, session }) {
  const { t } = ctx;
  const look = () => doctor.look(emotion);
  const word = h('span');
  const start = h('button.button.-small#builder-look', { type: 'button', onclick: look }, icon('search', '-small'), word);
  const offer = h('div.row.-wrap.offer-look', null, start, h('p.field-hint.grow', null, t('builder.look.hint')));
  const progress = workProgress(ctx, { onCancel: () => doctor.cancel(emotion), label: t('builder.look.name'), name: 'builder-look' });
  const fault = h('div');
  const heard = h('div');
  const el = h('div.checkup', null, offer, progress.el, fault, heard);

  async function useHeard() {
    const { heard: transcript = '' } = doctor.of(emotion) ?? {};
    await session.put(emotion, { transcript });
    if (!session.transfer(emotion)) look(); // saved
  }

  return {
    el,
    /** @param {any} entry */
    update(entry) {
      const found = doctor.of(emotion);
      const work = found?.work.now ?? null;
      const busy = Boolean(work && isUnderWay(work));
      setText(word, t(wasLookedAt(entry.quality) ? 'builder.look.again' : 'builder.look.start'));
      holdFocus(el, () => {
        offer.hidden = busy;
        if (work) progress.update(work.status === 'sending' ? { ...work, status: 'queued' } : work); // nothing big is sent
        else progress.el.hidden = true;
        const problem = work?.status === 'failed' ? work.problem : null;
        redraw(fault, problem, () => problem && problemNotice(ctx, problem));
        const said = !busy && otherWords(entry) ? found?.heard : '';
        redraw(heard, said, () => (said ? heardNotice(ctx, entry, said, useHeard) : null));
      }, () => (busy ? el.querySelector('#builder-look-cancel') : start));
    },
  };
}

/** @param {any} entry */
function otherWords(entry) {
  return entry.quality.findings.some((/** @type {any} */ one) => one.code === 'transcript-wrong');
}

/** @param {any} ctx @param {any} entry @param {string} text @param {() => void} use */
function heardNotice({ t, store }, entry, text, use) {
  const name = titleOf(store.get().catalog, entry.quality.measured.recogniser ?? '');
  return h('div.notice', null, icon('transcribe'), h('div.grow', null, h('p', null, t('builder.look.heard', { name })), h('p.quote', null, text),
    h('div.actions', null, h('button.button.-small#builder-look-use', { type: 'button', onclick: use }, t('builder.look.use')))));
}
