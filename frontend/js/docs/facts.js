// Reads /openapi.json: routes, their fields, words to search. Pure; draws nothing.

/**
 * @typedef {{id: string, method: string, path: string, tag: string, op: any, words: string}} Route
 * @typedef {{name: string, type: string, needed: boolean, text: string}} Field
 */

const DEEP = 3; // levels of objects within objects that are told

/**
 * Every route of the document.
 * @param {any} doc
 * @returns {Route[]}
 */
export function routesOf(doc) {
  return Object.entries(doc.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, op]) => {
      const shown = op['x-websocket'] ? 'WS' : method.toUpperCase();
      const codes = Object.values(op.responses).flatMap((answer) => problemsOf(whole(answer, doc)).map(([code]) => code));
      const words = [shown, path, op.summary, op.description, op.tags.join(' '), op['x-document'] ?? '', ...Object.keys(op.responses), ...codes];
      return { id: op.operationId, method: shown, path, tag: op.tags[0], op, words: words.join(' ').toLowerCase() };
    }),
  );
}

/**
 * Whether every word is somewhere in what is said of the route.
 * @param {Route} route
 * @param {string} asked
 */
export function matches(route, asked) {
  return asked.toLowerCase().split(/\s+/).every((word) => route.words.includes(word));
}

/**
 * What a reference stands for.
 * @param {any} value
 * @param {any} doc
 * @returns {any}
 */
export function whole(value, doc) {
  if (!value?.$ref) return value ?? {};
  return value.$ref.slice(2).split('/').reduce((/** @type {any} */ at, /** @type {string} */ step) => at[step], doc);
}

/**
 * Codes of failures in an answer, with an example of each.
 * @param {any} answer
 * @returns {[string, any][]}
 */
export function problemsOf(answer) {
  return Object.values(answer.content ?? {}).flatMap((content) => Object.entries(content.examples ?? {}));
}

/**
 * The members of an object, those within it by `outer.inner`.
 * @param {any} schema
 * @param {any} doc
 * @param {string} [before]
 * @param {number} [level]
 * @returns {Field[]}
 */
export function fieldsOf(schema, doc, before = '', level = 0) {
  const object = whole(schema, doc);
  const variants = object.oneOf ?? object.anyOf;
  if (variants) return variants.flatMap((/** @type {any} */ one) => fieldsOf(one, doc, before && nameOf(one) ? `${before} (${nameOf(one)})` : before, level));
  if (object.type === 'array') return level < DEEP ? fieldsOf(object.items ?? {}, doc, `${before}[]`, level) : [];
  return Object.entries(object.properties ?? {}).flatMap(([name, field]) => {
    const shown = before ? `${before}.${name}` : name;
    const own = { name: shown, type: typeOf(field, doc), needed: (object.required ?? []).includes(name), text: textOf(field) };
    return [own, ...(level < DEEP ? fieldsOf(field, doc, shown, level + 1) : [])];
  });
}

/**
 * A type in words: `string`, `"wav" | "mp3"`, `integer, 0 to 8`.
 * @param {any} schema
 * @param {any} doc
 * @returns {string}
 */
export function typeOf(schema, doc) {
  if (schema.$ref) return nameOf(schema);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((/** @type {any} */ value) => JSON.stringify(value)).join(' | ');
  const variants = schema.oneOf ?? schema.anyOf;
  if (variants) return variants.map((/** @type {any} */ one) => typeOf(one, doc)).join(' | ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {}, doc)}`;
  if (schema.format === 'binary') return 'file';
  return [Array.isArray(schema.type) ? schema.type.join(' | ') : schema.type ?? 'anything', ...limitsOf(schema)].join(', ');
}

/** @param {any} schema */
function limitsOf(schema) {
  const least = schema.minimum ?? schema.exclusiveMinimum;
  const most = schema.maximum ?? schema.exclusiveMaximum;
  const span = least !== undefined && most !== undefined ? [`${least} to ${most}`] : least !== undefined ? [`${least} or more`] : most !== undefined ? [`at most ${most}`] : [];
  return [...span, ...(schema.maxLength ? [`at most ${schema.maxLength} characters`] : [])];
}

/** @param {any} field */
function textOf(field) {
  const usual = field.default === undefined || field.default === null || field.default === '' ? '' : ` Usually ${JSON.stringify(field.default)}.`;
  return `${field.description ?? ''}${usual}`.trim();
}

/** @param {any} schema */
function nameOf(schema) {
  return schema.$ref?.split('/').at(-1) ?? '';
}
