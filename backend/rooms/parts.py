"""A text that arrives in pieces, as parts that are spoken one by one: each with its voice, and the pause before it.

Emotion tags and dialogue voices hold over the parts of an utterance as if the text had come at once. Speaks nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from backend.core.errors import BadText
from backend.core.types import VoiceSpec
from backend.rooms.flowing import voice_after
from backend.rooms.rooms import Rooms
from backend.text.script import CLAUSE_PAUSE, SENTENCE_PAUSE
from backend.text.units import Granularity, Units

__all__ = ["Granularity", "Part", "Parts"]

ENDS = tuple('.!?…。！？｡"”»)')


@dataclass(frozen=True)
class Part:
    """What is spoken in one go."""

    index: int
    """Within its utterance, from 0."""
    unit: str
    """As it was written."""
    text: str
    """As it is spoken: with the pause that stands before it."""
    voice: VoiceSpec


class Parts:
    """`feed` gives what is whole by now; `flush` the rest, and a new utterance begins."""

    def __init__(self, rooms: Rooms, voice: VoiceSpec, granularity: Granularity) -> None:
        self._rooms = rooms
        self._first = voice
        self._granularity = granularity
        self._begin()

    def _begin(self) -> None:
        self.count = 0
        """Parts of this utterance so far."""
        self.is_open = False
        """Whether something of it was said."""
        self._units = Units(self._granularity)
        self._voice = self._first
        self._before = ""
        self._length = 0

    def feed(self, text: str) -> Iterator[Part]:
        """Raises BadText where the utterance is longer than a script may be; nothing of the text counts then."""
        limit = self._rooms.settings.text_limit
        if self._length + len(text) > limit:
            hint = "Send input.done now and then."
            raise BadText(f"The utterance has more than {limit:,} characters.", hint=hint, code="text-too-long")
        self._length += len(text)
        self.is_open = self.is_open or bool(text)
        return self._parts(self._units.feed(text))

    def flush(self) -> Iterator[Part]:
        yield from self._parts(self._units.flush())

    def end(self) -> int:
        """Begin a new utterance; how many parts the last one had."""
        count = self.count
        self._begin()
        return count

    def _parts(self, units: Iterable[str]) -> Iterator[Part]:
        """A tag without words says nothing, and counts for what follows."""
        for unit in units:
            script = self._rooms.script(unit, self._voice)
            if script.segments:
                pause = SENTENCE_PAUSE if self._before.endswith(ENDS) else CLAUSE_PAUSE
                is_first = not self._before or bool(script.lead)
                yield Part(self.count, unit, unit if is_first else f"[pause {pause}s] {unit}", self._voice)
                self.count += 1
                self._before = unit
            self._voice = voice_after(self._rooms, unit, self._voice)
