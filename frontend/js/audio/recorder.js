// Opens the microphone and records it: lossless WAV by an audio worklet, else what MediaRecorder gives. Knows no UI.

import { levelOf } from './meter.js';
import { concatSamples, encodeWav } from './wav.js';

/**
 * @typedef {{blob: Blob, name: string, duration: number}} Recording duration in seconds
 * @typedef {(level: {peak: number, rms: number}) => void} LevelListener linear, many times a second
 * @typedef {{start(): void, stop(): Promise<Recording>, close(): void}} Microphone
 */

// What a cloning reference wants is the voice as it is: the browser's echo, noise and gain tricks change its timbre.
const VOICE_AS_IT_IS = {
  audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false },
};

const CODES = {
  NotAllowedError: 'denied',
  SecurityError: 'denied',
  NotFoundError: 'missing',
  OverconstrainedError: 'missing',
  NotReadableError: 'busy',
  AbortError: 'busy',
};

/** The microphone could not be opened; `code` is denied, missing, busy or unsupported. */
export class MicrophoneError extends Error {
  /** @param {string} code */
  constructor(code) {
    super(`microphone ${code}`);
    this.code = code;
  }
}

/**
 * Asks for the microphone and begins to listen; nothing is kept before `start()`.
 * @param {LevelListener} onLevel
 * @returns {Promise<Microphone>}
 * @throws {MicrophoneError}
 */
export async function openMicrophone(onLevel) {
  const stream = await askForMicrophone();
  const context = new AudioContext();
  try {
    await context.resume();
    const source = context.createMediaStreamSource(stream);
    return context.audioWorklet
      ? await tapWorklet(stream, context, source, onLevel)
      : tapMediaRecorder(stream, context, source, onLevel);
  } catch (error) {
    release(stream, context);
    throw error instanceof MicrophoneError ? error : new MicrophoneError('unsupported');
  }
}

async function askForMicrophone() {
  if (!globalThis.navigator?.mediaDevices?.getUserMedia) throw new MicrophoneError('unsupported');
  try {
    return await navigator.mediaDevices.getUserMedia(VOICE_AS_IT_IS);
  } catch (error) {
    const name = /** @type {keyof typeof CODES} */ (error instanceof Error ? error.name : '');
    throw new MicrophoneError(CODES[name] ?? 'unsupported');
  }
}

/**
 * @param {MediaStream} stream
 * @param {AudioContext} context
 * @param {MediaStreamAudioSourceNode} source
 * @param {LevelListener} onLevel
 * @returns {Promise<Microphone>}
 */
async function tapWorklet(stream, context, source, onLevel) {
  await context.audioWorklet.addModule(new URL('./recorder-worklet.js', import.meta.url).href);
  const tap = new AudioWorkletNode(context, 'recorder-tap', { numberOfOutputs: 0, channelCount: 1 });
  /** @type {Float32Array[]|null} */
  let pieces = null;
  tap.port.onmessage = ({ data }) => {
    onLevel(levelOf(data));
    pieces?.push(data);
  };
  source.connect(tap);
  return {
    start: () => {
      pieces = [];
    },
    stop: async () => {
      const samples = concatSamples(pieces ?? []);
      pieces = null;
      const blob = new Blob([encodeWav(samples, context.sampleRate)], { type: 'audio/wav' });
      return { blob, name: 'recording.wav', duration: samples.length / context.sampleRate };
    },
    close: () => release(stream, context),
  };
}

/**
 * For browsers without worklets: a compressed recording, metered by an analyser.
 * @param {MediaStream} stream
 * @param {AudioContext} context
 * @param {MediaStreamAudioSourceNode} source
 * @param {LevelListener} onLevel
 * @returns {Microphone}
 */
function tapMediaRecorder(stream, context, source, onLevel) {
  if (!globalThis.MediaRecorder) throw new MicrophoneError('unsupported');
  const analyser = context.createAnalyser();
  source.connect(analyser);
  const window = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(window);
    onLevel(levelOf(window));
  }, 50);
  const type = ['audio/webm;codecs=opus', 'audio/mp4'].find((kind) => MediaRecorder.isTypeSupported(kind));
  const recorder = new MediaRecorder(stream, type ? { mimeType: type } : {});
  let began = 0;
  return {
    start: () => {
      began = performance.now();
      recorder.start();
    },
    stop: () => finishMediaRecorder(recorder, () => (performance.now() - began) / 1000),
    close: () => {
      clearInterval(timer);
      release(stream, context);
    },
  };
}

/**
 * @param {MediaRecorder} recorder
 * @param {() => number} seconds
 * @returns {Promise<Recording>}
 */
function finishMediaRecorder(recorder, seconds) {
  return new Promise((resolve) => {
    const duration = seconds();
    recorder.ondataavailable = ({ data }) => {
      const ending = recorder.mimeType.includes('mp4') ? 'm4a' : 'webm';
      resolve({ blob: data, name: `recording.${ending}`, duration });
    };
    recorder.stop();
  });
}

/**
 * @param {MediaStream} stream
 * @param {AudioContext} context
 */
function release(stream, context) {
  for (const track of stream.getTracks()) track.stop();
  if (context.state !== 'closed') context.close();
}
