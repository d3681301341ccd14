// Step two of the builder: the grid of slots and the bench beside it; files dropped on the grid find their slots.

import { fill, h, icon, keyed } from '../../dom.js';
import { bench } from './bench.js';
import { dropZone } from './drop-zone.js';
import { placeFiles } from './match.js';
import { ownSlot } from './own-slot.js';
import { slotTile } from './tile.js';

/**
 * @param {any} ctx
 * @param {import('./session.js').Session} session
 * @param {ReturnType<typeof import('./sound.js').createVoice>} voice
 * @param {{dictation: import('./dictation.js').Dictation, doctor: import('./doctor.js').Doctor, onNext: () => void, onBack: () => void, onChimera: (emotion: string) => void, first?: string}} ways
 */
export function emotionsStep(ctx, session, voice, { dictation, doctor, onNext, onBack, onChimera, first }) {
  const { t } = ctx;
  /** @type {string[]} */
  const own = [];
  let chosen = '';
  const files = h('input', { type: 'file', accept: 'audio/*,video/webm,video/mp4', multiple: true, class: 'unseen', tabindex: -1, 'aria-hidden': 'true', onchange: filesChosen });
  /** @type {string | null} the slot a chosen file is for; null lets the names decide */
  let wanted = null;
  const place = bench(ctx, session, voice, { dictation, doctor, onBack: leaveBench, onFiles: (list) => take(list, chosen), chooseFile: () => askForFiles(chosen), chimera: onChimera });
  const count = h('p.small.soft');
  const grid = h('ul', { 'aria-label': t('builder.slots') });
  const placed = h('p.small.placed', { role: 'status', 'aria-live': 'polite' });
  const several = h('button.button.-small', { type: 'button', onclick: () => askForFiles(null) }, icon('upload', '-small'), t('builder.several'));
  const el = h('div.emotions', null,
    h('div.board', null, h('div.row.-apart.-wrap', null, count, several), h('div.slots', null, grid, ownSlot(ctx, addOwn)), placed), place.el, files);
  dropZone(el, { bench: () => chosen, onFiles: take });
  /** @type {Map<string, ReturnType<typeof slotTile>>} */
  const tiles = new Map();

  const names = () => slotNames(ctx, session, own);

  /** @param {string} emotion @param {{open?: boolean}} [how] */
  function choose(emotion, { open = true } = {}) {
    chosen = emotion;
    el.classList.toggle('-open', open);
    place.choose(emotion);
    update();
    if (open && matchMedia('(max-width: 899px)').matches) place.focus();
  }

  function leaveBench() {
    place.end();
    place.update();
    el.classList.remove('-open');
    tiles.get(chosen)?.focus();
  }

  /** @param {string} name */
  function addOwn(name) {
    const folded = name.toLowerCase();
    const existing = names().find((one) => one === folded || ctx.emotion(one).label.toLowerCase() === folded);
    if (!existing) own.push(folded);
    choose(existing ?? folded);
    tiles.get(existing ?? folded)?.focus();
  }

  /** @param {string | null} emotion */
  function askForFiles(emotion) {
    wanted = emotion;
    files.multiple = emotion === null;
    files.value = '';
    files.click();
  }

  function filesChosen() {
    take([...files.files], wanted);
  }

  /**
   * @param {File[]} list
   * @param {string | null} emotion where a single file is to go; null lets its name decide
   */
  function take(list, emotion) {
    if (!list.length) return;
    const places = list.length === 1 && emotion ? [{ file: list[0], emotion }] : placesFor(ctx, session, list, names());
    const stored = places.filter((one) => one.emotion !== null);
    for (const { file, emotion: name } of stored) session.put(/** @type {string} */ (name), { audio: file, fileName: file.name });
    placed.textContent = list.length === 1 ? '' : summary(ctx, stored, places.length - stored.length);
    if (stored.length) choose(/** @type {string} */ (stored[0].emotion), { open: stored.length === 1 });
  }

  /** @param {string} emotion */
  function play(emotion) {
    const record = session.personality.emotions[emotion];
    voice.toggle(`slot ${emotion}`, `${record.url}?revision=${record.file}`, { onTime: (seconds) => seconds === null && update() });
    update();
  }

  function update() {
    const all = names();
    const have = Object.keys(session.personality?.emotions ?? {}).length;
    fill(count, have ? t('builder.count', { count: have }) : t('builder.none'));
    keyed(grid, all, (name) => name, (name) => {
      const tile = slotTile(ctx, name, { onPick: () => choose(name), onPlay: () => play(name) });
      tiles.set(name, tile);
      return tile.el;
    }, (_, name) => tiles.get(name)?.update({
      record: session.personality?.emotions[name], transfer: session.transfer(name), chosen: name === chosen, playing: voice.playing(`slot ${name}`),
    }));
    place.update();
    next.disabled = have === 0;
  }

  const next = h('button.button.-primary#builder-try', { type: 'button', onclick: onNext }, t('builder.toTry'), icon('arrow-right'));
  choose(first ?? names().find((name) => !session.personality?.emotions[name]) ?? names()[0] ?? 'neutral', { open: false });
  return {
    el, update, end: () => { place.end(); voice.stop(); },
    footer: () => [h('button.button.-plain', { type: 'button', onclick: onBack }, t('builder.back')), next],
  };
}

/**
 * The standard emotions, then those of the voice's own, then those named just now.
 * @param {any} ctx
 * @param {import('./session.js').Session} session
 * @param {string[]} own
 * @returns {string[]}
 */
function slotNames(ctx, session, own) {
  const standard = (ctx.store.get().catalog?.emotions ?? []).map((/** @type {any} */ one) => one.name);
  return [...new Set([...standard, ...Object.keys(session.personality?.emotions ?? {}), ...own])];
}

/**
 * @param {any} ctx
 * @param {import('./session.js').Session} session
 * @param {File[]} files
 * @param {string[]} names of the slots
 */
function placesFor(ctx, session, files, names) {
  const standard = ctx.store.get().catalog?.emotions ?? [];
  const rows = names.map((name) => {
    const aliases = standard.find((/** @type {any} */ one) => one.name === name)?.aliases ?? {};
    return { name, aliases: { ...aliases, shown: [ctx.emotion(name).label] } };
  });
  return placeFiles(files, rows, names.filter((name) => session.personality.emotions[name] || session.transfer(name)));
}

/**
 * @param {any} ctx
 * @param {{emotion: string | null}[]} stored
 * @param {number} left
 */
function summary(ctx, stored, left) {
  const words = stored.map(({ emotion }) => ctx.emotion(emotion).label).join(', ');
  return [ctx.t('builder.placed', { count: stored.length, emotions: words }), left ? ctx.t('builder.noRoom', { count: left }) : ''].join(' ').trim();
}
