// The place shown is the hash of the address: #speak, #voices and so on; none is the home page.

/**
 * @param {readonly string[]} places
 * @param {(place: string) => void} show
 */
export function createRouter(places, show) {
  const current = () => {
    const name = location.hash.slice(1).split('?')[0];
    return places.includes(name) ? name : '';
  };
  addEventListener('hashchange', () => show(current()));
  return {
    current,
    /** @param {string} place '' is home */
    go(place) {
      if (current() === place) show(place);
      else location.hash = place;
    },
  };
}
