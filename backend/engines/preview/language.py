"""Which language a text is in, and which voice reads which script. Deterministic: scripts first, then small words."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

ESPEAK_VOICES = {
    "zh": "cmn",
    "en": "en-us",
    "ja": "ja",
    "ko": "ko",
    "de": "de",
    "fr": "fr",
    "ru": "ru",
    "pt": "pt-br",
    "es": "es",
    "it": "it",
}

LATIN = ("en", "de", "fr", "pt", "es", "it")

# Small words that a Latin-script text can hardly do without; those shared by two languages count for both.
SMALL_WORDS: dict[str, frozenset[str]] = {
    "en": frozenset(
        "the and of to is are was were you he she it we they this that with for not have has i my your his her our "
        "on at in from what who how hello yes thanks please there here will would can".split()
    ),
    "de": frozenset(
        "der die das und ist sind war ich du er sie es wir ihr nicht ein eine einen mit für von zu auf den dem des "
        "aber auch wie was wer hallo ja nein danke bitte heute guten wird kann mein dein kein sehr noch im".split()
    ),
    "fr": frozenset(
        "le la les un une des et est sont je tu il elle nous vous ils ne pas que qui dans pour avec sur au aux du de "
        "ce cette mais bonjour oui non merci suis c'est j'ai l'on très bien mon ma mes son sa plus où comme".split()
    ),
    "pt": frozenset(
        "o a os as um uma e é são eu tu ele ela nós vocês você não que em para com por do da dos das no na mas muito "
        "olá sim obrigado obrigada bom boa está estou meu minha seu sua isso este esta mais como hoje".split()
    ),
    "es": frozenset(
        "el la los las un una y es son yo tú él ella nosotros no que en para con por del de lo pero muy hola sí "
        "gracias bueno buenos buenas está estoy mi tu su esto este esta más como hoy qué señor".split()
    ),
    "it": frozenset(
        "il lo la i gli le un una e è sono io tu lui lei noi voi non che in per con di del della dei ma molto ciao sì "
        "grazie buono buona buongiorno sta sto mio mia tuo sua questo questa più come oggi perché nel alla".split()
    ),
}

TELLING_LETTERS: dict[str, str] = {
    "de": "ßäöü",
    "fr": "œçêëîïûùâô",
    "pt": "ãõ",
    "es": "ñ¿¡",
    "it": "ìò",
}

SCRIPTS = (
    ("HIRAGANA", "kana"),
    ("KATAKANA", "kana"),
    ("CJK", "han"),
    ("HANGUL", "hangul"),
    ("CYRILLIC", "cyrillic"),
    ("LATIN", "latin"),
)


def script_of(character: str) -> str:
    """kana, han, hangul, cyrillic, latin, `other` for letters beyond these, and '' for what belongs to none."""
    if character < "\x80":
        return "latin" if character.isalpha() else ""
    if character in "ーヽヾゝゞ":
        return "kana"
    if character in "々〇":
        return "han"
    if not character.isalpha():
        return ""
    name = unicodedata.name(character, "")
    return next((script for start, script in SCRIPTS if name.startswith(start)), "other")


def detect_language(text: str) -> str:
    """The language most of the text is in; English where nothing tells."""
    scripts = Counter(filter(None, map(script_of, text[:20_000])))
    dense = 2 * (scripts["han"] + scripts["kana"])  # one such character stands for two or more letters
    sizes = {"dense": dense, "ko": 2 * scripts["hangul"], "ru": scripts["cyrillic"], "latin": scripts["latin"]}
    largest = max(sizes, key=lambda key: sizes[key])
    if sizes[largest] == 0:
        return "en"
    if largest == "dense":
        return "ja" if scripts["kana"] else "zh"
    return latin_language(text) or "en" if largest == "latin" else largest


def latin_language(text: str) -> str:
    """One of LATIN by small words and letters; '' where two languages are equally likely or none is."""
    words = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", text[:20_000].lower().replace("’", "'"))
    score = {
        code: sum(word in SMALL_WORDS[code] for word in words)
        + 2 * sum(text.lower().count(letter) for letter in TELLING_LETTERS.get(code, ""))
        for code in LATIN
    }
    best, second = sorted(score.values(), reverse=True)[:2]
    return max(LATIN, key=lambda code: score[code]) if best > second else ""


def language_for(script: str, base: str, has_kana: bool) -> str:
    """Who reads a run of this script inside a text of language `base`."""
    if script == "han":
        return base if base in ("zh", "ja") else "ja" if has_kana else "zh"
    if script == "latin":
        return base if base in LATIN else "en"
    return {"kana": "ja", "hangul": "ko", "cyrillic": "ru"}.get(script, base)
