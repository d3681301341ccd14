// Tabs with their panels: arrow keys move, Home and End jump; the panels lie in the document, one is shown.

import { h, icon } from '../dom.js';

/**
 * @template {string} N
 * @param {{label: string, tabs: {name: N, label: string, icon: string, panel: HTMLElement}[], onChange: (name: N) => void}} props
 */
export function tabs({ label, tabs: list, onChange }) {
  const buttons = list.map(({ name, label: words, icon: sign, panel }) => {
    panel.id = `panel-${name}`;
    panel.setAttribute('role', 'tabpanel');
    panel.setAttribute('aria-labelledby', `tab-${name}`);
    return h(`button.tab#tab-${name}`, { type: 'button', role: 'tab', 'aria-controls': panel.id, onclick: () => onChange(name) }, icon(sign), words);
  });
  const el = h('div.tabs', { role: 'tablist', 'aria-label': label, onkeydown: typed }, buttons);

  /** @param {KeyboardEvent} event */
  function typed(event) {
    const at = buttons.indexOf(/** @type {any} */ (document.activeElement));
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const next = (to + buttons.length) % buttons.length;
    onChange(list[next].name);
    buttons[next].focus();
  }

  /** @param {N} chosen */
  function update(chosen) {
    list.forEach(({ name, panel }, i) => {
      buttons[i].setAttribute('aria-selected', String(name === chosen));
      buttons[i].tabIndex = name === chosen ? 0 : -1;
      const arrives = panel.hidden && name === chosen;
      panel.hidden = name !== chosen;
      panel.classList.toggle('fade-in', arrives);
    });
  }

  return { el, update };
}
