// What was mended of a recording: said, undone, done again; noise lowered where it is asked for; and both sides to hear.
// The upload itself is kept, so nothing here loses anything.

import { h, holdFocus, icon, setText } from '../../dom.js';

const USUAL = ['dc', 'polarity', 'trim', 'level', 'closing'];
const GENTLE = 'denoise';

/**
 * @param {any} ctx
 * @param {{emotion: string, first: any, session: import('./session.js').Session, voice: any}} props
 */
export function repairs(ctx, { emotion, first, session, voice }) {
  const { t, i18n } = ctx;
  let entry = first;
  /** How it sounded before the last change made here, which made `after`. @type {{sound: Blob, after: string} | null} */
  let earlier = null;
  const done = h('p.small.done', { role: 'status' });
  const undo = h('button.button.-small#builder-repairs-undo', { type: 'button', onclick: () => make([]) }, icon('undo', '-small'), t('builder.repairs.undo'));
  const again = h('button.button.-small#builder-repairs-again', { type: 'button', onclick: () => make([...USUAL, ...entry.repairs.filter((/** @type {string} */ one) => one === GENTLE)]) }, icon('redo', '-small'), t('builder.repairs.again'));
  const gentle = h('input.switch#builder-denoise', { type: 'checkbox', 'aria-describedby': 'builder-denoise-hint', onchange: toggleGentle });
  const before = listenButton('before', async () => earlier?.sound ?? (await session.source(emotion, entry))?.blob);
  const now = listenButton('now', async () => addressOf(entry));
  const ways = h('div.row.-wrap', null, undo, again);
  const el = h('section.repairs', { 'aria-label': t('builder.repairs.name') },
    h('div.row.-wrap.-apart', null, h('h4.field-label', null, t('builder.repairs.name')), ways), done,
    h('label.row.gentle', { for: 'builder-denoise' }, gentle, h('span.grow', null, h('span.name', null, t('builder.repairs.gentle')), h('span.field-hint#builder-denoise-hint', null, t('builder.repairs.gentleHint')))),
    h('div.row.-wrap.compare', { role: 'group', 'aria-label': t('builder.repairs.compare') }, before.el, now.el));

  const busy = () => session.transfer(emotion)?.change.repairs !== undefined && session.transfer(emotion)?.phase !== 'failed';

  /** @param {string[]} wanted */
  async function make(wanted) {
    if (busy()) return;
    voice.stop();
    const { file } = entry;
    const sound = await ctx.api.send('GET', addressOf(entry), { accept: '*/*' }).then((/** @type {Response} */ answer) => answer.blob()).catch(() => null);
    await session.put(emotion, { repairs: wanted });
    const after = session.personality.emotions[emotion]?.file;
    if (sound && after !== file) earlier = { sound, after };
    session.tell();
  }

  function toggleGentle() {
    const others = entry.repairs.filter((/** @type {string} */ one) => one !== GENTLE);
    if (busy()) gentle.checked = entry.repairs.includes(GENTLE);
    else make(gentle.checked ? [...others, GENTLE] : others);
  }

  /** @param {'before' | 'now'} side @param {() => Promise<Blob | string | undefined>} soundOf */
  function listenButton(side, soundOf) {
    const key = `${side} ${emotion}`;
    const word = h('span');
    const sign = h('span.sign', null, icon('play', '-small'));
    const button = h(`button.button.-small.-plain#builder-hear-${side}`, { type: 'button', onclick: hear }, sign, word);

    async function hear() {
      const sound = await soundOf();
      if (!sound) return;
      const { start, end } = side === 'before' && !earlier ? { start: entry.source?.start ?? 0, end: entry.source?.end ?? Infinity } : { start: 0, end: Infinity };
      voice.toggle(key, sound, { start, end, onTime: draw });
      draw();
    }

    function draw() {
      const playing = String(voice.playing(key));
      setText(word, t(side === 'now' ? 'builder.repairs.now' : earlier ? 'builder.repairs.before' : 'builder.repairs.recorded'));
      if (button.dataset.playing === playing) return;
      button.dataset.playing = playing;
      sign.replaceChildren(icon(playing === 'true' ? 'stop' : 'play', '-small'));
    }
    return { el: button, draw };
  }

  return {
    el,
    /** @param {any} next */
    update(next) {
      entry = next;
      if (earlier && earlier.after !== entry.file) earlier = null; // cut otherwise since then
      el.hidden = !entry.source; // nothing was kept that it could be made anew from
      const list = /** @type {string[]} */ (entry.repairs ?? USUAL);
      const words = list.map((one) => t(`builder.repair.${one}`));
      setText(done, busy() ? t('builder.repairs.busy') : words.length ? t('builder.repairs.done', { what: new Intl.ListFormat(i18n.locale(), { type: 'conjunction' }).format(words) }) : t('builder.repairs.none'));
      if (!busy()) gentle.checked = list.includes(GENTLE);
      for (const one of [undo, again, gentle]) one.setAttribute('aria-disabled', String(busy()));
      holdFocus(ways, () => {
        undo.hidden = !list.length;
        again.hidden = USUAL.every((one) => list.includes(one));
      }, () => (again.hidden ? undo : again));
      before.draw();
      now.draw();
    },
  };
}

/** Of the reference as it is now; a new one has another address. @param {any} entry */
function addressOf(entry) {
  return `${entry.url}?file=${encodeURIComponent(entry.file)}`;
}
