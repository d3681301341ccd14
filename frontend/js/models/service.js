// The models of this machine as the page knows them: looks, asks, and follows the jobs, one stream for each queue at a time
// (a browser opens six connections to a studio, and speaking needs some). Knows no views.

import { Problem } from '../api.js';
import { follow } from '../sse.js';
import { KINDS, begun, foremost, isOpen, overall, stepped } from './transfers.js';

const BUSY_LOOK = 1500; // milliseconds between looks while something is under way
const REMEMBERED = 'studio.transfers';

/** @typedef {import('./transfers.js').Transfer} Transfer */

/** @param {any} ctx */
export function createModels(ctx) {
  const { api, store } = ctx;
  const streams = { network: stream(ctx, step, ended), memory: stream(ctx, step, ended) };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const all = () => /** @type {Transfer[]} */ (Object.values(store.get().transfers));

  /** @param {Transfer} transfer */
  function put(transfer) {
    const stale = (/** @type {Transfer} */ one) => !isOpen(one) && one.kind === transfer.kind && (one.kind === 'memory' || one.key === transfer.key);
    const others = all().filter((one) => one.id !== transfer.id && !stale(one));
    store.set({ transfers: Object.fromEntries([...others, transfer].map((one) => [one.id, one])) });
    remember(all());
  }

  /** @param {string} id @param {any} event */
  function step(id, event) {
    const known = store.get().transfers[id];
    if (known) store.set({ transfers: { ...store.get().transfers, [id]: stepped(known, event) } });
  }

  /** @param {Transfer | undefined} transfer */
  async function ended(transfer) {
    await look().catch(() => {}); // the next look tells
    if (transfer?.status === 'done') await ctx.refresh.catalog().catch(() => {});
  }

  /** What there is, and which jobs are under way. Throws a Problem. */
  async function look() {
    clearTimeout(timer);
    try {
      const [models, { jobs }] = await Promise.all([api.get('/api/models'), api.get(`/api/jobs?kind=${Object.keys(KINDS).join()}`)]);
      adopt(models, jobs);
      settle(models);
      store.set({ models, modelsProblem: null });
    } catch (error) {
      store.set({ modelsProblem: Problem.from(error) });
      throw error;
    } finally {
      pump();
    }
  }

  /** What failed and was put right in another way is no longer told. @param {any} models */
  function settle(models) {
    const right = (/** @type {Transfer} */ { kind, key }) => (kind === 'packages' ? models.studio_set.installed : kind === 'model' && models.models.find((/** @type {any} */ one) => one.key === key)?.installed);
    keep((one) => one.status !== 'failed' || !right(one));
  }

  /** @param {(transfer: Transfer) => boolean} which */
  function keep(which) {
    const kept = all().filter(which);
    if (kept.length === all().length) return;
    store.set({ transfers: Object.fromEntries(kept.map((one) => [one.id, one])) });
    remember(kept);
  }

  function pump() {
    streams.network.take(foremost(all().filter(({ kind }) => kind !== 'memory')));
    streams.memory.take(foremost(all().filter(({ kind }) => kind === 'memory')));
    clearTimeout(timer);
    if (all().some(isOpen)) timer = setTimeout(() => look().catch(() => {}), BUSY_LOOK);
  }

  /**
   * Takes up jobs that this page did not start, or started before a reload.
   * @param {any} models
   * @param {any[]} jobs newest first
   */
  function adopt(models, jobs) {
    const keys = recalled();
    for (const { job_id: id, key } of models.models) if (id) keys[id] = key;
    for (const job of [...jobs].reverse()) {
      const kind = KINDS[job.kind];
      const known = store.get().transfers[job.id];
      if (!kind || (known && !isOpen(known)) || streams.network.follows(job.id) || streams.memory.follows(job.id)) continue;
      if (!known && !isOpen(job) && !(job.id in keys)) continue;
      const seen = known ?? begun(job.id, kind, keys[job.id] ?? '');
      put({ ...seen, status: job.status, progress: job.progress ?? seen.progress, problem: job.status === 'failed' ? job.problem : null });
    }
  }

  /**
   * @param {Promise<any>} asked answers `{job_id}`
   * @param {import('./transfers.js').Kind} kind
   * @param {string} [key]
   */
  async function started(asked, kind, key = '') {
    const { job_id: id } = await asked;
    if (!store.get().transfers[id]) put(begun(id, kind, key));
    pump();
  }

  return {
    look,
    /** @param {string[]} keys */
    async install(keys) {
      keep(isOpen);
      const { jobs } = await api.post('/api/models/install', { keys, packages: true });
      for (const job of jobs) put(begun(job.job_id, job.packages ? 'packages' : 'model', job.key ?? ''));
      await look();
    },
    download: (/** @type {string} */ key, provider = 'auto') => started(api.post(`/api/models/${key}/download`, { provider }), 'model', key),
    move: (/** @type {string} */ path) => started(api.post('/api/models/folder', { path }), 'folder'),
    switchTo: (/** @type {string} */ model) => started(api.post('/api/switch_model', { model }), 'memory', model),
    unload: () => started(api.post('/api/models/unload'), 'memory'),
    /** @param {string} id */
    async cancel(id) {
      const transfer = store.get().transfers[id];
      if (!transfer || !isOpen(transfer)) return;
      put({ ...transfer, cancelling: true });
      await api.delete(`/api/jobs/${id}`);
      await look();
    },
    clean: async (/** @type {string} */ key) => { await api.delete(`/api/models/${key}/partial`); await look(); },
    remove: async (/** @type {string} */ key) => { await api.delete(`/api/models/${key}`); await look(); await ctx.refresh.catalog(); },
    open: (/** @type {string} */ key) => api.post(`/api/models/${key}/open`),
    examine: (/** @type {string} */ key) => api.post(`/api/models/${key}/validate`),
    overall: () => overall(all(), (one) => expected(store.get().models, one)),
    dismiss: () => keep(isOpen),
  };
}

