// Waits for a hand to rest before something is done.

/**
 * Runs a while after the last call.
 * @param {() => void} run
 * @param {number} milliseconds
 */
export function later(run, milliseconds) {
  /** @type {any} */
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(run, milliseconds);
  };
}
