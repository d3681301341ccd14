// Sends a form and tells how much of it is on its way (fetch cannot). Failures are `Problem`s like those of api.js.

import { Problem } from '../../api.js';

/**
 * @param {string} method
 * @param {string} path
 * @param {FormData} form
 * @param {(fraction: number) => void} [onProgress] 0…1; 1 means sent, the studio is still at it
 * @param {AbortSignal} [signal] gives the sending up
 * @returns {Promise<any>} the answer, read as JSON
 */
export function upload(method, path, form, onProgress = () => {}, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, path);
    request.setRequestHeader('accept', 'application/json');
    request.setRequestHeader('x-studio', '1'); // no form of a foreign page can send it
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
    request.upload.onload = () => onProgress(1);
    request.onload = () => {
      const body = read(request.responseText);
      if (request.status < 400) resolve(body);
      else reject(new Problem({ status: request.status, title: request.statusText, code: `http-${request.status}`, ...body }));
    };
    request.onerror = () => reject(new Problem({ code: 'unreachable', title: 'The studio does not answer' }));
    request.onabort = () => reject(new DOMException('The sending was given up.', 'AbortError'));
    signal?.addEventListener('abort', () => request.abort(), { once: true });
    request.send(form);
  });
}

/** @param {string} text */
function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
