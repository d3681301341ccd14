// How the two parts are joined: seconds of each, the crossfade, how freely it is acted, how often it is tried; and a picture of it.

import { withUnit } from '../../audio/time.js';
import { h, icon } from '../../dom.js';
import { slider } from './pieces.js';

/**
 * @param {any} ctx
 * @param {ReturnType<typeof import('../../chimera-room.js').createChimeraRoom>} room
 * @param {{onMake: () => void}} props
 */
export function mix(ctx, room, { onMake }) {
  const { t, i18n } = ctx;
  const seconds = (/** @type {number} */ value) => withUnit(value, i18n.locale());
  const number = (/** @type {number} */ value) => new Intl.NumberFormat(i18n.locale(), { maximumFractionDigits: 2 }).format(value);
  const milliseconds = (/** @type {number} */ value) => new Intl.NumberFormat(i18n.locale(), { style: 'unit', unit: 'millisecond' }).format(value);
  const knobs = {
    userSeconds: slider(ctx, { name: 'userSeconds', min: 1, max: 20, step: 0.5, shown: seconds, onInput: (userSeconds) => room.choose({ userSeconds }) }),
    actedSeconds: slider(ctx, { name: 'actedSeconds', min: 1, max: 20, step: 0.5, shown: seconds, onInput: (actedSeconds) => room.choose({ actedSeconds }) }),
    crossfade: slider(ctx, { name: 'crossfade', min: 50, max: 200, step: 10, shown: milliseconds, onInput: (crossfade) => room.choose({ crossfade }) }),
    temperature: slider(ctx, { name: 'temperature', min: 0, max: 2, step: 0.05, shown: number, onInput: (temperature) => room.choose({ temperature }) }),
    tries: slider(ctx, { name: 'tries', min: 1, max: 8, step: 1, shown: (value) => t('chimera.mix.bestOf', { count: value }), onInput: (tries) => room.choose({ tries }) }),
  };
  const [own, acted] = [h('span.own', null, t('chimera.own.short')), h('span.acted', null, t('chimera.acted.short'))];
  const picture = h('div.mix-picture', { 'aria-hidden': true }, own, acted);
  const fault = h('p.field-error#chimera-lacking', { role: 'alert', hidden: true });
  const make = h('button.button.-primary.-large#chimera-make', { type: 'button', onclick: onMake }, icon('describe'), t('chimera.make'));
  const el = h('section.glass.chimera-mix', { 'aria-label': t('chimera.mix.title') }, h('h2', null, t('chimera.mix.title')), picture,
    h('div.sliders', null, Object.values(knobs).map((knob) => knob.el)), fault, make);

  function update() {
    const { wish } = room;
    for (const [name, knob] of Object.entries(knobs)) knob.update(/** @type {any} */ (wish)[name]);
    knobs.tries.el.hidden = knobs.temperature.el.hidden = wish.actor === 'file';
    own.style.setProperty('--share', String(wish.userSeconds));
    acted.style.setProperty('--share', String(wish.actedSeconds));
    picture.style.setProperty('--overlap', `${8 + wish.crossfade / 5}px`);
    picture.style.setProperty('--emotion', ctx.emotion(wish.emotion).colour);
  }

  return {
    el, update, focus: () => make.focus(),
    /** @param {boolean} busy @param {boolean} made then keeping one is the next thing */
    rest(busy, made) {
      make.setAttribute('aria-disabled', String(busy));
      make.classList.toggle('-primary', !made);
    },
    /** @param {string} words '' where nothing is wanting */
    lacks(words) {
      fault.hidden = !words;
      fault.textContent = words;
    },
  };
}
