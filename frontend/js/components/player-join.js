// Takes over from a sound that plays already: the file runs silently beside it until both are at the same place, then it
// becomes the one that is heard. Knows an audio element and a clock.

const CLOSE = 0.03; // seconds that no ear minds
const TRIES = 4;
const SETTLE = 120; // milliseconds until an audio element runs steadily after a jump

/**
 * @param {HTMLAudioElement} audio with its source set
 * @param {{time: () => number, stop: () => void}} clock the sound that is heard now
 * @returns {Promise<boolean>} false where the browser refuses to play: the other sound goes on
 */
export async function joinAt(audio, clock) {
  const { muted, playbackRate } = audio;
  audio.muted = true;
  audio.playbackRate = 1;
  try {
    await audio.play();
    await aligned(audio, clock);
    clock.stop();
    return true;
  } catch {
    return false;
  } finally {
    audio.muted = muted;
    audio.playbackRate = playbackRate;
  }
}

/**
 * @param {HTMLAudioElement} audio
 * @param {{time: () => number}} clock
 */
async function aligned(audio, clock) {
  let lead = 0.08; // seconds that a jump takes, learned as we go
  for (let tries = 0; tries < TRIES; tries += 1) {
    audio.currentTime = clock.time() + lead;
    await new Promise((resolve) => setTimeout(resolve, SETTLE));
    const apart = audio.currentTime - clock.time();
    if (Math.abs(apart) < CLOSE) return;
    lead -= apart;
  }
}
