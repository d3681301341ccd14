// One job that a view waits for: begun, followed, cancelled, taken up again after a reload. Knows no views and no results.

import { Problem } from './api.js';
import { upload } from './components/builder/upload.js';
import { follow } from './sse.js';

/**
 * @typedef {'idle' | 'sending' | 'queued' | 'loading' | 'working' | 'encoding' | 'done' | 'failed' | 'cancelled'} Status
 * @typedef {{status: Status, jobId: string, stage: string, stageCode: string, params: Record<string, string>, progress: number,
 *   eta: number | null, place: number | null, sent: number | null, cancelling: boolean, cut: boolean,
 *   notices: {code: string, text: string, params?: Record<string, string>}[], problem: any, result: any}} Work sent: 0…1 of an upload, null where nobody counts
 * @typedef {(signal: AbortSignal, onSent: (fraction: number) => void) => Promise<Response>} Opening answers the job's stream of events
 */

/** @type {Work} */
export const REST = {
  status: 'idle', jobId: '', stage: '', stageCode: '', params: {}, progress: 0, eta: null, place: null, sent: null,
  cancelling: false, cut: false, notices: [], problem: null, result: null,
};

const UNDER_WAY = new Set(['sending', 'queued', 'loading', 'working', 'encoding']);

/** @param {Work} work */
export function isUnderWay({ status }) {
  return UNDER_WAY.has(status);
}

/**
 * @param {Work} work
 * @param {any} event of the job's stream
 * @returns {Work}
 */
export function stepped(work, event) {
  const next = { ...work, jobId: event.job_id ?? work.jobId, status: event.phase, cut: false, sent: null };
  if (event.notice) next.notices = [...work.notices, event.notice];
  if (event.done) return { ...next, progress: event.phase === 'done' ? 1 : work.progress, eta: null, cancelling: false, result: event.phase === 'done' ? event : null, problem: event.problem ?? null };
  return {
    ...next, stage: event.stage ?? '', stageCode: event.stage_code ?? '', params: event.params ?? {},
    progress: event.progress ?? work.progress, eta: event.eta ?? null, place: event.phase === 'queued' ? event.queue_place ?? null : null,
  };
}

/**
 * How a job is begun by a form.
 * @param {any} ctx
 * @param {string} path
 * @param {Record<string, any>} fields recordings among them; what is null is left out
 * @returns {Opening}
 */
export function byForm({ api }, path, fields) {
  return async (signal, onSent) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) {
      if (value instanceof File) form.append(name, value, value.name);
      else if (value !== null) form.append(name, String(value));
    }
    const { job_id: id } = await upload('POST', path, form, onSent, signal);
    return api.send('GET', `/api/jobs/${id}/events?after=0`, { accept: 'text/event-stream', signal });
  };
}

/**
 * @param {any} ctx
 * @param {{remembered?: string, onChange: (work: Work) => void}} options remembered: under which name a reload finds the job
 */
export function createWork({ api, storage }, { remembered = '', onChange }) {
  let work = REST;
  /** @type {AbortController | null} */
  let hold = null;

  /** @param {Partial<Work>} patch */
  function change(patch) {
    work = { ...work, ...patch };
    onChange(work);
  }

  /** @param {string} id @param {number} after @param {AbortSignal} signal */
  const eventsOf = (id, after, signal) => api.send('GET', `/api/jobs/${id}/events?after=${after}`, { accept: 'text/event-stream', signal });

  /** @param {string} id '' forgets */
  function remember(id) {
    if (!remembered) return;
    if (id) storage.setItem(remembered, id);
    else storage.removeItem(remembered);
  }

  /**
   * @param {(signal: AbortSignal) => Promise<Response>} open
   * @param {string} [jobId] of a job that runs already
   * @returns {Promise<any>} the result; null where there is none
   */
  async function run(open, jobId = '') {
    hold?.abort();
    hold = new AbortController();
    const { signal } = hold;
    try {
      await follow({
        open: () => open(signal), resume: (id, after) => eventsOf(id, after, signal), signal, jobId,
        onEvent(event) {
          if (event.job_id && !work.jobId) remember(event.job_id);
          change(stepped(work, event));
        },
        onCut: (cut) => cut !== work.cut && change({ cut }),
      });
    } catch (error) {
      if (signal.aborted) return null;
      change({ status: 'failed', problem: Problem.from(error), cancelling: false });
    }
    if (work.status === 'failed' || work.status === 'cancelled') remember('');
    return work.result;
  }

  return {
    get now() { return work; },
    /** @param {Opening} open */
    begin(open) {
      change({ ...REST, status: 'sending' });
      return run((signal) => open(signal, (sent) => change({ sent })));
    },
    /** Takes up the job of before a reload, if there was one; one that is no longer known is forgotten in silence. */
    async resume() {
      const id = remembered && storage.getItem(remembered);
      if (!id || isUnderWay(work)) return null;
      change({ ...REST, status: 'queued', jobId: id });
      const result = await run((signal) => eventsOf(id, 0, signal), id);
      if (work.problem?.code === 'job-not-found') change(REST);
      return result;
    },
    async cancel() {
      if (!isUnderWay(work) || work.cancelling) return;
      if (!work.jobId) {
        hold?.abort();
        return change({ ...REST, status: 'cancelled' });
      }
      change({ cancelling: true });
      await api.delete(`/api/jobs/${work.jobId}`).catch((/** @type {unknown} */ error) => change({ cancelling: false, problem: Problem.from(error) }));
    },
    /** Back to rest; what runs goes on unseen. */
    clear() {
      hold?.abort();
      remember('');
      change(REST);
    },
  };
}
