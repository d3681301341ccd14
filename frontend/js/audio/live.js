// Plays sound while it is being made: 16-bit chunks end to end on the clock of the sound card. It gathers a little before it
// starts, and more after each time the sound came too late. Knows samples and seconds, no jobs and no views.

const FIRST = 0.25; // seconds gathered before the first sound
const MOST = 6; // seconds gathered at most, however late the sound comes
const AHEAD = 0.06; // seconds between the decision and the first sample
const LOOK = 100; // milliseconds between looks at the clock
const FADE = 0.06; // seconds

/**
 * @typedef {{at: number, offset: number, seconds: number}} Stretch when, on the clock, which part of the take sounds
 * @typedef {ReturnType<typeof createLive>} Live
 */

/**
 * @param {{makeContext?: (rate: number) => any, volume?: number, onChange?: () => void}} [options]
 */
export function createLive({ makeContext = (rate) => new AudioContext({ sampleRate: rate }), volume = 1, onChange = () => {} } = {}) {
  /** @type {any} */
  let context = null;
  /** @type {any} */
  let gain = null;
  /** @type {Float32Array<ArrayBuffer>[]} */
  let waiting = [];
  /** @type {Stretch[]} */
  const stretches = [];
  const state = { rate: 0, gathered: 0, given: 0, next: 0, wanted: FIRST, late: 0, sounding: false, ended: false, stopped: false };
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;

  /** @param {number} rate */
  function open(rate) {
    context = makeContext(rate);
    state.rate = rate;
    gain = context.createGain();
    gain.gain.value = volume;
    gain.connect(context.destination);
    timer = setInterval(look, LOOK);
  }

  /** @param {string} base64 @param {number} rate hertz */
  function push(base64, rate) {
    if (state.stopped) return;
    if (!context) open(rate);
    const samples = samplesOf(base64);
    waiting.push(samples);
    state.gathered += samples.length / state.rate;
    look();
  }

  /** Late is when the clock has come to the end of what was given and more is still to come. */
  function look() {
    if (state.stopped || !context) return;
    if (state.sounding && !state.ended && context.currentTime >= state.next - 0.005 && state.next > 0) {
      state.sounding = false;
      state.late += 1;
      state.wanted = Math.min(MOST, state.wanted * 2);
      onChange();
    }
    if (!state.sounding && state.gathered > 0 && (state.gathered >= state.wanted || state.ended)) {
      state.sounding = true;
      state.next = Math.max(state.next, context.currentTime + AHEAD);
      onChange();
    }
    if (state.sounding) give();
  }

  function give() {
    for (const samples of waiting) {
      const buffer = context.createBuffer(1, samples.length, state.rate);
      buffer.copyToChannel(samples, 0);
      const source = context.createBufferSource();
      source.buffer = buffer;
      source.connect(gain);
      source.start(state.next);
      const seconds = samples.length / state.rate;
      stretches.push({ at: state.next, offset: state.given, seconds });
      state.next += seconds;
      state.given += seconds;
    }
    waiting = [];
    state.gathered = 0;
  }

  /** Where in the take the ear is now. Seconds. */
  function time() {
    const now = context?.currentTime ?? 0;
    const stretch = stretches.findLast(({ at }) => at <= now);
    return stretch ? stretch.offset + Math.min(stretch.seconds, now - stretch.at) : 0;
  }

  function stop() {
    if (state.stopped) return;
    state.stopped = true;
    clearInterval(timer);
    waiting = [];
    if (gain) gain.gain.setTargetAtTime?.(0, context.currentTime, FADE / 3);
    setTimeout(() => context?.close?.(), FADE * 2000);
    onChange();
  }

  return {
    push, stop, time,
    /** Nothing more will come: what is gathered sounds at once. */
    end() {
      state.ended = true;
      look();
    },
    get state() { return state.stopped || !context ? 'silent' : state.sounding ? 'sounding' : 'gathering'; },
    get late() { return state.late; },
    /** Seconds of sound that have come and were not yet heard. */
    get rest() { return state.given + state.gathered - time(); },
  };
}

/**
 * @param {string} base64 of 16-bit little-endian mono
 */
export function samplesOf(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const samples = new Float32Array(bytes.length >> 1);
  for (let i = 0; i < samples.length; i += 1) samples[i] = view.getInt16(2 * i, true) / 32768;
  return samples;
}
