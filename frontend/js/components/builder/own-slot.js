// The last place of the grid: an emotion of one's own, by name.

import { h, icon } from '../../dom.js';

/**
 * @param {any} ctx
 * @param {(name: string) => void} onAdd
 */
export function ownSlot(ctx, onAdd) {
  const input = h('input.input', { maxlength: 40, autocomplete: 'off', 'aria-label': ctx.t('builder.own.label'), placeholder: ctx.t('builder.own.placeholder') });
  return h('form.own', {
    onsubmit: (/** @type {Event} */ event) => {
      event.preventDefault();
      const name = input.value.trim();
      input.value = '';
      if (name) onAdd(name);
    },
  }, input, h('button.button.-round.-small.-plain', { type: 'submit', 'aria-label': ctx.t('builder.own.add') }, icon('plus', '-small')));
}
