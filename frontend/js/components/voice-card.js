// One voice to choose: a face of letters, name, a line about it, an audition; for personalities their emotions.

import { h, icon } from '../dom.js';
import { auditionButton } from './audition-button.js';

/**
 * A hue that stays with a name.
 * @param {string} name
 */
export function hueOf(name) {
  let sum = 7;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return Math.round(sum * 137.508) % 360; // the golden angle keeps neighbours apart
}

/** @param {string} name */
export function initials(name) {
  const words = name.split(/\s+/).filter((word) => /\p{L}/u.test(word[0] ?? ''));
  const letters = words.length > 1 ? [words[0], words[words.length - 1]].map((word) => [...word][0]) : [...name].slice(0, 1);
  return letters.join('').toUpperCase();
}

/**
 * @param {string} name
 * @returns {HTMLElement}
 */
export function voiceFace(name) {
  return h('span.voice-face', { 'aria-hidden': true, '--hue': String(hueOf(name)) }, initials(name));
}

/**
 * @param {any} ctx
 * @param {{name: string, line: string, title?: string, chosen: boolean, onChoose: () => void, sample: () => any, extra?: Node | null,
 *   onEdit?: () => void}} props
 */
export function voiceCard(ctx, { name, line, title, chosen, onChoose, sample, extra, onEdit }) {
  const play = auditionButton(ctx, { sample, label: ctx.t('voice.audition', { name }) });
  const choose = h('button.choose', { type: 'button', 'aria-pressed': chosen, 'aria-label': `${name}, ${line}`, title, onclick: onChoose });
  const edit = onEdit && h('button.button.-round.-plain.edit', { type: 'button', 'aria-label': ctx.t('voice.edit', { name }), onclick: onEdit }, icon('edit', '-small'));
  const el = h('article.voice-card', { class: chosen ? '-chosen' : '' },
    choose, voiceFace(name),
    h('div.about', null, h('div.name', { title: name }, name), h('div.small.soft', null, line)),
    h('div.row.deeds', null, edit, play.el), extra);
  return {
    el, unmount: play.unmount,
    /** @param {boolean} now */
    setChosen(now) {
      el.classList.toggle('-chosen', now);
      choose.setAttribute('aria-pressed', String(now));
    },
  };
}
