// A modal dialog: keeps the focus inside, closes by Esc or the scrim, gives the focus back. Knows nothing of its content.

import { append, h, icon } from '../dom.js';

const FOCUSABLE = 'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), [tabindex]:not([tabindex="-1"])';

/** @type {Element[]} the open scrims, the topmost last */
const open = [];

/**
 * @typedef {{close(): void, setTitle(text: string): void, el: HTMLElement, body: HTMLElement, footer: HTMLElement}} Modal
 * @param {{title: string, closeLabel: string, body: Node | Node[], footer?: Node[], width?: number,
 *   className?: string, onClose?: () => void, mayClose?: () => boolean}} props width in CSS pixels
 * @returns {Modal}
 */
export function openModal({ title, closeLabel, body, footer = [], width = 560, className = '', onClose, mayClose = () => true }) {
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  const heading = h('h2', { id: `modal-title-${open.length}` }, title);
  const content = append(h('div.body'), [body].flat());
  const foot = append(h('footer'), footer);
  const dialog = h('section.modal.glass.-raised', {
    role: 'dialog', 'aria-modal': true, 'aria-labelledby': heading.id, class: className, tabindex: -1, '--modal-width': `${width}px`,
  }, h('header', null, heading, h('button.button.-plain.-round', { type: 'button', 'aria-label': closeLabel, onclick: dismiss }, icon('close'))), content, foot);
  const scrim = h('div.modal-scrim', { onpointerdown: pressed, onkeydown: typed }, dialog);
  document.addEventListener('keydown', strayed);

  /** @param {PointerEvent} event */
  function pressed(event) {
    if (event.target === scrim) dismiss();
  }

  /** @param {KeyboardEvent} event */
  function typed(event) {
    if (event.key === 'Tab') keepInside(event, dialog);
    if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    dismiss();
  }

  /** What the focus stood on went away: the keys of the topmost dialog still work. @param {KeyboardEvent} event */
  function strayed(event) {
    if (event.target === document.body && open.at(-1) === scrim) typed(event);
  }

  function dismiss() {
    if (mayClose()) close();
  }

  function close() {
    if (!scrim.isConnected) return;
    scrim.remove();
    document.removeEventListener('keydown', strayed);
    open.splice(open.indexOf(scrim), 1);
    setBackground(open.length > 0);
    giveBack(before);
    onClose?.();
  }

  document.body.append(scrim);
  open.push(scrim);
  setBackground(true);
  const first = /** @type {HTMLElement | null} */ (content.querySelector('[autofocus]') ?? content.querySelector(FOCUSABLE));
  (first ?? /** @type {HTMLElement} */ (dialog)).focus();
  return { close, setTitle: (text) => { heading.textContent = text; }, el: dialog, body: /** @type {HTMLElement} */ (content), footer: /** @type {HTMLElement} */ (foot) };
}

/** True while a dialog is open: the page's own keys rest. */
export function modalIsOpen() {
  return open.length > 0;
}

/** @param {boolean} inert */
function setBackground(inert) {
  for (const el of document.querySelectorAll('#homepage, #main-app, #player')) /** @type {HTMLElement} */ (el).inert = inert;
  document.documentElement.classList.toggle('-modal', inert);
}

/**
 * To what opened the dialog, as it stands now, else to the page: what opened it may have been drawn anew or gone meanwhile.
 * @param {HTMLElement | null} before
 */
function giveBack(before) {
  const same = before?.isConnected ? before : before?.id ? document.getElementById(before.id) : null;
  const page = /** @type {HTMLElement | null} */ (document.querySelector('main:not([hidden], [hidden] *)'));
  const el = same?.checkVisibility() ? same : page;
  el?.focus({ preventScroll: el === page });
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement} dialog
 */
function keepInside(event, dialog) {
  const stops = /** @type {HTMLElement[]} */ ([...dialog.querySelectorAll(FOCUSABLE)]).filter((el) => el.offsetParent !== null);
  const [first, last] = [stops[0], stops[stops.length - 1]];
  if (!first) return;
  const outside = !dialog.contains(document.activeElement);
  const edge = event.shiftKey ? first : last;
  if (!outside && document.activeElement !== edge) return;
  event.preventDefault();
  (event.shiftKey ? last : first).focus();
}