/**
 * @param {any} models
 * @param {Transfer} transfer
 */
function expected(models, { kind, key }) {
  if (kind === 'packages') return (models?.studio_set.size_mb ?? 0) * 1e6;
  return models?.models.find((/** @type {any} */ one) => one.key === key)?.bytes ?? 0;
}

/**
 * One stream of events, which goes from job to job.
 * @param {any} ctx
 * @param {(id: string, event: any) => void} step
 * @param {(transfer: Transfer | undefined) => void} ended
 */
function stream({ api, store }, step, ended) {
  let followed = '';
  /** @type {AbortController | undefined} */
  let hold;

  /** @param {Transfer | null} transfer */
  async function take(transfer) {
    if ((transfer?.id ?? '') === followed) return;
    hold?.abort();
    hold = new AbortController();
    const { signal } = hold;
    const id = followed = transfer?.id ?? '';
    if (!id) return;
    const open = (/** @type {number} */ after) => api.send('GET', `/api/jobs/${id}/events?after=${after}`, { accept: 'text/event-stream', signal });
    try {
      await follow({ open: () => open(0), resume: (_, after) => open(after), onEvent: (event) => step(id, event), signal, jobId: id });
    } catch (error) {
      if (signal.aborted) return;
      step(id, { phase: 'failed', done: true, problem: Problem.from(error) });
    }
    if (followed === id) followed = '';
    ended(store.get().transfers[id]);
  }

  return { take, follows: (/** @type {string} */ id) => followed === id };
}

/**
 * After a reload the page still knows which download a job was, and which failed.
 * @param {Transfer[]} transfers
 */
function remember(transfers) {
  try {
    sessionStorage.setItem(REMEMBERED, JSON.stringify(Object.fromEntries(transfers.filter(({ kind }) => kind !== 'memory').map(({ id, key }) => [id, key]))));
  } catch {
    // without a session store a reload forgets what failed; what is under way the studio tells
  }
}

/** @returns {Record<string, string>} key of the model by job */
function recalled() {
  try {
    return JSON.parse(sessionStorage.getItem(REMEMBERED) ?? '{}');
  } catch {
    return {};
  }
}
