// Runs on the audio thread: hands microphone samples to the page in pieces. Loaded by recorder.js as a worklet module.

const PIECE = 2048; // samples, about 43 ms at 48 kHz

class RecorderTap extends AudioWorkletProcessor {
  constructor() {
    super();
    this.piece = new Float32Array(PIECE);
    this.filled = 0;
  }

  /** @param {Float32Array[][]} inputs */
  process(inputs) {
    const channel = inputs[0]?.[0];
    if (channel) this.take(channel);
    return true;
  }

  /** @param {Float32Array} samples */
  take(samples) {
    for (let i = 0; i < samples.length; i += 1) {
      this.piece[this.filled] = samples[i];
      this.filled += 1;
      if (this.filled === PIECE) {
        this.port.postMessage(this.piece.slice());
        this.filled = 0;
      }
    }
  }
}

registerProcessor('recorder-tap', RecorderTap);
