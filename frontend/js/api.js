// HTTP to the studio: JSON in and out, failures as `Problem`. Knows addresses and shapes of failure, no views.

/**
 * @typedef {{code?: string, status?: number, title?: string, detail?: string, hint?: string, fields?: Record<string, string>}} ProblemBody
 * @typedef {{json?: any, form?: FormData, headers?: Record<string, string>, signal?: AbortSignal, accept?: string}} Sending
 * @typedef {ReturnType<typeof createApi>} Api
 */

/** A failure told by the studio (or by the way to it): what went wrong and what to do. */
export class Problem extends Error {
  /** @param {ProblemBody} body */
  constructor(body) {
    super(body.detail || body.title || 'Something went wrong');
    this.name = 'Problem';
    this.code = body.code ?? 'internal-error';
    this.status = body.status ?? 0;
    this.title = body.title ?? '';
    this.detail = body.detail ?? '';
    this.hint = body.hint ?? '';
    this.fields = body.fields ?? {};
  }

  /**
   * Whatever was thrown, as a Problem.
   * @param {unknown} error
   */
  static from(error) {
    if (error instanceof Problem) return error;
    if (typeof (/** @type {any} */ (error)?.code) === 'string') return new Problem(/** @type {ProblemBody} */ (error)); // the body of one
    const cancelled = error instanceof DOMException && error.name === 'AbortError';
    return new Problem({ code: cancelled ? 'cancelled' : 'internal-error', detail: String(/** @type {any} */ (error)?.message ?? error) });
  }
}

const UNREACHABLE = {
  code: 'unreachable',
  title: 'The studio does not answer',
  detail: 'No connection to the studio on this machine.',
  hint: 'Is it still running? Start it again, then try once more.',
};

/** @param {typeof globalThis.fetch} [fetcher] */
export function createApi(fetcher = globalThis.fetch.bind(globalThis)) {
  /**
   * @param {string} method
   * @param {string} path
   * @param {Sending} [sending]
   * @returns {Promise<Response>} an answer that succeeded
   */
  async function send(method, path, { json, form, headers = {}, signal, accept = 'application/json' } = {}) {
    /** @type {Record<string, string>} */
    const head = { accept, 'x-studio': '1', ...headers }; // a form of another page cannot send this header
    if (json !== undefined) head['content-type'] = 'application/json';
    const body = form ?? (json === undefined ? undefined : JSON.stringify(json));
    const response = await fetcher(path, { method, headers: head, body, signal }).catch((error) => {
      throw error?.name === 'AbortError' ? error : new Problem(UNREACHABLE);
    });
    if (!response.ok) throw await problemOf(response);
    return response;
  }

  /** @param {string} method */
  const speaking = (method) =>
    /**
     * @param {string} path
     * @param {any} [json]
     * @param {Sending} [sending]
     * @returns {Promise<any>}
     */
    async (path, json, sending) => parsed(await send(method, path, { ...sending, json }));

  return {
    send,
    get: /** @param {string} path @param {Sending} [sending] @returns {Promise<any>} */ async (path, sending) => parsed(await send('GET', path, sending)),
    post: speaking('POST'),
    put: speaking('PUT'),
    patch: speaking('PATCH'),
    delete: speaking('DELETE'),
    /** Sends files; answers JSON. @param {string} method @param {string} path @param {FormData} form @param {Sending} [sending] */
    form: async (method, path, form, sending) => parsed(await send(method, path, { ...sending, form })),
    /** Speaks and waits: the audio itself. @param {any} request @param {AbortSignal} [signal] */
    speak: async (request, signal) => (await send('POST', '/api/generate', { json: request, accept: 'audio/wav', signal })).blob(),
  };
}

/** @param {Response} response */
async function parsed(response) {
  return response.status === 204 ? null : response.json();
}

/** @param {Response} response */
async function problemOf(response) {
  const body = await response.json().catch(() => ({}));
  return new Problem({ status: response.status, title: response.statusText, code: `http-${response.status}`, ...body });
}
