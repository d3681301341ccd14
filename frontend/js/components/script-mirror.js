// Draws a script behind its text field: the same letters at the same places, tags as coloured pills. Only changed lines are drawn.

import { append, h } from '../dom.js';
import { heldAfter, linesOf } from '../script-tokens.js';

/**
 * @param {any} ctx
 * @returns {{el: HTMLElement, draw(text: string, tokens: import('../script-tokens.js').Token[]): void, rectAt(offset: number): DOMRect}}
 */
export function scriptMirror(ctx) {
  const el = h('div.script-mirror', { 'aria-hidden': true });
  /** @type {string[]} */
  let drawn = [];
  let length = 0;

  /**
   * @param {string} text
   * @param {import('../script-tokens.js').Token[]} tokens
   */
  function draw(text, tokens) {
    const rows = linesOf(text, tokens);
    const marks = rows.map((row) => [row.text, row.emotion, ...row.tokens.map((token) => token.kind + token.name)].join('\u0000'));
    let front = 0;
    while (front < marks.length && front < drawn.length && marks[front] === drawn[front]) front += 1;
    let back = 0;
    while (back < Math.min(marks.length, drawn.length) - front && marks[marks.length - 1 - back] === drawn[drawn.length - 1 - back]) back += 1;
    const gone = [...el.children].slice(front, drawn.length - back);
    const after = el.children[drawn.length - back] ?? null;
    gone.forEach((line) => line.remove());
    rows.slice(front, rows.length - back).forEach((row) => el.insertBefore(drawLine(ctx, row), after));
    drawn = marks;
    length = text.length;
  }

  /** @param {number} offset of the text */
  function rectAt(offset) {
    const range = document.createRange();
    let left = Math.min(offset, length);
    for (const line of el.children) {
      const size = line.textContent?.replace(/\u200b$/, '').length ?? 0;
      if (left <= size) return place(range, line, left);
      left -= size + 1;
    }
    return el.getBoundingClientRect();
  }

  return { el, draw, rectAt };
}

/**
 * @param {Range} range
 * @param {Element} line
 * @param {number} offset within the line
 */
function place(range, line, offset) {
  const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const size = node.nodeValue?.length ?? 0;
    if (offset <= size) {
      range.setStart(node, offset);
      range.collapse(true);
      return range.getClientRects()[0] ?? line.getBoundingClientRect();
    }
    offset -= size;
  }
  return line.getBoundingClientRect();
}

/**
 * @param {any} ctx
 * @param {ReturnType<typeof linesOf>[number]} row
 */
function drawLine(ctx, { text, from, tokens, emotion }) {
  const line = h('div.line');
  let at = 0;
  for (const token of tokens) {
    append(line, [said(ctx, text.slice(at, token.start - from), emotion), drawTag(ctx, token)]);
    emotion = heldAfter(token, emotion);
    at = token.end - from;
  }
  append(line, [said(ctx, text.slice(at), emotion), text ? null : '\u200b']); // an empty line has a height too
  return line;
}

/**
 * @param {any} ctx
 * @param {string} text
 * @param {string} emotion
 */
function said(ctx, text, emotion) {
  if (!text || !emotion || emotion === 'neutral') return text;
  return h('span.said', { '--emotion': ctx.emotion(emotion).colour }, text);
}

/**
 * @param {any} ctx
 * @param {import('../script-tokens.js').Token} token
 */
function drawTag(ctx, token) {
  const emotion = token.kind === 'emotion' ? token.name : token.emotion;
  const known = emotion ? ctx.emotion(emotion) : null;
  const sign = known?.emoji ?? { voice: '🗣', pause: '⏸', unknown: '', emotion: '' }[token.kind];
  return h('span.tag', { class: `-${token.kind}`, '--emotion': known?.colour ?? 'var(--accent)', dataset: { sign } }, token.text);
}
