// Jobs that fetch, move and load models, as the page shows them: pure steps from a job's events. Bytes and seconds.

/**
 * @typedef {'model' | 'packages' | 'folder' | 'memory'} Kind
 * @typedef {'queued' | 'running' | 'done' | 'failed' | 'cancelled'} Status
 * @typedef {{id: string, kind: Kind, key: string, status: Status, progress: number, eta: number | null, bytes: number,
 *   total: number, speed: number, provider: string, file: string, line: string, notice: string, stageCode: string,
 *   cancelling: boolean, problem: any}} Transfer
 */

/** @type {Record<string, Kind>} */
export const KINDS = { 'download-model': 'model', 'install-packages': 'packages', 'move-models': 'folder', 'switch-model': 'memory', 'unload-models': 'memory' };

/** The hubs by the names the studio gives them. */
export const PROVIDERS = /** @type {Record<string, string>} */ ({ hf: 'Hugging Face', modelscope: 'ModelScope' });

/**
 * @param {string} id
 * @param {Kind} kind
 * @param {string} [key]
 * @returns {Transfer}
 */
export function begun(id, kind, key = '') {
  return {
    id, kind, key, status: 'queued', progress: 0, eta: null, bytes: 0, total: 0, speed: 0, provider: '', file: '',
    line: '', notice: '', stageCode: '', cancelling: false, problem: null,
  };
}

/** @param {Transfer} transfer */
export function isOpen({ status }) {
  return status === 'queued' || status === 'running';
}

/**
 * @param {Transfer} transfer
 * @param {any} event of the job's stream
 * @returns {Transfer}
 */
export function stepped(transfer, event) {
  const { params = {} } = event;
  const number = (/** @type {string} */ name, /** @type {number} */ otherwise) => (name in params ? Number(params[name]) || 0 : otherwise);
  return {
    ...transfer,
    status: event.done ? event.phase : event.phase === 'queued' ? 'queued' : 'running',
    key: transfer.key || params.key || params.model || '',
    progress: event.progress ?? transfer.progress,
    eta: event.eta ?? null,
    bytes: number('bytes', transfer.bytes),
    total: number('total', transfer.total),
    speed: number('speed', 0),
    provider: params.provider ?? transfer.provider,
    file: params.file ?? transfer.file,
    line: params.line ?? transfer.line,
    notice: event.notice?.text ?? transfer.notice,
    stageCode: event.stage_code ?? transfer.stageCode,
    problem: event.done && event.phase !== 'done' ? event.problem ?? null : null,
    cancelling: transfer.cancelling && !event.done,
  };
}

/**
 * How far all that is under way for studio quality has come. What has no size yet counts with what is expected of it.
 * @param {Transfer[]} transfers
 * @param {(transfer: Transfer) => number} expected bytes
 * @returns {{open: boolean, failed: boolean, bytes: number, total: number, progress: number, speed: number, eta: number | null}}
 */
export function overall(transfers, expected) {
  const counted = transfers.filter(({ kind, status }) => (kind === 'model' || kind === 'packages') && status !== 'cancelled');
  const sizes = counted.map((one) => ({ one, total: one.total || expected(one) }));
  const total = sizes.reduce((sum, size) => sum + size.total, 0);
  const bytes = sizes.reduce((sum, { one, total: whole }) => sum + whole * (one.status === 'done' ? 1 : Math.min(1, one.progress)), 0);
  const speed = counted.reduce((sum, one) => sum + (one.status === 'running' ? one.speed : 0), 0);
  return {
    open: counted.some(isOpen), failed: counted.some(({ status }) => status === 'failed'), bytes, total, speed,
    progress: total ? bytes / total : 0, eta: speed > 0 ? (total - bytes) / speed : null,
  };
}

/**
 * The one to follow of those that wait for each other: the one that runs, else the first in the queue.
 * @param {Transfer[]} transfers
 */
export function foremost(transfers) {
  const open = transfers.filter(isOpen);
  return open.find(({ status }) => status === 'running') ?? open[0] ?? null;
}
