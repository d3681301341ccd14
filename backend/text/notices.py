"""What a script's reader should tell its writer, each thing once however often it stands there."""

from __future__ import annotations

from collections.abc import Iterator

from backend.core.events import Notice
from backend.text.tags import LONGEST_PAUSE, Meaning

MOST_TOLD = 20
"""Different tags that are named one by one; the rest is counted."""
SHOWN = 60  # characters of a tag inside a sentence


class Notices:
    def __init__(self) -> None:
        self._unknown: dict[str, int] = {}
        self._misspelt: dict[str, str] = {}
        self._shortened: dict[str, float] = {}
        self._silent: list[str] = []

    def about_tag(self, written: str, meaning: Meaning) -> None:
        """Remember a bracket if there is anything to say about it."""
        if meaning.kind == "unknown":
            self._unknown[written] = self._unknown.get(written, 0) + 1
        elif meaning.near:
            self._misspelt[written] = meaning.suggestion
        elif meaning.asked_pause > LONGEST_PAUSE:
            self._shortened[written] = meaning.asked_pause

    def nothing_said(self, text: str) -> None:
        """Remember a part that no voice can say, such as emoji."""
        self._silent.append(text)

    def told(self) -> Iterator[Notice]:
        """The notices, in a fixed order."""
        for written, name in list(self._misspelt.items())[:MOST_TOLD]:
            yield _notice("tag-near-miss", "{tag} was read as [{name}].", tag=written, name=name)
        for written in list(self._unknown)[:MOST_TOLD]:
            yield _notice("tag-unknown", "{tag} is no known tag and is spoken as text.", tag=written)
        more = len(self._unknown) - MOST_TOLD
        if more > 0:
            yield _notice("tags-unknown-more", "{count} further unknown tags are spoken as text.", count=str(more))
        for written in list(self._shortened)[:1]:
            yield _notice("pause-shortened", "{tag} is cut to {seconds} s.", tag=written, seconds=f"{LONGEST_PAUSE:g}")
        if self._silent:
            yield _notice("part-without-words", "“{text}” holds no words, so nothing is spoken.", text=self._silent[0])


def _notice(code: str, sentence: str, /, **params: str) -> Notice:
    short = {name: value if len(value) <= SHOWN else value[:SHOWN] + "…" for name, value in params.items()}
    return Notice(code=code, text=sentence.format(**short), params=short)
