// How fast and how loud the player plays; both are kept in this browser.

import { fill, h, icon } from '../dom.js';

const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2];

/**
 * @param {any} ctx
 * @param {HTMLAudioElement} audio
 */
export function rateSelect(ctx, audio) {
  const kept = Number(ctx.storage.getItem('studio.rate')) || 1;
  const select = h('select.input.rate.numbers', {
    onchange: () => {
      audio.playbackRate = audio.defaultPlaybackRate = Number(select.value);
      ctx.storage.setItem('studio.rate', select.value);
    },
  }, RATES.map((rate) => h('option', { value: String(rate), selected: rate === kept }, `${rate}×`)));
  audio.defaultPlaybackRate = audio.playbackRate = kept;
  return select;
}

/**
 * @param {any} ctx
 * @param {HTMLAudioElement} audio
 */
export function volumeSlider(ctx, audio) {
  const kept = ctx.storage.getItem('studio.volume');
  audio.volume = kept === null ? 1 : Math.max(0, Math.min(1, Number(kept) || 0));
  const slider = h('input', { type: 'range', min: 0, max: 100, step: 5, value: String(Math.round(audio.volume * 100)), oninput: slid });
  const mute = h('button.button.-plain.-round', { type: 'button', onclick: () => { audio.muted = !audio.muted; words(); } });

  function slid() {
    audio.muted = false;
    audio.volume = Number(slider.value) / 100;
    ctx.storage.setItem('studio.volume', String(audio.volume));
    words();
  }

  function words() {
    const silent = audio.muted || audio.volume === 0;
    fill(mute, icon(silent ? 'volume-off' : 'volume'));
    mute.setAttribute('aria-label', ctx.t(audio.muted ? 'player.unmute' : 'player.mute'));
    mute.setAttribute('aria-pressed', String(audio.muted));
    slider.setAttribute('aria-label', ctx.t('player.volume'));
    slider.setAttribute('aria-valuetext', `${Math.round(audio.volume * 100)} %`);
  }

  return { el: h('div.volume', null, mute, slider), words };
}
