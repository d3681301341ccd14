// Turns mono float samples into a WAV file: PCM-16, plain 44-byte header. Knows nothing of where the samples come from.

const HEADER_BYTES = 44;

/**
 * Joins recorded pieces into one run of samples.
 * @param {Float32Array[]} pieces
 * @returns {Float32Array} shape (sum of lengths,)
 */
export function concatSamples(pieces) {
  const whole = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/**
 * @param {Float32Array} samples mono, full scale at ±1; louder values are clipped, NaN becomes silence
 * @param {number} rate hertz
 * @returns {Uint8Array<ArrayBuffer>} a whole WAV file
 */
export function encodeWav(samples, rate) {
  const bytes = new Uint8Array(HEADER_BYTES + samples.length * 2);
  const view = new DataView(bytes.buffer);
  writeHeader(view, samples.length * 2, rate);
  for (let i = 0; i < samples.length; i += 1) {
    const value = Math.max(-1, Math.min(1, samples[i] || 0));
    view.setInt16(HEADER_BYTES + i * 2, Math.round(value * 32767), true);
  }
  return bytes;
}

/**
 * @param {DataView} view
 * @param {number} dataBytes
 * @param {number} rate hertz
 */
function writeHeader(view, dataBytes, rate) {
  writeAscii(view, 0, 'RIFF');
  view.setUint32(4, HEADER_BYTES - 8 + dataBytes, true);
  writeAscii(view, 8, 'WAVEfmt ');
  view.setUint32(16, 16, true); // length of the fmt chunk
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // channels
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 2, true); // bytes a second
  view.setUint16(32, 2, true); // bytes a frame
  view.setUint16(34, 16, true); // bits a sample
  writeAscii(view, 36, 'data');
  view.setUint32(40, dataBytes, true);
}

/**
 * @param {DataView} view
 * @param {number} at byte offset
 * @param {string} text
 */
function writeAscii(view, at, text) {
  for (let i = 0; i < text.length; i += 1) view.setUint8(at + i, text.charCodeAt(i));
}
