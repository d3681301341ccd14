"""Japanese stretches cut into words with their kana, by the reading worker. Other units pass unchanged."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from types import TracebackType

from backend.core.errors import EngineUnavailable
from backend.engines.preview.language import script_of
from backend.engines.preview.text import Sentence, Unit, speakable
from backend.engines.preview.workers import WorkerLine


class Readings:
    """Borrowed by `with`; the worker starts with the first Japanese word."""

    def __init__(self) -> None:
        self._line = WorkerLine("reading_worker.py", fresh=False)

    def __enter__(self) -> Readings:
        self._line.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._line.__exit__(kind, error, at)

    def read(self, sentence: Sentence) -> Sentence:
        stretches = [unit.caption for unit in sentence if _needs_reading(unit)]
        if not stretches:
            return sentence
        if importlib.util.find_spec("pykakasi") is None:
            raise EngineUnavailable(
                "The preview voice needs a reading converter for Japanese.", hint="pip install pykakasi"
            )
        header, _ = self._line.ask({"texts": stretches})
        answers = iter(header["readings"])
        return tuple(
            new for unit in sentence for new in (_words(unit, next(answers)) if _needs_reading(unit) else [unit])
        )


def _needs_reading(unit: Unit) -> bool:
    return unit.language == "ja" and bool(unit.spoken) and any(script_of(c) in ("han", "kana") for c in unit.caption)


def _words(unit: Unit, parts: list[list[str]]) -> Iterator[Unit]:
    """The stretch as words; marks join the word before. Whole, where the converter did not return every character."""
    if "".join(part[0] for part in parts) != unit.caption:
        yield Unit(unit.caption, speakable("".join(part[1] for part in parts)), "ja", unit.gap)
        return
    words: list[list[str]] = []
    for original, reading in parts:
        if words and not any(map(str.isalnum, original)):
            words[-1] = [words[-1][0] + original, words[-1][1] + reading]
        else:
            words.append([original, reading])
    for index, (original, reading) in enumerate(words):
        yield Unit(original, speakable(reading), "ja", unit.gap or index + 1 < len(words))
