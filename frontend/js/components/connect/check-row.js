// One address of the studio that is asked by a click: how long until the first byte, and what came, to be heard or read.

import { fill, h, icon } from '../../dom.js';
import { problemNotice } from '../notices.js';
import { ADDRESSES, CHECKS } from '../../connect/checks.js';
import { noteOf, recognisersOf } from '../../recognisers.js';

/** @typedef {import('../../connect/checks.js').Found} Found */

/**
 * @param {any} ctx
 * @param {import('../../connect/clients.js').Check} name
 * @param {() => import('../../connect/clients.js').Form} form asked when the button is pressed
 */
export function checkRow(ctx, name, form) {
  const { t } = ctx;
  const what = t(`connect.checks.${name}`);
  const button = h('button.button.-small', { type: 'button', 'aria-label': t('connect.testWhat', { what }), onclick: test }, icon('play', '-small'), h('span', null, t('connect.test')));
  const answer = h('div.answer', { role: 'status' });
  const el = h('li.check-row', { dataset: { check: name } },
    h('div.row', null, h('div.grow', null, h('strong', null, what), h('code.small.soft', null, ADDRESSES[name])), button), answer);
  /** @type {AbortController | null} */
  let asking = null;
  /** @type {HTMLAudioElement | null} */
  let audio = null;

  async function test() {
    if (asking) return;
    asking = new AbortController();
    button.setAttribute('aria-disabled', 'true');
    fill(answer, h('p.small.soft', null, t('connect.asking')));
    silence();
    try {
      show(await CHECKS[name](form(), asking.signal));
    } catch (error) {
      if (!asking.signal.aborted) fill(answer, problemNotice(ctx, error));
    }
    button.removeAttribute('aria-disabled');
    asking = null;
  }

  /** @param {Found} found */
  function show({ ms, sound, text, engine, count }) {
    const milliseconds = Math.round(ms);
    const line = count === undefined ? t(sound ? 'connect.firstSound' : 'connect.answered', { ms: milliseconds }) : t('connect.voices', { count, ms: milliseconds });
    fill(answer,
      h('p.good', null, icon('check', '-small'), line),
      text !== undefined && h('p.heard', null, text ? `“${text}”` : t('connect.nothingHeard')),
      engine && listener(ctx, engine),
      sound && player(sound));
  }

  /** Plays at once: the click asked for it. @param {Blob} sound */
  function player(sound) {
    audio = new Audio(URL.createObjectURL(sound));
    const again = h('button.button.-small.-plain', { type: 'button', onclick: () => audio && play(audio) }, icon('play', '-small'), t('connect.again'));
    play(audio);
    return again;
  }

  function silence() {
    if (!audio) return;
    audio.pause();
    URL.revokeObjectURL(audio.src);
    audio = null;
  }

  return {
    el,
    end() {
      asking?.abort();
      silence();
    },
  };
}

/**
 * Who heard that, and of a rough one how to get a better one.
 * @param {any} ctx
 * @param {string} engine
 */
function listener(ctx, engine) {
  const { t } = ctx;
  const one = recognisersOf(ctx.store.get().catalog).find(({ name }) => name === engine) ?? { name: engine, title: engine };
  const note = noteOf(ctx, one);
  return h('p.listener', null, `${t('connect.heardBy', { name: one.title })} ${note} `, note && h('a', { href: '#models' }, t('problems.open', { place: t('nav.models') })));
}

/** @param {HTMLAudioElement} audio */
function play(audio) {
  audio.currentTime = 0;
  audio.play().catch(() => {}); // without a sound card, or where the browser wants another click: the button stays
}
