// The panel of described voices: words, examples of words, and keeping the voice that came of them.

import { fill, h, icon } from '../dom.js';
import { auditionButton } from './audition-button.js';
import { lockVoice } from '../lock-voice.js';

const EXAMPLES = ['sailor', 'storyteller', 'newsreader', 'child', 'robot'];

/**
 * @param {any} ctx
 * @param {{edit: (patch: any) => void}} props
 */
export function panelDesign(ctx, { edit }) {
  const { t, store } = ctx;
  const field = h('textarea.input#design-input', {
    rows: 3, maxlength: 2000, 'aria-label': t('design.description'), placeholder: t('design.placeholder'), oninput: () => edit({ description: field.value }),
  });
  const play = auditionButton(ctx, {
    label: t('design.audition'),
    sample: () => ({ text: t('voice.sampleLine'), voice: { kind: 'designed', description: store.get().draft.description.trim() || '-' }, language: ctx.i18n.locale() }),
  });
  const lock = h('button.button.-small#lock-voice', { type: 'button', onclick: keep });
  const fault = h('div.notice.-problem.small', { role: 'alert', hidden: true });
  const el = h('div.stack', null,
    h('div.described', null, field, play.el),
    h('div.row.-wrap', { role: 'group', 'aria-label': t('design.examples') }, EXAMPLES.map((name) => example(t, name, (description) => { edit({ description }); field.focus(); }))),
    h('div.row.-wrap', null, lock, h('span.small.faint.grow', null, t('design.lockHint'))), fault);
  let keeping = false;

  async function keep() {
    if (keeping) return;
    keeping = true;
    fault.hidden = true;
    update();
    try {
      const personality = await lockVoice(ctx, store.get().draft.description.trim());
      await ctx.refresh.personalities();
      edit({ tab: 'base', personality: personality.id });
      ctx.toast(t('design.locked', { name: personality.name }));
    } catch (error) {
      const { title, detail, hint } = ctx.explain(error);
      fault.hidden = false;
      fill(fault, icon('warn'), h('div', null, h('strong', null, title), [detail, hint].filter(Boolean).join(' ')));
    } finally {
      keeping = false;
      update();
    }
  }

  function update() {
    const { description } = store.get().draft;
    if (field.value !== description) field.value = description;
    play.el.disabled = !description.trim();
    lock.disabled = keeping || !description.trim();
    fill(lock, icon('lock', '-small'), t(keeping ? 'design.locking' : 'design.lock'));
    play.update();
  }

  return { el, update, unmount: play.unmount };
}

/**
 * @param {any} t
 * @param {string} name
 * @param {(words: string) => void} onPick
 */
function example(t, name, onPick) {
  const words = t(`design.example.${name}.words`);
  return h('button.chip', { type: 'button', title: words, onclick: () => onPick(words) }, t(`design.example.${name}.name`));
}
