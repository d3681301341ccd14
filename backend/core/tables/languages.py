"""The ten languages of Qwen3-TTS, which every engine of the studio is measured against."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    code: str
    """ISO 639-1."""
    english: str
    """Name as the Qwen3-TTS checkpoints spell it, in English."""
    native: str


LANGUAGES: dict[str, Language] = {
    row.code: row
    for row in (
        Language("zh", "Chinese", "中文"),
        Language("en", "English", "English"),
        Language("ja", "Japanese", "日本語"),
        Language("ko", "Korean", "한국어"),
        Language("de", "German", "Deutsch"),
        Language("fr", "French", "Français"),
        Language("ru", "Russian", "Русский"),
        Language("pt", "Portuguese", "Português"),
        Language("es", "Spanish", "Español"),
        Language("it", "Italian", "Italiano"),
    )
}


def language_code(name: str) -> str | None:
    """`en`, `EN-us`, `English`, `italiano` → the code of the table; `auto` and '' stay `auto`; None if unknown."""
    wanted = name.strip().casefold()
    if wanted in ("", "auto"):
        return "auto"
    if wanted[:2] in LANGUAGES and (len(wanted) == 2 or wanted[2] in "-_"):
        return wanted[:2]
    for row in LANGUAGES.values():
        if wanted in (row.english.casefold(), row.native.casefold()):
            return row.code
    return None
