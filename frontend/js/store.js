// A small observable store: a plain state object, replaced as a whole. Knows nothing of what it holds.

/**
 * @template {object} S
 * @typedef {{
 *   get(): S,
 *   set(patch: Partial<S> | ((state: S) => Partial<S>)): void,
 *   subscribe(listener: (state: S, before: S) => void): () => void,
 *   watch<T>(pick: (state: S) => T, listener: (value: T, before: T) => void): () => void,
 * }} Store
 */

/**
 * @template {object} S
 * @param {S} initial
 * @returns {Store<S>}
 */
export function createStore(initial) {
  let state = initial;
  /** @type {Set<(state: S, before: S) => void>} */
  const listeners = new Set();

  /** @param {(state: S, before: S) => void} listener */
  function subscribe(listener) {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  return {
    get: () => state,
    set(patch) {
      const before = state;
      const change = typeof patch === 'function' ? patch(before) : patch;
      if (!differs(before, change)) return;
      state = { ...before, ...change };
      for (const listener of [...listeners]) listener(state, before);
    },
    subscribe,
    watch(pick, listener) {
      return subscribe((now, before) => {
        const [value, old] = [pick(now), pick(before)];
        if (!Object.is(value, old)) listener(value, old);
      });
    },
  };
}

/**
 * @param {Record<string, any>} state
 * @param {Record<string, any>} change
 */
function differs(state, change) {
  return Object.keys(change).some((name) => !Object.is(state[name], change[name]));
}
