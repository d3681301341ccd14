// A clip carried by mouse from its card to an emotion. Touch and keys use the menu of the card instead.

const KIND = 'application/x-studio-clip';

/**
 * @param {HTMLElement} handle what is taken hold of
 * @param {string} id of the clip
 * @param {HTMLElement} card what is seen under the pointer
 */
export function dragged(handle, id, card) {
  handle.addEventListener('dragstart', (event) => {
    event.dataTransfer?.setData(KIND, id);
    event.dataTransfer?.setData('text/plain', id);
    if (event.dataTransfer) event.dataTransfer.effectAllowed = 'link';
    event.dataTransfer?.setDragImage(card, 24, 24);
    card.classList.add('-carried');
    document.documentElement.classList.add('-carrying');
  });
  handle.addEventListener('dragend', () => {
    card.classList.remove('-carried');
    document.documentElement.classList.remove('-carrying');
  });
}

/**
 * @param {HTMLElement} el the slot
 * @param {(clip: string) => void} onClip
 */
export function takesClips(el, onClip) {
  const carries = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes(KIND);
  el.addEventListener('dragover', (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    el.classList.add('-under');
  });
  el.addEventListener('dragleave', () => el.classList.remove('-under'));
  el.addEventListener('drop', (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    el.classList.remove('-under');
    onClip(event.dataTransfer?.getData(KIND) ?? '');
  });
}
