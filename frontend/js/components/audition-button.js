// A round button that lets a voice say a short line: play, then stop.

import { fill, h, icon, set } from '../dom.js';

/**
 * @param {any} ctx
 * @param {{sample: () => import('../audition.js').Sample, label: string, className?: string}} props
 * @returns {{el: HTMLButtonElement, update(): void, unmount(): void}}
 */
export function auditionButton(ctx, { sample, label, className = '' }) {
  const el = h('button.audition.button.-round.-plain', { type: 'button', 'aria-label': label, title: label, class: className, onclick: pressed });
  let drawn = '';

  async function pressed(/** @type {Event} */ event) {
    event.stopPropagation();
    if (ctx.auditions.state(sample()) !== 'idle') return ctx.auditions.stop();
    try {
      await ctx.auditions.play(sample());
    } catch (error) {
      const { title, hint } = ctx.explain(error);
      ctx.toast(hint ? `${title}. ${hint}` : title, { kind: 'bad' });
    }
  }

  function update() {
    const state = ctx.auditions.state(sample());
    if (state === drawn) return;
    drawn = state;
    set(el, { 'aria-busy': state === 'loading', dataset: { state } });
    fill(el, icon({ idle: 'play', loading: 'redo', playing: 'stop' }[/** @type {'idle'} */ (state)], '-small'));
  }

  const forget = ctx.auditions.onChange(update);
  update();
  return { el, update, unmount: forget };
}
