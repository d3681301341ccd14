// The order in which emotions stand everywhere: the catalog's, a voice's own ones last. Pure.

/**
 * @param {string[]} names
 * @param {{name: string}[]} standard
 * @returns {string[]}
 */
export function inOrder(names, standard) {
  const order = standard.map(({ name }) => name);
  const place = (/** @type {string} */ name) => order.indexOf(name) + 1 || order.length + 1;
  return [...names].sort((a, b) => place(a) - place(b));
}
