// What the player tells and gives: what spoke (engine, voice, seed), and the files of a take.

import { withUnit } from '../audio/time.js';
import { fill, h, icon } from '../dom.js';
import { attachPopup } from './popup.js';

const AUDIO = ['wav', 'mp3', 'ogg', 'opus', 'flac'];
const WORDS = ['srt', 'vtt', 'json'];
export const FILES = [...AUDIO, ...WORDS, 'zip'];

/**
 * The address of one file of a take.
 * @param {string} id
 * @param {string} ext
 */
export function fileAddress(id, ext) {
  return `/output/${encodeURIComponent(id)}.${ext}?download=1`;
}

/** @param {any} ctx */
export function playerDownload(ctx) {
  const button = h('button.button#player-download', { type: 'button' });
  const menu = h('div.menu.glass.-raised.player-menu', { role: 'menu' });
  attachPopup(button, menu);
  /** @type {any} */
  let take = null;

  function draw() {
    fill(button, icon('download'), h('span.label', null, ctx.t('player.download')));
    button.setAttribute('aria-label', ctx.t('player.download'));
    menu.setAttribute('aria-label', ctx.t('player.download'));
    fill(menu, take?.id ? downloadItems(ctx, take.id) : []);
    button.disabled = !take?.id;
  }

  return {
    el: h('div.player-pop', null, button, menu),
    words: draw,
    /** @param {any} next */
    show(next) {
      if (next === take) return;
      take = next;
      menu.hidden = true;
      draw();
    },
  };
}

/**
 * @param {any} ctx
 * @param {string} id
 */
function downloadItems(ctx, id) {
  const item = (/** @type {string} */ ext) => h(`a.menu-item#download-${ext}`, {
    role: 'menuitem', href: fileAddress(id, ext), download: '',
  }, h('span.ext', null, ext), h('span.soft.small', null, ctx.t(`player.formats.${ext}`)));
  const group = (/** @type {string} */ name, /** @type {string[]} */ exts) => [h('p.menu-heading', { role: 'presentation' }, ctx.t(`player.${name}`)), ...exts.map(item)];
  return [...group('audio', AUDIO), ...group('subtitles', WORDS), ...group('everything', ['zip'])];
}

/** @param {any} ctx */
export function playerAbout(ctx) {
  const button = h('button.button.-plain.-round', { type: 'button' }, icon('info'));
  const panel = h('div.menu.glass.-raised.player-menu.-about', { role: 'dialog', tabindex: -1 });
  attachPopup(button, panel);
  /** @type {any} */
  let take = null;

  function draw() {
    button.setAttribute('aria-label', ctx.t('player.about'));
    button.title = ctx.t('player.about');
    panel.setAttribute('aria-label', ctx.t('player.about'));
    button.disabled = !take;
    fill(panel, take ? [h('h3', null, ctx.t('player.about')), facts(ctx, take), note(take)] : []);
  }

  return {
    el: h('div.player-pop', null, button, panel),
    words: draw,
    /** @param {any} next */
    show(next) {
      if (next === take) return;
      take = next;
      panel.hidden = true;
      draw();
    },
  };
}

/**
 * @param {any} ctx
 * @param {any} take
 */
function facts(ctx, take) {
  const engine = ctx.store.get().catalog?.engines.find((/** @type {any} */ one) => one.name === take.engine);
  const voices = [...new Set((take.segments ?? []).map((/** @type {any} */ one) => one.voice).filter(Boolean))].join(', ');
  const rows = [
    ['title', take.title],
    ['engine', engine?.title ?? take.engine],
    ['voice', voices],
    ['seed', take.seed],
    ['device', take.device],
    ['length', withUnit(take.duration ?? 0, ctx.i18n.locale())],
    ['took', take.elapsed && withUnit(take.elapsed, ctx.i18n.locale())],
  ];
  const shown = rows.filter(([, value]) => value || value === 0);
  return h('dl.facts', null, shown.flatMap(([name, value]) => [h('dt', null, ctx.t(`player.facts.${name}`)), h('dd.numbers', null, String(value))]));
}

/** @param {any} take */
function note(take) {
  return take.engine_note ? h('p.small.soft', null, take.engine_note) : null;
}
