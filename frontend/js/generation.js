// Runs one performance at a time against the studio and keeps it in the store; takes it up again after a reload.

import { Problem } from './api.js';
import { IDLE, begun, begunAgain, isBusy, stepped } from './performance.js';
import { follow } from './sse.js';

const RUNNING = 'studio.job';

/** @param {any} ctx without `generate` and `cancel`, which are made here */
export function createGeneration(ctx) {
  const { api, store } = ctx;
  /** @param {Partial<import('./performance.js').Performance>} patch */
  const change = (patch) => store.set({ performance: { ...store.get().performance, ...patch } });

  /** @param {any} event */
  function stepOn(event) {
    ctx.live?.hear(event);
    remember(event.done ? null : { id: event.job_id, request: store.get().performance.request, parts: store.get().performance.parts });
    store.set({ performance: stepped(store.get().performance, event) });
  }

  const run = runner(ctx, stepOn, change);

  /**
   * Speaks; the page stays usable meanwhile.
   * @param {any} request as docs/api.md
   * @param {{parts?: any[], autoplay?: boolean}} [options]
   */
  async function generate(request, { parts = [], autoplay = true } = {}) {
    ctx.live?.stop();
    ctx.live = null;
    store.set({ performance: begun(request, parts) });
    if (request.stream_audio) await listen();
    const { live } = ctx;
    const take = await run.start((signal) => api.send('POST', '/api/generate_stream', { json: request, accept: 'text/event-stream', signal }));
    if (ctx.live !== live) return take; // another performance has begun
    if (take && live) await handOver(take);
    else if (take) ctx.player.load(take, { autoplay });
    else live?.stop();
    return take;
  }

  async function listen() {
    const { createListening } = await import('./listening.js');
    ctx.player.pause();
    ctx.live = createListening(ctx, (live) => change({ live }));
  }

  /** @param {any} take */
  async function handOver(take) {
    const { live } = ctx;
    if (live.late) change({ notices: [...store.get().performance.notices, { code: 'live-late', text: 'The sound came more slowly than it plays.' }] });
    await live.handOver(take);
  }

  /**
   * Says one line of the take once more; where that fails or is cancelled, all is as before.
   * @param {number} index 0-based
   */
  async function redo(index) {
    const before = store.get().performance;
    if (before.status !== 'done') return;
    ctx.live?.stop();
    ctx.live = null;
    store.set({ performance: begunAgain(before, index) });
    const take = await run.start((signal) => api.send('POST', `/api/output/${before.take.id}/segments/${index}/redo`, { json: {}, accept: 'text/event-stream', signal }));
    const { redoing, problem, status } = store.get().performance;
    if (take) {
      ctx.player.load(take, { autoplay: true });
      ctx.player.seek(take.segments[index].start);
    } else if (redoing === index) {
      store.set({ performance: before });
      if (status === 'failed') ctx.toast([ctx.explain(problem).title, ctx.explain(problem).hint].filter(Boolean).join('. '), { kind: 'bad' });
    }
  }

  async function cancel() {
    const { jobId, cancelling } = store.get().performance;
    if (!isBusy(store.get().performance) || cancelling) return;
    ctx.live?.stop();
    if (!jobId) {
      run.stop();
      if (store.get().performance.redoing === null) store.set({ performance: { ...IDLE, status: 'cancelled' } });
      return;
    }
    change({ cancelling: true });
    await api.delete(`/api/jobs/${jobId}`).catch((/** @type {unknown} */ error) => change({ cancelling: false, problem: Problem.from(error) }));
  }

  /** The job that ran when the page was left, if any. */
  async function resume() {
    const left = recall();
    if (!left) return;
    store.set({ performance: { ...begun(left.request, left.parts ?? []), jobId: left.id } });
    const take = await run.start((signal) => eventsOf(api, left.id, 0, signal), left.id);
    if (take) ctx.player.load(take, { autoplay: false });
  }

  return { generate, redo, cancel, resume };
}

/**
 * Follows one stream at a time into the store.
 * @param {any} ctx
 * @param {(event: any) => void} stepOn
 * @param {(patch: Partial<import('./performance.js').Performance>) => void} change
 */
function runner(ctx, stepOn, change) {
  const { api, store } = ctx;
  /** @type {AbortController | null} */
  let following = null;

  /**
   * @param {(signal: AbortSignal) => Promise<Response>} open
   * @param {string} [jobId] of a job that runs already
   * @returns {Promise<any>} the take, or null where it failed or was cancelled
   */
  async function start(open, jobId = '') {
    following?.abort();
    following = new AbortController();
    const { signal } = following;
    try {
      const last = await follow({
        open: () => open(signal), resume: (id, after) => eventsOf(api, id, after, signal), onEvent: stepOn, signal, jobId,
        onCut: (cut) => {
          if (cut) ctx.live?.cut();
          if (cut !== store.get().performance.cut) change({ cut });
        },
      });
      return last.phase === 'done' ? last : null;
    } catch (error) {
      if (signal.aborted) return null;
      remember(null);
      change({ status: 'failed', problem: Problem.from(error), cancelling: false });
      return null;
    }
  }

  return { start, stop: () => following?.abort() };
}

/**
 * @param {import('./api.js').Api} api
 * @param {string} id
 * @param {number} after
 * @param {AbortSignal} signal
 */
function eventsOf(api, id, after, signal) {
  return api.send('GET', `/api/jobs/${id}/events?after=${after}`, { accept: 'text/event-stream', signal });
}

/** @param {any} running null forgets */
function remember(running) {
  try {
    if (running) sessionStorage.setItem(RUNNING, JSON.stringify(running));
    else sessionStorage.removeItem(RUNNING);
  } catch {
    // without a session store a reload only loses the view of the job; History has the take
  }
}

function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(RUNNING) ?? 'null');
  } catch {
    return null;
  }
}
