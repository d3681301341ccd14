"""What the sizes of Whisper are worth, and which languages they know."""

from __future__ import annotations

QUALITY = {"tiny": 20, "base": 30, "small": 40, "medium": 50, "large-v3": 60, "large-v3-turbo": 70}
"""Turbo hears almost as well as large-v3 in an eighth of the time, so `auto` prefers it."""
LANGUAGES = tuple(
    "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml "
    "cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am "
    "yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue".split()
)
"""What large-v3 was taught; the others do not know Cantonese, the last."""


def languages(size: str) -> tuple[str, ...]:
    """ISO 639-1 codes that checkpoints of a size were taught."""
    return LANGUAGES if size.startswith("large-v3") else LANGUAGES[:-1]
