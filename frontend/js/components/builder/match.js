// Reads the emotion out of a file name: `anna_happy.wav`, `triste.mp3`, `愤怒2.m4a`. Pure; the words come from the catalog.

/**
 * @typedef {{name: string, aliases?: Record<string, string[]>}} EmotionWords
 * @typedef {{file: File, emotion: string|null}} Placed null where no slot was left
 */

const SHORTEST_STEM = 4; // letters that two words must share to count as the same word with another ending
const SHARED_PART = 0.7; // of the longer word, so that Felix is not felice

/**
 * @param {string} text
 * @returns {string} lower case, without accents (й and ё stay letters of their own family)
 */
export function fold(text) {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

/**
 * @param {string} fileName
 * @returns {string[]} the words of the name, without its extension, numbers and signs
 */
export function wordsOf(fileName) {
  const stem = fileName.replace(/^.*[\\/]/, '').replace(/\.[a-z0-9]{1,5}$/i, '');
  const split = stem.replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2');
  return fold(split).split(/[^\p{L}]+/u).filter(Boolean);
}

/**
 * The emotion that a file name tells, or null. The longest word wins, a whole word before one with another ending.
 * @param {string} fileName
 * @param {EmotionWords[]} emotions
 * @returns {string|null}
 */
export function emotionOf(fileName, emotions) {
  const words = wordsOf(fileName);
  const sentence = ` ${words.join(' ')} `;
  let best = { score: 0, name: /** @type {string|null} */ (null) };
  for (const { name, aliases } of emotions) {
    for (const alias of [name, ...Object.values(aliases ?? {}).flat()]) {
      const score = likeness(fold(alias), words, sentence);
      if (score > best.score) best = { score, name };
    }
  }
  return best.name;
}

/**
 * @param {string} alias folded
 * @param {string[]} words
 * @param {string} sentence the words between spaces
 */
function likeness(alias, words, sentence) {
  if (!alias) return 0;
  const spoken = alias.split(/[^\p{L}]+/u).filter(Boolean).join(' ');
  if (sentence.includes(` ${spoken} `)) return 100 + spoken.length;
  if (/\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}/u.test(spoken)) {
    return sentence.includes(spoken) ? 100 + spoken.length : 0; // these scripts write no spaces
  }
  return Math.max(0, ...words.map((word) => sharedStem(word, spoken)));
}

/**
 * @param {string} a
 * @param {string} b
 * @returns {number} letters shared at the front where only the ending differs, else 0
 */
function sharedStem(a, b) {
  let same = 0;
  while (same < a.length && same < b.length && a[same] === b[same]) same += 1;
  const enough = Math.max(SHORTEST_STEM, SHARED_PART * Math.max(a.length, b.length));
  return same >= enough ? same : 0;
}

/**
 * Gives each dropped file a slot: the one its name tells while that is free, else the first empty one.
 * A name may also replace a filled slot when it says so and is the only file for it.
 * @param {File[]} files
 * @param {EmotionWords[]} emotions in the order of the grid
 * @param {string[]} filled names of slots that hold a recording
 * @returns {Placed[]}
 */
export function placeFiles(files, emotions, filled) {
  const taken = new Set();
  const told = files.map((file) => {
    const emotion = emotionOf(file.name, emotions);
    if (!emotion || taken.has(emotion)) return { file, emotion: null };
    taken.add(emotion);
    return { file, emotion };
  });
  const empty = emotions.map(({ name }) => name).filter((name) => !taken.has(name) && !filled.includes(name));
  return told.map(({ file, emotion }) => ({ file, emotion: emotion ?? empty.shift() ?? null }));
}
