// Speaks one request and waits for the take, beside whatever the page is performing. Leaving cancels the job.

import { Problem } from '../../api.js';
import { follow } from '../../sse.js';

/**
 * @param {any} ctx
 * @param {any} request a GenerationRequest
 * @param {{onEvent: (event: any) => void, signal: AbortSignal}} way
 * @returns {Promise<any>} the take
 * @throws {Problem}
 */
export async function speakOnce(ctx, request, { onEvent, signal }) {
  let job = '';
  const accept = 'text/event-stream';
  const cancel = () => job && ctx.api.delete(`/api/jobs/${job}`).catch(() => {}); // it may be done already
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const last = await follow({
      open: () => ctx.api.send('POST', '/api/generate_stream', { json: request, accept, signal }),
      resume: (id, after) => ctx.api.send('GET', `/api/jobs/${id}/events?after=${after}`, { accept, signal }),
      onEvent: (event) => {
        job = event.job_id ?? job;
        onEvent(event);
      },
      signal,
    });
    if (last.phase !== 'done') throw new Problem(last.problem ?? { code: 'cancelled' });
    return last;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
