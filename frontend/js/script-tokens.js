// Reads the tags of a script at once, in the page: a quick likeness of the studio's own parser. Pure; offsets are UTF-16.

/**
 * @typedef {{start: number, end: number, kind: 'emotion' | 'voice' | 'pause' | 'unknown', text: string, name: string, emotion?: string}} Token
 * @typedef {{emotionOf(word: string): string | null, isVoice(word: string): boolean}} Vocabulary
 */

const TAG = /\\[\\[\]]|\[([^[\]\n]{1,120})\]|<(break)\b[^<>\n]{0,80}>/gi;
const PAUSE = /^(short pause$|long pause$|pause|break|silence|pausa|silenzio|silencio|пауза|тишина|stille|停顿|暂停|停頓|ポーズ|間|休止|쉼|멈춤|일시정지)\s*:?\s*(\d[\d.,]*\s*\p{L}*\.?)?$/iu;
const LINK = /^\(/;

/**
 * One spelling for look-ups: no case, no Latin or Cyrillic accents, single spaces for - and _.
 * @param {string} word
 */
export function fold(word) {
  return word.normalize('NFKC').toLowerCase().normalize('NFD').replace(/[\u0300-\u036f]/g, '').normalize('NFC')
    .replace(/[-_\s]+/g, ' ').trim();
}

/**
 * @param {readonly {name: string, emoji?: string, aliases?: Record<string, readonly string[]>}[]} emotions standard ones
 * @param {readonly string[]} own emotions of the chosen personality
 * @param {readonly string[]} voices names and ids
 * @returns {Vocabulary}
 */
export function vocabulary(emotions, own, voices) {
  /** @type {Map<string, string>} */
  const words = new Map();
  for (const { name, emoji, aliases = {} } of emotions) {
    for (const word of [name, emoji ?? '', ...Object.values(aliases).flat()]) if (word && !words.has(fold(word))) words.set(fold(word), name);
  }
  for (const name of own) words.set(fold(name), name);
  const names = new Set(voices.map(fold));
  return { emotionOf: (word) => words.get(fold(word)) ?? null, isVoice: (word) => names.has(fold(word)) };
}

/**
 * @param {string} text
 * @param {Vocabulary} known
 * @returns {Token[]} in order
 */
export function tokens(text, known) {
  /** @type {Token[]} */
  const found = [];
  for (const match of text.matchAll(TAG)) {
    const inside = match[1] ?? match[2];
    if (inside === undefined) continue; // an escaped bracket
    const end = match.index + match[0].length;
    found.push({ start: match.index, end, text: match[0], ...meaning(inside, known, text.slice(end, end + 1)) });
  }
  return found;
}

/**
 * @param {string} inside of the brackets
 * @param {Vocabulary} known
 * @param {string} after the character that follows
 * @returns {{kind: Token['kind'], name: string, emotion?: string}}
 */
function meaning(inside, known, after) {
  const word = inside.trim();
  if (PAUSE.test(word)) return { kind: 'pause', name: word };
  const emotion = known.emotionOf(word);
  if (emotion) return { kind: 'emotion', name: emotion };
  const [voice, ...rest] = word.split(/[:：]/);
  if (known.isVoice(voice)) return { kind: 'voice', name: voice.trim(), emotion: known.emotionOf(rest.join(':')) ?? undefined };
  return { kind: 'unknown', name: LINK.test(after) ? 'link' : '' };
}

/**
 * The half-written tag before the caret, if there is one: where it begins and what is typed of it.
 * @param {string} text
 * @param {number} caret
 * @returns {{start: number, typed: string} | null}
 */
export function openTag(text, caret) {
  const line = text.slice(text.lastIndexOf('\n', caret - 1) + 1, caret);
  const match = /(?:^|[^\\])\[([^[\]]{0,40})$/u.exec(line);
  return match ? { start: caret - match[1].length - 1, typed: match[1] } : null;
}

/**
 * Lines with their tokens and the emotion that holds at their start, for drawing line by line.
 * @param {string} text
 * @param {Token[]} list
 * @returns {{text: string, from: number, tokens: Token[], emotion: string}[]}
 */
export function linesOf(text, list) {
  let from = 0;
  let emotion = '';
  let next = 0;
  return text.split('\n').map((line) => {
    const row = { text: line, from, tokens: /** @type {Token[]} */ ([]), emotion };
    for (; next < list.length && list[next].start <= from + line.length; next += 1) {
      row.tokens.push(list[next]);
      emotion = heldAfter(list[next], emotion);
    }
    from += line.length + 1;
    return row;
  });
}

/**
 * @param {Token} token
 * @param {string} before the emotion until now
 */
export function heldAfter(token, before) {
  if (token.kind === 'emotion') return token.name;
  return token.kind === 'voice' ? token.emotion ?? '' : before;
}
