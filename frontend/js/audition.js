// Short samples of voices: spoken once by the studio, kept in this page, one sounding at a time. Never before a gesture.

/**
 * @typedef {{text: string, voice: any, language?: string}} Sample
 * @typedef {{play(sample: Sample): Promise<void>, prepare(sample: Sample): void, stop(): void, state(sample: Sample): 'idle' | 'loading' | 'playing',
 *   onChange(listener: () => void): () => void}} Auditions
 */

/**
 * @param {any} ctx
 * @returns {Auditions}
 */
export function createAuditions(ctx) {
  const audio = new Audio();
  const make = maker(ctx);
  const listeners = new Set();
  let wanted = '';
  let loading = false;

  const tell = () => listeners.forEach((listener) => listener());

  /** @param {Sample} sample */
  async function play(sample) {
    stop();
    const mine = nameOf(sample);
    wanted = mine;
    loading = true;
    tell();
    try {
      const url = await make(sample);
      if (wanted !== mine) return;
      ctx.live?.stop();
      ctx.player?.pause?.();
      audio.src = url;
      await audio.play();
    } catch (error) {
      if (wanted === mine) wanted = '';
      if (/** @type {any} */ (error).name !== 'AbortError') throw error;
    } finally {
      if (wanted === mine || !wanted) loading = false;
      tell();
    }
  }

  function stop() {
    wanted = '';
    audio.pause();
    tell();
  }

  audio.addEventListener('ended', stop);
  return {
    play, stop,
    prepare: (sample) => void make(sample).catch(() => {}),
    state: (sample) => (nameOf(sample) !== wanted ? 'idle' : loading ? 'loading' : 'playing'),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** @param {Sample} sample */
function nameOf({ text, voice, language }) {
  return JSON.stringify([text, voice, language]);
}

/**
 * Has each sample spoken once; a failed one may be tried again.
 * @param {any} ctx
 * @returns {(sample: Sample) => Promise<string>} an address that an audio element can play
 */
function maker({ api }) {
  /** @type {Map<string, Promise<string>>} */
  const made = new Map();
  return (sample) => {
    const name = nameOf(sample);
    const url = made.get(name) ?? api.speak({ language: 'auto', ...sample }).then((/** @type {Blob} */ blob) => URL.createObjectURL(blob));
    made.set(name, url);
    url.catch(() => made.delete(name));
    return url;
  };
}
