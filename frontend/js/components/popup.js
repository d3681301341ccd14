// A panel that a button opens beside it: a menu, or a few facts. Esc, a click outside and leaving by Tab close it.

/**
 * @param {HTMLButtonElement} button
 * @param {HTMLElement} panel beside the button in the document, so that Tab finds it
 * @param {{onOpen?: () => void}} [options]
 * @returns {{open(): void, close(): void}}
 */
export function attachPopup(button, panel, { onOpen = () => {} } = {}) {
  const isMenu = panel.getAttribute('role') === 'menu';
  panel.hidden = true;
  button.setAttribute('aria-haspopup', isMenu ? 'menu' : 'dialog');
  button.setAttribute('aria-expanded', 'false');

  /** @param {PointerEvent} event */
  function pressedOutside(event) {
    const target = /** @type {Node} */ (event.target);
    if (!panel.contains(target) && !button.contains(target)) close();
  }

  function open() {
    onOpen();
    panel.hidden = false;
    button.setAttribute('aria-expanded', 'true');
    document.addEventListener('pointerdown', pressedOutside, true);
    keepOnScreen(panel);
    (items(panel)[0] ?? panel).focus();
  }

  function close({ giveBack = false } = {}) {
    if (panel.hidden) return;
    panel.hidden = true;
    button.setAttribute('aria-expanded', 'false');
    document.removeEventListener('pointerdown', pressedOutside, true);
    if (giveBack) button.focus();
  }

  button.addEventListener('click', () => (panel.hidden ? open() : close()));
  panel.addEventListener('click', (event) => {
    if (isMenu && /** @type {Element} */ (event.target).closest('[role=menuitem]')) close({ giveBack: true });
  });
  panel.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      close({ giveBack: true });
    } else if (isMenu) moveFocus(event, panel);
  });
  panel.addEventListener('focusout', ({ relatedTarget }) => {
    const to = /** @type {Node | null} */ (relatedTarget);
    if (to && !panel.contains(to) && to !== button) close();
  });
  return { open, close };
}

/** @param {HTMLElement} panel */
function items(panel) {
  const all = panel.querySelectorAll('a[href], button:not(:disabled), input, select');
  return /** @type {HTMLElement[]} */ ([...all]);
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement} panel
 */
function moveFocus(event, panel) {
  const list = items(panel);
  const at = list.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: list.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  list[(to + list.length) % list.length]?.focus();
}

/**
 * Moves a panel that would leave the window back into it.
 * @param {HTMLElement} panel
 */
function keepOnScreen(panel) {
  panel.style.setProperty('--shift', '0px');
  panel.classList.remove('-up');
  const { left, right, bottom } = panel.getBoundingClientRect();
  const foot = Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--dock-height')) || 0;
  panel.classList.toggle('-up', bottom > document.documentElement.clientHeight - foot);
  const over = Math.max(0, right - (document.documentElement.clientWidth - 8));
  const under = Math.min(0, left - 8);
  panel.style.setProperty('--shift', `${-over - under}px`);
}
