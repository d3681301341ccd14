// Sessions that are not on the desk: what the studio was not told of them yet, and those that were dropped and can still come back.

/** @typedef {{placed: Record<string, string>, words: Record<string, string>}} Laid */

const SHELF = 'studio.smart.untold';

/** @param {string} session */
export const address = (session) => `/api/smart/${encodeURIComponent(session)}`;

/** @param {any} problem */
export const isGone = (problem) => problem?.code === 'session-not-found';

/**
 * What was laid in sessions that were left before the studio knew of it: told again, and kept until it is.
 * @param {any} ctx
 */
export function createShelf({ api, storage }) {
  /** @type {Record<string, Laid>} */
  const waiting = read(storage, SHELF, {});
  let telling = Promise.resolve();

  /** @param {string} session @param {Laid | null} laid */
  function keep(session, laid) {
    if (laid) waiting[session] = laid;
    else delete waiting[session];
    storage.setItem(SHELF, JSON.stringify(waiting));
  }

  /** @param {string} session */
  async function tell(session) {
    const laid = waiting[session];
    const over = await api.put(`${address(session)}/desk`, laid).then(() => true, isGone);
    if (over && waiting[session] === laid) keep(session, null);
  }

  return {
    /** The last telling, however it ends. */
    get telling() { return telling; },
    /** @param {string} session @param {Laid} laid */
    put(session, laid) {
      keep(session, laid);
      telling = tell(session);
    },
    /** What waits there; it is on the shelf no more. @param {string} session @returns {Laid | undefined} */
    take(session) {
      const laid = waiting[session];
      if (laid) keep(session, null);
      return laid;
    },
  };
}

/**
 * Dropped sessions: nothing shows them while they can come back, whichever view is open.
 * @param {{go: (session: string) => Promise<boolean>, onChange: () => void}} ways go: when its time is up; false where it stays
 */
export function createLeaving({ go, onChange }) {
  /** @type {Map<string, any>} session → its timer */
  const timers = new Map();

  /** @param {string} session */
  function keep(session) {
    clearTimeout(timers.get(session));
    if (timers.delete(session)) onChange();
  }

  return {
    /** @param {string} session */
    has: (session) => timers.has(session),
    keep,
    /** It goes in so many seconds, if nobody keeps it till then. @param {string} session @param {number} seconds */
    drop(session, seconds) {
      if (!session) return;
      clearTimeout(timers.get(session));
      timers.set(session, setTimeout(async () => (await go(session)) || keep(session), seconds * 1000));
      onChange();
    },
  };
}

/**
 * @param {Pick<Storage, 'getItem'>} storage
 * @param {string} name
 * @param {any} otherwise
 */
export function read(storage, name, otherwise) {
  try {
    return JSON.parse(storage.getItem(name) ?? 'null') ?? otherwise;
  } catch {
    return otherwise;
  }
}
