// Sends the example of a route, as the reader changed it, and shows the answer: text, JSON, events, sound.

import { fill, h } from '../dom.js';

const MOST = 20_000; // characters of an answer that are shown

/** A name in braces → where the studio tells one. */
const LOOK = {
  take: ['/api/history?limit=1', (/** @type {any} */ body) => body.takes[0]?.id],
  job: ['/api/jobs?limit=1', (/** @type {any} */ body) => body.jobs[0]?.id],
  personality: ['/api/personality', (/** @type {any} */ body) => body.personalities[0]?.id],
};

/** @param {import('./facts.js').Route} route */
export function trial(route) {
  const example = route.op['x-example'];
  const answer = h('div.stack', { 'aria-live': 'polite' });
  const addressed = Object.entries(example.path).map(([name, value]) => input(name, String(value)));
  const asked = route.op.parameters.filter((/** @type {any} */ one) => one.in === 'query').map((/** @type {any} */ one) => input(one.name, example.query[one.name] ?? ''));
  const files = example.files.map((/** @type {[string, string]} */ [name]) => h('label', {}, h('span.field-label', {}, name), h('input.input', { type: 'file', name })));
  const body = example.body === null ? null : h('textarea.input', { rows: '6', 'aria-label': 'Body', spellcheck: 'false', value: JSON.stringify(example.body, null, 1) });
  const send = h('button.button.-primary', { class: route.method === 'DELETE' ? '-danger' : '' }, 'Send');
  const form = h('form.trial', { onsubmit }, h('div.trial-fields', {}, ...addressed, ...asked, ...files), body, h('div.row', {}, send), answer);
  for (const field of addressed) lookUp(field.querySelector('input'));

  /** @param {SubmitEvent} event */
  async function onsubmit(event) {
    event.preventDefault();
    send.disabled = true;
    fill(answer, h('p.soft', {}, 'Waiting …'));
    try {
      await show(await fetch(address(route, addressed, asked), request(route, example, body, files)), answer);
    } catch (error) {
      fill(answer, h('p.status-bad', {}, String(/** @type {any} */ (error)?.message ?? error)));
    }
    send.disabled = false;
  }

  return h('section', {}, h('h3', {}, 'Try'), form);
}

/** @param {string} name @param {any} value */
function input(name, value) {
  return h('label', {}, h('span.field-label', {}, name), h('input.input', { name, value: String(value), autocomplete: 'off' }));
}

/**
 * `{take}` becomes the newest take, and so on; what there is none of stays for the reader.
 * @param {HTMLInputElement} field
 */
async function lookUp(field) {
  const name = /\{(\w+)\}/.exec(field.value)?.[1] ?? '';
  const [path, pick] = LOOK[/** @type {keyof typeof LOOK} */ (name)] ?? [];
  if (!path || !pick) return;
  const found = await fetch(/** @type {string} */ (path)).then((answer) => answer.json()).then(/** @type {any} */ (pick)).catch(() => null);
  if (found) field.value = field.value.replace(`{${name}}`, found);
}

/**
 * @param {import('./facts.js').Route} route
 * @param {HTMLElement[]} addressed
 * @param {HTMLElement[]} asked
 */
function address(route, addressed, asked) {
  const values = (/** @type {HTMLElement[]} */ fields) => fields.map((label) => /** @type {HTMLInputElement} */ (label.querySelector('input')));
  const path = values(addressed).reduce((at, field) => at.replace(`{${field.name}}`, encodeURIComponent(field.value).replaceAll('%2F', '/')), route.path);
  const query = new URLSearchParams(values(asked).filter((field) => field.value).map((field) => [field.name, field.value]));
  return query.size ? `${path}?${query}` : path;
}

/**
 * @param {import('./facts.js').Route} route
 * @param {any} example
 * @param {HTMLTextAreaElement | null} body
 * @param {HTMLElement[]} files
 * @returns {RequestInit}
 */
function request(route, example, body, files) {
  /** @type {Record<string, string>} */
  const headers = { ...example.headers, 'x-studio': '1' }; // a form of another page cannot send this header
  if (!example.form) {
    if (body) headers['content-type'] = 'application/json';
    return { method: route.method, headers, body: body?.value };
  }
  const form = new FormData();
  for (const [name, value] of Object.entries(body ? JSON.parse(body.value) : {})) {
    if (!String(value).startsWith('{')) form.append(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  for (const label of files) {
    const field = /** @type {HTMLInputElement} */ (label.querySelector('input'));
    for (const file of field.files ?? []) form.append(field.name, file);
  }
  return { method: route.method, headers, body: form };
}

/**
 * @param {Response} response
 * @param {HTMLElement} place
 */
async function show(response, place) {
  const kind = response.headers.get('content-type') ?? '';
  const head = h('p', {}, h('strong', { class: response.ok ? 'status-good' : 'status-bad' }, `${response.status}`), ` ${kind}`);
  if (kind.startsWith('audio/')) {
    const sound = URL.createObjectURL(await response.blob());
    fill(place, head, h('audio', { controls: true, autoplay: true, src: sound }));
    return;
  }
  const text = h('pre.sample', { tabindex: '0', 'aria-label': 'Answer' });
  fill(place, head, text);
  if (kind.startsWith('text/event-stream') && response.body) await pour(response.body, text);
  else text.textContent = cut(kind.includes('json') ? JSON.stringify(await response.json(), null, 1) : kind.startsWith('text/') ? await response.text() : `${(await response.blob()).size} bytes`);
}

/**
 * Events as they come.
 * @param {ReadableStream<Uint8Array>} stream
 * @param {HTMLElement} place
 */
async function pour(stream, place) {
  for await (const piece of /** @type {any} */ (stream.pipeThrough(/** @type {any} */ (new TextDecoderStream())))) place.textContent = cut((place.textContent ?? '') + piece);
}

/** @param {string} text */
function cut(text) {
  return text.length > MOST ? `${text.slice(0, MOST)} …` : text;
}
