"""Who is to speak, as programs say it: by a recording, a name, a description. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sample:
    """One recording of a voice, as it came."""

    sound: bytes = field(repr=False)
    name: str = ""
    """Of the file."""
    text: str = ""
    """What is said in it."""


@dataclass(frozen=True)
class Wanted:
    """Who is to speak: what comes first here counts."""

    samples: tuple[Sample, ...] = ()
    """A voice that came with the request."""
    voice: str = ""
    """A name or an id."""
    description: str = ""
    emotion: str = "neutral"
    language: str = "auto"
    """Code of a language: where nobody is named, somebody native speaks."""
