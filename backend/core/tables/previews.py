"""A sentence in each language by which a voice introduces itself."""

from __future__ import annotations

PREVIEWS: dict[str, str] = {
    "zh": "你好,这就是我的声音。",
    "en": "Hello, this is what my voice sounds like.",
    "ja": "こんにちは、これが私の声です。",
    "ko": "안녕하세요, 이것이 제 목소리입니다.",
    "de": "Hallo, so klingt meine Stimme.",
    "fr": "Bonjour, voici comment sonne ma voix.",
    "ru": "Здравствуйте, вот так звучит мой голос.",
    "pt": "Olá, é assim que soa a minha voz.",
    "es": "Hola, así suena mi voz.",
    "it": "Ciao, ecco come suona la mia voce.",
}
