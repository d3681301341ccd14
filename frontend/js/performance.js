// What a performance looks like while it is made: pure steps from a job's events to one state. Seconds; no views, no network.

/**
 * @typedef {{index?: number, text: string, emotion: string, voice?: string, start?: number, end?: number, seed?: number,
 *   words?: {word: string, start: number, end: number}[], checks?: any, takes?: number, similarity?: number | null, heard?: any}} Part one segment
 * @typedef {{code: string, text: string, params?: Record<string, string>}} Notice
 * @typedef {{status: 'idle' | 'starting' | 'queued' | 'loading' | 'working' | 'encoding' | 'done' | 'failed' | 'cancelled',
 *   jobId: string, stage: string, stageCode: string, params: Record<string, string>, progress: number, eta: number | null,
 *   place: number | null, current: number, redoing: number | null, live: 'silent' | 'gathering' | 'sounding', parts: Part[], notices: Notice[], cut: boolean, cancelling: boolean,
 *   take: any, problem: any, request: any}} Performance
 */

/** @type {Performance} */
export const IDLE = {
  status: 'idle', jobId: '', stage: '', stageCode: '', params: {}, progress: 0, eta: null, place: null, current: 0, redoing: null, live: 'silent',
  parts: [], notices: [], cut: false, cancelling: false, take: null, problem: null, request: null,
};

const BUSY = new Set(['starting', 'queued', 'loading', 'working', 'encoding']);

/** @param {Performance} performance */
export function isBusy(performance) {
  return BUSY.has(performance.status);
}

/**
 * @param {any} request
 * @param {Part[]} parts what the script will become, as far as it is known
 * @returns {Performance}
 */
export function begun(request, parts) {
  return { ...IDLE, status: 'starting', request, parts };
}

/**
 * One line of a take is to be said once more; the others stay as they are.
 * @param {Performance} performance that ended with a take
 * @param {number} index 0-based
 * @returns {Performance}
 */
export function begunAgain(performance, index) {
  return { ...performance, status: 'starting', jobId: '', progress: 0, eta: null, current: 0, redoing: index, notices: [], problem: null };
}

/**
 * @param {Performance} performance
 * @param {any} event of the job's stream
 * @returns {Performance}
 */
export function stepped(performance, event) {
  const next = { ...performance, jobId: event.job_id ?? performance.jobId, status: event.phase, cut: false };
  next.notices = withNotice(performance.notices, event.notice);
  if (event.phase === 'done') return finished(next, event);
  if (event.done) return { ...next, problem: event.problem, cancelling: false };
  next.stage = event.stage ?? '';
  next.stageCode = event.stage_code ?? '';
  next.params = event.params ?? {};
  next.progress = event.progress ?? performance.progress;
  next.eta = event.eta ?? null;
  next.place = event.phase === 'queued' ? event.queue_place ?? null : null;
  next.current = event.segment ?? performance.current;
  next.parts = grown(performance.parts, event.segments ?? 0);
  return next;
}

/**
 * @param {Performance} performance
 * @param {any} take the last event
 * @returns {Performance}
 */
function finished(performance, take) {
  const notices = [...(take.notices ?? [])].reduce(withNotice, performance.notices);
  return { ...performance, take, redoing: null, parts: take.segments ?? [], progress: 1, eta: null, notices, cancelling: false };
}

/**
 * @param {Notice[]} notices
 * @param {Notice | undefined} notice
 */
function withNotice(notices, notice) {
  const known = !notice || notices.some((one) => one.code === notice.code && one.text === notice.text);
  return known ? notices : [...notices, notice];
}

/**
 * A stream that is followed from its middle tells only how many segments there are.
 * @param {Part[]} parts
 * @param {number} count
 */
function grown(parts, count) {
  if (parts.length >= count) return parts;
  const { emotion, voice } = parts.at(-1) ?? { emotion: 'neutral', voice: undefined }; // a long passage is spoken in several
  return [...parts, ...Array.from({ length: count - parts.length }, () => ({ text: '', emotion, voice }))];
}

/**
 * What a segment is doing now.
 * @param {Performance} performance
 * @param {number} index 0-based
 * @returns {'waiting' | 'speaking' | 'spoken'}
 */
export function partState({ status, current, redoing }, index) {
  if (redoing !== null && status !== 'done') return index === redoing ? 'speaking' : 'spoken';
  if (status === 'done' || status === 'encoding' || index < current - 1) return 'spoken';
  return status === 'working' && index === current - 1 ? 'speaking' : 'waiting';
}

/**
 * The stretch of a take's peaks that belongs to one of its segments.
 * @param {{peaks?: number[], duration: number}} take
 * @param {{start?: number, end?: number}} part
 */
export function peaksOfPart(take, part) {
  const peaks = take.peaks ?? [];
  const at = (/** @type {number} */ seconds) => (seconds / Math.max(take.duration, 0.01)) * peaks.length;
  return peaks.slice(Math.floor(at(part.start ?? 0)), Math.max(Math.ceil(at(part.end ?? 0)), 1));
}
