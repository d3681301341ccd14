// Files dragged over the grid: lights the slot under them and hands the dropped ones over. Knows slots only by their data.

/**
 * @param {HTMLElement} el
 * @param {{bench: () => string, onFiles: (files: File[], emotion: string | null) => void}} ways the emotion on the bench; null lets names decide
 */
export function dropZone(el, { bench, onFiles }) {
  /** @param {DragEvent} event */
  function slotUnder(event) {
    const target = /** @type {Element} */ (event.target);
    const slot = /** @type {HTMLElement | null} */ (target.closest('.slot'));
    return slot?.dataset.emotion ?? (target.closest('.bench') ? bench() : null);
  }

  /** @param {string | null} emotion */
  function light(emotion) {
    for (const slot of el.querySelectorAll('.slot')) slot.classList.toggle('-under', /** @type {HTMLElement} */ (slot).dataset.emotion === emotion);
  }

  el.addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    el.classList.add('-dropping');
    light(slotUnder(event));
  });
  el.addEventListener('dragleave', () => {
    el.classList.remove('-dropping');
    light(null);
  });
  el.addEventListener('drop', (event) => {
    event.preventDefault();
    el.classList.remove('-dropping');
    light(null);
    onFiles([...(event.dataTransfer?.files ?? [])], slotUnder(event));
  });
}
