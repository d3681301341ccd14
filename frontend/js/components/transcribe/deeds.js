// What can be done with a transcript: copied, downloaded, spoken as a script, kept as a recording of a voice.

import { h, icon } from '../../dom.js';
import { FILES, fileOf } from '../../transcript-files.js';
import { attachPopup } from '../popup.js';
import { keepAsReference } from './keep.js';

const LONGEST_REFERENCE = 60; // seconds

/**
 * @param {any} ctx
 * @param {ReturnType<typeof import('../../listening-room.js').createListeningRoom>} room
 */
export function transcriptDeeds(ctx, room) {
  const { t } = ctx;
  const copy = h('button.button.-small#transcribe-copy', { type: 'button', onclick: copyText }, icon('copy', '-small'), t('transcribe.copy'));
  const script = h('button.button.-small#transcribe-script', { type: 'button', onclick: () => useAsScript(ctx, room.work.result.text) }, icon('speak', '-small'), t('transcribe.script'));
  const keep = h('button.button.-small#transcribe-keep', { type: 'button', onclick: () => keepAsReference(ctx, room.heard, room.work.result) }, icon('voices', '-small'), t('transcribe.keep'));
  const download = h('button.button.-small#transcribe-download', { type: 'button' }, icon('download', '-small'), t('player.download'));
  const menu = h('div.menu.glass.-raised', { role: 'menu', 'aria-label': t('player.download') }, Object.keys(FILES).map((ending) =>
    h(`button.menu-item#transcribe-download-${ending}`, { type: 'button', role: 'menuitem', onclick: () => save(/** @type {any} */ (ending)) }, h('span.ext', null, ending), h('span.soft.small', null, t(`transcribe.files.${ending}`)))));
  attachPopup(download, menu);
  const el = h('div.row.-wrap.deeds', null, copy, h('div.more-menu', null, download, menu), script, keep);

  async function copyText() {
    try {
      await navigator.clipboard.writeText(room.work.result.text);
      ctx.toast(t('transcribe.copied'));
    } catch {
      ctx.toast(t('transcribe.notCopied'), { kind: 'bad' });
    }
  }

  /** @param {keyof typeof FILES} ending */
  function save(ending) {
    const url = URL.createObjectURL(fileOf(ending, room.work.result));
    const name = (room.heard?.file.name ?? 'transcript').replace(/\.[^.]+$/, '');
    h('a', { href: url, download: `${name}.${ending}` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000); // the browser reads it after the click
  }

  return {
    el,
    update() {
      const { result } = room.work;
      el.hidden = !result?.text?.trim();
      keep.hidden = !room.heard || (result?.duration ?? Infinity) > LONGEST_REFERENCE;
    },
  };
}

/**
 * Puts the words into the composer; what stood there can come back.
 * @param {any} ctx
 * @param {string} text
 */
function useAsScript(ctx, text) {
  const { draft } = ctx.store.get();
  ctx.store.set({ draft: { ...draft, text: text.trim() } });
  ctx.router.go('speak');
  if (draft.text.trim()) ctx.toast(ctx.t('history.reused'), { seconds: 6, action: { label: ctx.t('common.undo'), run: () => ctx.store.set({ draft }) } });
}
