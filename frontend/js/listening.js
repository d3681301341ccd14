// Listening while it speaks: gives a performance's sound to the ear as it comes, and hands over to the finished take in the
// player at the very place. Fetched when somebody first listens.

import { createLive } from './audio/live.js';

const NEARLY_DONE = 0.8; // seconds before its end from which the live sound plays to it

/** @typedef {ReturnType<typeof createListening>} Listening */

/**
 * @param {any} ctx
 * @param {(live: 'silent' | 'gathering' | 'sounding') => void} onChange
 */
export function createListening(ctx, onChange) {
  const live = createLive({ volume: ctx.player.loudness, onChange: () => onChange(live.state) });
  let cut = false;

  return {
    /** @param {any} event of the job's stream */
    hear(event) {
      if (event.audio && !cut) live.push(event.audio, event.audio_rate);
    },
    /** The stream was cut: the sound that was lost does not come again. */
    cut() {
      cut = true;
      live.end();
    },
    stop: live.stop,
    /** @param {any} take the finished one */
    async handOver(take) {
      const silent = live.state === 'silent';
      live.end();
      if (silent) return ctx.player.load(take, { autoplay: true });
      if (cut) {
        const heard = live.time();
        live.stop();
        return void (await ctx.player.join(take, { time: () => heard, stop() {} }));
      }
      if (live.rest <= NEARLY_DONE) ctx.player.load(take);
      else if (await ctx.player.join(take, live)) return;
      playedOut(ctx, live);
    },
    get late() { return live.late; },
  };
}

/**
 * The live sound plays to its end, and the take then stands at its own.
 * @param {any} ctx
 * @param {import('./audio/live.js').Live} live
 */
function playedOut(ctx, live) {
  ctx.player.follow(live.time);
  setTimeout(() => {
    if (live.state === 'silent') return; // stopped meanwhile
    live.stop();
    ctx.player.follow(null);
  }, live.rest * 1000 + 150);
}
