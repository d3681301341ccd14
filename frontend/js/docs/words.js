// What a reader may look for besides addresses: fields, messages, failures. Pure; draws nothing.

import { fieldsOf, problemsOf, typeOf, whole } from './facts.js';

/**
 * @typedef {{href: string, where: string, name: string, text: string, words: string}} Word
 *   href: where it is told; where: the route, or what else has it
 */

/**
 * Every field and message of every route, and every failure once.
 * @param {import('./facts.js').Route[]} routes
 * @param {any} doc
 * @returns {Word[]}
 */
export function wordsOf(routes, doc) {
  const failures = new Map(routes.flatMap(({ op }) => Object.values(op.responses).flatMap((answer) => problemsOf(whole(answer, doc)))));
  return [
    ...routes.flatMap((route) => facts(route, doc).map(([name, text]) => word(`#${route.id}`, `${route.method} ${route.path}`, name, text))),
    ...[...failures].map(([code, example]) => word(`/docs/errors#${code}`, 'Failure', code, `${example.summary}. ${example.description ?? ''}`)),
  ];
}

/**
 * Those that hold every word that is asked for, those of that very name first.
 * @param {Word[]} words
 * @param {string} asked
 */
export function found(words, asked) {
  const wanted = asked.toLowerCase().split(/\s+/).filter(Boolean);
  if (!wanted.length) return [];
  const fitting = words.filter((one) => wanted.every((part) => one.words.includes(part)));
  const rank = (/** @type {Word} */ one) => Number(!one.name.toLowerCase().split(/[.[\]]+/).includes(wanted[0]));
  return fitting.sort((a, b) => rank(a) - rank(b));
}

/**
 * @param {import('./facts.js').Route} route
 * @param {any} doc
 * @returns {[string, string][]} names and what they mean
 */
function facts({ op }, doc) {
  const bodies = [op.requestBody, op.responses['200'], op.responses['201'], op.responses['202']].filter(Boolean)
    .flatMap((one) => Object.values(whole(one, doc).content ?? {})).map((/** @type {any} */ content) => content.schema).filter(Boolean);
  const fields = bodies.flatMap((schema) => fieldsOf(schema, doc)).map((field) => /** @type {[string, string]} */ ([field.name, field.text || field.type]));
  const asked = op.parameters.map((/** @type {any} */ one) => [one.name, one.description ?? one.schema.description ?? typeOf(one.schema, doc)]);
  const messages = /** @type {[string, string][]} */ (Object.entries(op['x-websocket'] ?? {}));
  return [...new Map([...asked, ...fields, ...messages])];
}

/** @param {string} href @param {string} where @param {string} name @param {string} text @returns {Word} */
const word = (href, where, name, text) => ({ href, where, name, text, words: `${name} ${text}`.toLowerCase() });
