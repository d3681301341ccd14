"""A listener that is told to stop: it does at the question that was answered so, and listens again afterwards."""

from __future__ import annotations

import pytest

from backend.core.errors import Cancelled
from backend.core.types import Samples
from backend.engines.listening import TranscriptionEngine


def is_cancelled(listener: TranscriptionEngine, samples: Samples, language: str, calls: int) -> None:
    """Asserts that it stops at the question after so many."""
    asked: list[bool] = []

    def cancelled() -> bool:
        asked.append(len(asked) == calls)
        return asked[-1]

    with pytest.raises(Cancelled):
        list(listener.transcribe(samples, language, cancelled))
    assert len(asked) == calls + 1
    assert list(listener.transcribe(samples, language)), "it listens again afterwards, and asks nobody"
    assert len(asked) == calls + 1
