// Builds and reconciles elements. Data becomes text nodes and properties, never markup; knows nothing of the studio.

/**
 * @typedef {Node | string | number | false | null | undefined} Child
 * @typedef {Child | Child[] | (Child | Child[])[]} Children
 */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * `h('button.button.-primary#speak', {type: 'button', onclick, '--emotion': 'red'}, 'Speak')`.
 * `on…` listens, `--…` sets a custom property, `class` adds names, `dataset` sets data, a property of the element is
 * set as such, anything else becomes an attribute; `null`, `undefined` and `false` leave it away, `true` makes it empty.
 * @param {string} selector tag, then `.class` and `#id` in any order
 * @param {Record<string, any> | null} [props]
 * @param {...Children} children
 * @returns {any} the element; callers know its kind
 */
export function h(selector, props, ...children) {
  const [tag, ...marks] = selector.split(/(?=[.#])/);
  const el = document.createElement(tag || 'div');
  for (const mark of marks) {
    if (mark[0] === '#') el.id = mark.slice(1);
    else el.classList.add(mark.slice(1));
  }
  set(el, props ?? {});
  append(el, children);
  return el;
}

/**
 * Sets what `h` sets, on an element that stands.
 * @param {any} el
 * @param {Record<string, any>} props
 */
export function set(el, props) {
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith('on')) el.addEventListener(name.slice(2), value);
    else if (name.startsWith('--')) el.style.setProperty(name, value);
    else if (name === 'class') el.classList.add(...String(value || '').split(' ').filter(Boolean));
    else if (name === 'dataset') Object.assign(el.dataset, value);
    else if (name === 'value' || name === 'checked' || name === 'disabled' || name === 'textContent') {
      if (el[name] !== value) el[name] = value; // setting an equal value would move the caret
    } else setAttribute(el, name, value);
  }
  return el;
}

/**
 * @param {Element} el
 * @param {string} name
 * @param {any} value
 */
function setAttribute(el, name, value) {
  const keepsWords = name.startsWith('aria-');
  if (value === null || value === undefined || (value === false && !keepsWords)) el.removeAttribute(name);
  else el.setAttribute(name, value === true && !keepsWords ? '' : String(value));
}

/**
 * @param {Element} el
 * @param {Children[]} children
 */
export function append(el, children) {
  const list = /** @type {Child[]} */ (children.flat(Infinity));
  el.append(...list.filter((child) => child || child === 0).map((child) => (child instanceof Node ? child : String(child))));
  return el;
}

/**
 * Replaces all children.
 * @param {Element} el
 * @param {...Children} children
 */
export function fill(el, ...children) {
  el.replaceChildren();
  return append(el, children);
}

/** @type {WeakMap<Element, any>} */
const drawnFor = new WeakMap();

/**
 * Fills anew only when `value` is another one, so that focus stays and an alert is not said twice.
 * @param {Element} el
 * @param {any} value what the children are made of
 * @param {() => Children} make
 */
export function redraw(el, value, make) {
  if (drawnFor.has(el) && Object.is(drawnFor.get(el), value)) return;
  drawnFor.set(el, value);
  fill(el, make());
}

/**
 * Draws; where the focus stood on something that this takes away, it goes to the next best thing, never to nowhere.
 * @param {Element} el
 * @param {() => void} draw
 * @param {() => (HTMLElement | null | undefined)} next asked after the drawing
 */
export function holdFocus(el, draw, next) {
  const held = el.contains(document.activeElement);
  draw();
  const now = document.activeElement;
  if (held && !(now && el.contains(now) && now.checkVisibility())) next()?.focus();
}

/**
 * The first button in `el` that a reader sees.
 * @param {Element} el
 * @returns {HTMLElement | undefined}
 */
export function firstButton(el) {
  return /** @type {HTMLElement[]} */ ([...el.querySelectorAll('button, a[href]')]).find((one) => one.checkVisibility());
}

/**
 * Sets text only where it differs, so that a live region does not repeat itself.
 * @param {Element} el
 * @param {string} text
 */
export function setText(el, text) {
  if (el.textContent !== text) el.textContent = text;
}

/**
 * One of the symbols of index.html.
 * @param {string} name
 * @param {string} [size] '-small' or '-large'
 */
export function icon(name, size = '') {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', `icon ${size}`.trim());
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#icon-${name}`);
  svg.append(use);
  return svg;
}

/**
 * Fetches a style sheet that only some need; later calls find it there.
 * @param {string} href
 * @returns {Promise<void>}
 */
export function sheet(href) {
  if (document.querySelector(`link[href="${href}"]`)) return Promise.resolve();
  return new Promise((resolve) => {
    document.head.append(h('link', { rel: 'stylesheet', href, onload: resolve, onerror: resolve }));
  });
}

/**
 * The one element that must be there.
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {any}
 */
export function find(selector, root = document) {
  const el = root.querySelector(selector);
  if (!el) throw new Error(`nothing matches ${selector}`);
  return el;
}

/**
 * Makes the children of `el` follow `items`: kept elements stay (with focus and scroll), moved ones move, gone ones go.
 * @template T
 * @param {Element} el
 * @param {readonly T[]} items
 * @param {(item: T, index: number) => string} key unique among the items
 * @param {(item: T, index: number) => Element} create
 * @param {(child: any, item: T, index: number) => void} [update] called for every item, new ones too
 */
export function keyed(el, items, key, create, update = () => {}) {
  /** @type {Map<string, Element>} */
  const standing = new Map();
  for (const child of [...el.children]) standing.set(/** @type {any} */ (child).dataset.key ?? '', child);
  const wanted = items.map((item, i) => {
    const name = key(item, i);
    const child = standing.get(name) ?? create(item, i);
    standing.delete(name);
    /** @type {any} */ (child).dataset.key = name;
    return child;
  });
  standing.forEach((child) => child.remove());
  wanted.forEach((child, i) => {
    if (el.children[i] !== child) el.insertBefore(child, el.children[i] ?? null);
    update(child, items[i], i);
  });
}
