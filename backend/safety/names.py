"""Names people write, and the ids and file names made from them. Touches no disk.

A name is any Unicode text; an id is a short ASCII slug of it. An id that comes from outside is never joined to a
path: it is looked up among the names that exist.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Callable, Iterable

from anyascii import anyascii

from backend.core.errors import BadRequest

SLUG_LENGTH = 60
RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "conin", "conout", "clock"}
    | {f"{device}{digit}" for device in ("com", "lpt") for digit in range(10)}
)
"""Names that Windows keeps for devices, whatever the extension."""

_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_SPACES = re.compile(r"\s+")
_NOT_IN_A_TAG = frozenset("[]/\\")


def slug(text: str, fallback: str = "voice") -> str:
    """Lower-case ASCII letters, digits and hyphens, 1 to 60 of them, never a reserved Windows name.

    `Анна` → `anna`, `José!` → `jose`, `你好` → `nihao`, `CON` → `con-voice`, `…` → the fallback.
    """
    plain = anyascii(unicodedata.normalize("NFC", text[:1000])).lower()
    made = _NOT_SLUG.sub("-", plain).strip("-")[:SLUG_LENGTH].strip("-") or fallback
    return f"{made}-{fallback}" if made in RESERVED else made


def free_slug(text: str, is_taken: Callable[[str], bool], fallback: str = "voice") -> str:
    """The slug, or the slug with `-<4 hex>` where another name took it first."""
    wanted = slug(text, fallback)
    if not is_taken(wanted):
        return wanted
    stem = wanted[: SLUG_LENGTH - 9].rstrip("-")
    tries = 0
    while True:
        candidate = f"{stem}-{secrets.token_hex(2 if tries < 50 else 4)}"
        if not is_taken(candidate):
            return candidate
        tries += 1


def look_up(name: str, names: Iterable[str]) -> str | None:
    """The entry of `names` that equals `name`, or None: what comes back is always one of ours."""
    return next((known for known in names if known == name), None)


def clean_name(text: str, field: str = "name", limit: int = 200) -> str:
    """The text in NFC with single spaces. Raises BadRequest: empty, too long, control characters."""
    cleaned = _SPACES.sub(" ", unicodedata.normalize("NFC", text[: 8 * limit])).strip()
    if not cleaned:
        raise BadRequest(f"The {field} is empty.", hint=f"Give a {field}.", fields={field: "is empty"})
    if len(cleaned) > limit:
        raise BadRequest(f"The {field} is longer than {limit} characters.", fields={field: "is too long"})
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in cleaned):
        raise BadRequest(f"The {field} holds control characters.", fields={field: "holds control characters"})
    return cleaned


def clean_emotion(text: str) -> str:
    """A cleaned name that can stand in a tag and in an address, ≤ 60 characters. Raises BadRequest."""
    cleaned = clean_name(text, "emotion", 60)
    if _NOT_IN_A_TAG & set(cleaned) or not cleaned.strip("."):
        raise BadRequest(
            "An emotion's name stands in square brackets in a script, so it cannot hold [ ] / or \\.",
            hint="Use letters, digits and spaces.",
            fields={"emotion": "holds a character that cannot stand in a tag"},
        )
    return cleaned
