// The line that is offered to hear a new voice with, in each language of the studio; it fits any mood.

/** @type {Record<string, string>} */
const LINES = {
  en: 'So this is how it ends: you, me, and the last train home.',
  it: 'E così finisce: tu, io e l’ultimo treno per tornare a casa.',
  zh: '原来就是这样结束的：你、我，还有回家的末班车。',
  ru: 'Вот так всё и кончается: ты, я и последний поезд домой.',
  de: 'So endet es also: du, ich und der letzte Zug nach Hause.',
  fr: 'Alors c’est ainsi que ça finit : toi, moi et le dernier train.',
  es: 'Así que así termina: tú, yo y el último tren a casa.',
  pt: 'Então é assim que acaba: tu, eu e o último comboio para casa.',
  ja: 'こうして終わるんだね。あなたと私と、最後の電車だけ。',
  ko: '결국 이렇게 끝나네. 너와 나, 그리고 집으로 가는 막차.',
};

/** @param {string} language */
export function tryLine(language) {
  return LINES[language] ?? LINES.en;
}
