"""Kokoro-FastAPI's tags and aliases: `[voice:af_bella]`, `[rate:0.8]` and `voice_aliases` as our script and its speed.

Only for who asks for them (`allow_voice_tags`); every other text is a script of ours, where such a bracket is text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from pydantic import BaseModel, ConfigDict, Field

from backend.core.errors import BadRequest, NotFound
from backend.core.types import PersonalityVoice, PresetVoice, VoiceSpec

SLOWEST, FASTEST = 0.25, 4.0
_VOICE = re.compile(r"\[voice:([^\[\]]{1,200})\]", re.IGNORECASE)
_RATE = re.compile(r"\[rate:\s*([0-9]{1,3}(?:\.[0-9]{1,6})?)\s*\]", re.IGNORECASE)


class VoiceAlias(BaseModel):
    """A voice under another name, with a pace of its own."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    voice: str = Field(min_length=1, max_length=200)
    rate: float = Field(1.0, ge=SLOWEST, le=FASTEST)


Aliases = Mapping[str, str | VoiceAlias]
Finder = Callable[[str], VoiceSpec]


def aliased(name: str, aliases: Aliases) -> VoiceAlias:
    """What a name stands for; itself where it is no alias. Letter case does not count."""
    wanted = name.strip().casefold()
    found = next((each for key, each in aliases.items() if key.strip().casefold() == wanted), name)
    return found if isinstance(found, VoiceAlias) else VoiceAlias(voice=found)


def read_tags(text: str, aliases: Aliases, find: Finder) -> tuple[str, float]:
    """A script of ours, and the factor of its speed. `find` is a voice by name.

    A rate counts for the whole text, so it stands before it. Raises BadRequest for one elsewhere and for a voice that
    is not known: it would be heard too late in the midst.
    """
    rate = 1.0
    if leading := _RATE.match(text.lstrip()):
        rate = float(leading[1])
        text = text.lstrip()[leading.end() :]
    if not SLOWEST <= rate <= FASTEST:
        raise _refused("A rate is a number from 0.25 to 4.", "holds a rate that nobody speaks")
    if _RATE.search(text):
        raise _refused("A passage has no speed of its own here: [rate:…] stands before the text.", "holds a later rate")
    known = {name: _our_tag(name, aliases, find) for name in dict.fromkeys(_VOICE.findall(text))}
    return _VOICE.sub(lambda tag: known[tag[1]], text), rate


def _our_tag(name: str, aliases: Aliases, find: Finder) -> str:
    alias = aliased(name, aliases)
    if alias.rate != 1.0:
        raise _refused(
            "A passage has no speed of its own here, so an alias with a rate speaks the whole text.", "has one"
        )
    try:
        voice = find(alias.voice)
    except NotFound as problem:
        raise _refused(problem.detail, "names a voice that is not known", problem.hint) from None
    if isinstance(voice, PersonalityVoice):
        return f"[{voice.personality}: neutral]"
    if isinstance(voice, PresetVoice):
        return f"[{voice.speaker}: neutral]"
    raise _refused("This voice cannot have the word in the midst.", "names a voice without a name")


def _refused(message: str, what: str, hint: str = "") -> BadRequest:
    return BadRequest(message, hint=hint, fields={"input": what})
