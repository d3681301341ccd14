// A button that copies a text; where the browser keeps the clipboard closed, the text is marked, to be copied by the keys.

import { HIDDEN_KEY } from '../../connect/clients.js';
import { fill, h, icon } from '../../dom.js';

const SHOWN = 2000; // milliseconds that the button says that it was done

/**
 * @param {any} ctx
 * @param {{label: string, text: () => string | Promise<string>, source?: () => (Node | null)}} props label: what is copied, for who does not see it
 * @returns {HTMLElement}
 */
export function copyButton({ t }, { label, text, source }) {
  const words = h('span', { 'aria-live': 'polite' }, t('connect.copy'));
  const button = h('button.button.-small.-plain.copy-button', { type: 'button', 'aria-label': t('connect.copyWhat', { what: label }), onclick: copy }, icon('copy', '-small'), words);

  async function copy() {
    try {
      await navigator.clipboard.writeText(await text());
      fill(words, t('connect.copied'));
    } catch {
      const node = source?.();
      if (node) getSelection()?.selectAllChildren(node);
      fill(words, t(node?.textContent?.includes(HIDDEN_KEY) ? 'connect.markedKeyless' : 'connect.marked'));
    }
    setTimeout(() => fill(words, t('connect.copy')), SHOWN);
  }

  return button;
}
