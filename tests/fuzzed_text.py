"""Texts that tokenizers stumble over: twenty scripts and more, emoji, marks, blanks of all kinds, drawn from a seed."""

from __future__ import annotations

import random

SCRIPTS = {
    "latin": "The quick brown fox doesn't jump; she'll rest, they've said 'd 'LL at McDonald's",
    "german": "Größe, Übung, Straße, naïve Façade, Zürichs Ärger",
    "vietnamese": "Giọng nói đọc to văn bản và người nghe từng từ",
    "turkish": "İstanbul'da ısı, ĞÜŞİÖÇ ğüşıöç",
    "cyrillic": "Съешь ещё этих мягких французских булок, да выпей чаю",
    "greek": "Ταχίστη ἀλώπηξ βαφὴς ψημένη γῆ ὑπὲρ κυνός",
    "han": "我能吞下玻璃而不伤身体。聲音把文字讀出來；「引用」",
    "kana": "いろはにほへと ちりぬるを カタカナ ﾊﾝｶｸ がぎぐげご か\u3099",
    "hangul": "키스의 고유조건은 입술끼리 만나야 하고 \u1100\u1161\u11a8",
    "arabic": "نص حكيم له سر قاطع وذو شأن عظيم، ١٢٣ مَرْحَبًا",
    "persian": "می‌خواند و می‌شنود ۴۵۶",
    "hebrew": "דג סקרן שט בים מאוכזב, שָׁלוֹם",
    "devanagari": "ऋषियों को सताने वाले दुष्ट क्षत्रिय १२३ क़ ज़",
    "bengali": "আমি কাঁচ খেতে পারি, তাতে আমার কোনো ক্ষতি হয় না",
    "tamil": "நான் கண்ணாடி சாப்பிடுவேன் கொ கோ",
    "telugu": "నేను గాజు తినగలను మరియు అలా చేసినా",
    "thai": "เป็นมนุษย์สุดประเสริฐเลิศคุณค่า ก็ น้ำ",
    "khmer": "ខ្ញុំអាចញ៉ាំកញ្ចក់បាន ដោយគ្មានបញ្ហា",
    "burmese": "ကျွန်တော် ကျွန်မ မှန်စားနိုင်တယ်",
    "sinhala": "මට වීදුරු කන්න පුළුවන් ක්‍ෂ",
    "georgian": "მინას ვჭამ და არა მტკივა ᲛᲘᲜᲐᲡ",
    "armenian": "Կրնամ ապակի ուտել և ինծի անհանգիստ չըներ",
    "amharic": "ሰማይ አይታረስ ንጉሥ አይከሰስ።",
    "tibetan": "ཤེལ་སྒོ་ཟ་ནས་ང་ན་གི་མ་རེད།",
    "cherokee": "ᎠᏓᏅᏖᏗ Ꭰꭰ",
    "mathematics": "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝟙𝟚𝟛 ½ ² Ⅻ ﬁ ＡＢＣ １２３ ㎏ Å Å Ω",
}
PIECES = {
    "emoji": ["👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇩🇪🇯🇵", "❤️", "☎︎", "🧑🏿‍🚀", "1️⃣", "😀" * 9],
    "blanks": [
        " ",
        "  ",
        "\t",
        "\n",
        "\r\n",
        "\r",
        "\n\n",
        " \n ",
        "\u00a0",
        "\u2003",
        "\u3000",
        "\u200b",
        "\u2028",
        "\x0b",
        "\x85",
    ],
    "marks": [
        "e\u0301",
        "\u0301",
        "a\u0323\u0307",
        "a\u0307\u0323",
        "\u0344",
        "\u212b",
        "\ufb01",
        "\u1e9b\u0323",
        "ñ",
        "n\u0303",
    ],
    "digits": ["0", "42", "3.14159", "1,000,000", "12345678901234567890", "٣٤", "²³", "IV", "No.5", "2026-11-21T05:48"],
    "signs": [
        "...",
        "—",
        "!?!?",
        "/\n",
        "//",
        "\\",
        "¿¡",
        "'",
        "''",
        "'s",
        "'S",
        "`",
        "(((",
        "\x00",
        "\x1b[0m",
        "\ufeff",
        "\ufffd",
    ],
    "lookalikes": [
        "<|im_end",
        "|im_end|>",
        "< |im_start|>",
        "<|IM_END|>",
        "<tts_pad",
        "<|endoftext|",
        "< think>",
        "<|im_end|\u200b>",
    ],
    "long": ["a" * 700, "Donaudampfschifffahrtsgesellschaft" * 9, "ha" * 300, "的" * 200, "=" * 300, "é" * 150],
}
CONTROLS = [
    "<|im_end|>",
    "<|im_start|>",
    "<|endoftext|>",
    "<tts_pad>",
    "<tts_text_bos>",
    "<tts_text_eod>",
    "<think>",
    "</think>",
    "<|audio_pad|>",
    "<tool_call>",
]
"""Spellings that the official tokenizer takes for control tokens."""


def fuzzed_texts(count: int, seed: int = 0) -> list[str]:
    """Texts without any spelling of a control token."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    texts = [*SCRIPTS.values(), *(piece for pieces in PIECES.values() for piece in pieces)]
    while len(texts) < count:
        texts.append("".join(_piece(chance) for _ in range(chance.randint(1, 8))))
    return [text for text in texts if not any(control in text for control in CONTROLS)]


def _piece(chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.55:
        words = chance.choice(list(SCRIPTS.values())).split(" ")
        start = chance.randrange(len(words))
        return chance.choice(["", " "]) + " ".join(words[start : start + chance.randint(1, 4)])
    if kind < 0.95:
        return chance.choice(chance.choice([pieces for name, pieces in PIECES.items() if name != "long"]))
    if kind < 0.97:
        return chance.choice(PIECES["long"])
    return "".join(chr(_code_point(chance)) for _ in range(chance.randint(1, 5)))


def _code_point(chance: random.Random) -> int:
    point = chance.randrange(0x110000)
    return point if not 0xD800 <= point < 0xE000 else 0x2603
