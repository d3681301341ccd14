// Server-sent events over `fetch` (EventSource cannot POST), resumed after a cut. Knows frames and jobs, not their meaning.

import { Problem } from './api.js';

/** @typedef {{id: number | null, data: any}} Frame */

const FIRST_WAIT = 400; // milliseconds before the first try to resume
const LONGEST_WAIT = 5000; // milliseconds
const TRIES = 40; // about three minutes without an answer

/** Cuts text into frames: `push(text)` returns those that are whole. Comments (heartbeats) give none. */
export function createParser() {
  let rest = '';
  return {
    /**
     * @param {string} text
     * @returns {Frame[]}
     */
    push(text) {
      const blocks = (rest + text).replace(/\r\n/g, '\n').split('\n\n');
      rest = blocks.pop() ?? '';
      return blocks.map(frame).filter((one) => one !== null);
    },
  };
}

/**
 * @param {string} block
 * @returns {Frame | null}
 */
function frame(block) {
  const lines = block.split('\n');
  /** @param {string} name */
  const values = (name) => lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).replace(/^ /, ''));
  const data = values('data').join('\n');
  if (!data) return null;
  const id = Number.parseInt(values('id')[0] ?? '', 10);
  return { id: Number.isNaN(id) ? null : id, data: JSON.parse(data) };
}

/**
 * @param {Response} response
 * @returns {AsyncGenerator<Frame>}
 */
export async function* frames(response) {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const parser = createParser();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      yield* parser.push(value);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/**
 * Follows one job to its last event. A cut is mended by asking for what came after the last numbered event.
 * @param {{open: () => Promise<Response>, resume: (jobId: string, after: number) => Promise<Response>,
 *   onEvent: (event: any, id: number | null) => void, onCut?: (cut: boolean) => void,
 *   signal?: AbortSignal, jobId?: string, after?: number}} way
 * @returns {Promise<any>} the last event
 */
export async function follow({ open, resume, onEvent, onCut = () => {}, signal, jobId = '', after = 0 }) {
  let next = open;
  for (let tries = 0; tries < TRIES; tries += 1) {
    try {
      for await (const { id, data } of frames(await next())) {
        jobId = data.job_id ?? jobId;
        after = id ?? after;
        tries = 0;
        onCut(false);
        onEvent(data, id);
        if (data.done) return data;
      }
    } catch (error) {
      if (signal?.aborted || !jobId || isAnswer(error)) throw error;
    }
    if (!jobId) break;
    onCut(true);
    await pause(Math.min(LONGEST_WAIT, FIRST_WAIT * 1.5 ** tries), signal);
    next = () => resume(jobId, after);
  }
  throw new Problem({ code: 'unreachable', title: 'The studio does not answer', detail: 'The stream of the job was cut and could not be resumed.' });
}

/**
 * The studio itself refused: trying again would not help.
 * @param {unknown} error
 */
function isAnswer(error) {
  return error instanceof Problem && error.status >= 400 && error.status < 500;
}

/**
 * @param {number} milliseconds
 * @param {AbortSignal} [signal]
 */
function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}
