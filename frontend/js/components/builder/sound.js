// Sounds inside the builder: a file made into something that can be drawn, and the one voice that plays at a time.

import { peaksOf } from '../../audio/waveform.js';

const PEAKS = 600;

/** @typedef {{blob: Blob, name: string, peaks: number[], duration: number, exact: boolean}} Sound exact: the browser could read it */

/**
 * @param {Blob} blob
 * @param {{peaks?: number[], duration?: number}} [otherwise] what to show where the browser cannot read the file
 * @returns {Promise<Sound>}
 */
export async function decodeSound(blob, otherwise = {}) {
  const name = blob instanceof File ? blob.name : 'recording.wav';
  try {
    const decoder = new OfflineAudioContext(1, 1, 24_000);
    const buffer = await decoder.decodeAudioData(await blob.arrayBuffer());
    return { blob, name, peaks: peaksOf(buffer.getChannelData(0), PEAKS), duration: buffer.duration, exact: true };
  } catch {
    return { blob, name, peaks: otherwise.peaks ?? [], duration: otherwise.duration ?? 0, exact: false };
  }
}

/**
 * @param {any} ctx
 * @param {any} entry an emotion's record
 * @returns {Promise<Sound|null>}
 */
export async function fetchSound(ctx, entry) {
  const answer = await ctx.api.send('GET', entry.source?.url ?? entry.url, { accept: '*/*' }).catch(() => null);
  return answer ? decodeSound(await answer.blob(), entry) : null;
}

/**
 * Plays one thing at a time; whoever asked is told how far it is.
 */
export function createVoice() {
  const audio = new Audio();
  /** @type {{key: string, end: number, onTime: (seconds: number|null) => void} | null} */
  let now = null;
  let address = '';

  function stop() {
    audio.pause();
    const stopped = now;
    now = null;
    stopped?.onTime(null);
    if (address.startsWith('blob:')) URL.revokeObjectURL(address);
    address = '';
  }

  function tick() {
    if (!now) return;
    if (audio.ended || audio.currentTime >= now.end) return void stop();
    now.onTime(audio.currentTime);
    requestAnimationFrame(tick);
  }

  /**
   * @param {string} key who asks; asking again while it sounds stops it
   * @param {Blob|string} what
   * @param {{start?: number, end?: number, onTime?: (seconds: number|null) => void}} [range] seconds; null time when it is over
   */
  async function toggle(key, what, { start = 0, end = Infinity, onTime = () => {} } = {}) {
    const same = now?.key === key;
    stop();
    if (same) return;
    address = typeof what === 'string' ? what : URL.createObjectURL(what);
    const mine = { key, end, onTime };
    now = mine;
    audio.src = address;
    audio.currentTime = start;
    await audio.play().catch(() => {
      if (now === mine) stop();
    });
    tick();
  }

  return { toggle, stop, playing: (/** @type {string} */ key) => now?.key === key };
}
