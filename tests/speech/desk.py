"""A desk to speak at without a server: rooms over an empty folder, an engine with faults, a job's context."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from backend.audio.files import read_wav
from backend.core.events import ProgressEvent
from backend.core.types import GenerationRequest, Samples
from backend.engines.base import SpeechEngine
from backend.engines.fake import FakeEngine
from backend.model_manager import ModelManager
from backend.personality_manager import PersonalityManager
from backend.speech.generate import generate
from backend.speech.takes import TakeStore

RYAN = {"kind": "preset", "speaker": "Ryan"}


@dataclass(frozen=True)
class Context:
    """A job that is cancelled when `stop` says so, with a history of its own."""

    stop: Callable[[], bool] = lambda: False
    pace: float | None = None
    """Seconds a character."""
    asked: list[str] = field(default_factory=list)

    def cancelled(self) -> bool:
        return self.stop()

    def estimate(self, key: str, units: float) -> float | None:
        self.asked.append(key)
        return None if self.pace is None else self.pace * units


class Desk:
    def __init__(self, folder: Path, faults: str = "on", engine: SpeechEngine | None = None) -> None:
        self.engine = engine or FakeEngine(faults)
        self.models = ModelManager({self.engine.info.name: self.engine})
        self.personalities = PersonalityManager(folder / "saved_personalities", folder / ".trash")
        self.takes = TakeStore(folder / "output", folder / ".trash")

    def events(self, text: str, context: Context | None = None, **asked: Any) -> list[ProgressEvent]:
        request = GenerationRequest.model_validate({"text": text, "voice": RYAN, "seed": 7} | asked)
        return list(generate(request, context or Context(), self.models, self.personalities, self.takes))

    def speak(self, text: str, context: Context | None = None, **asked: Any) -> dict[str, Any]:
        """The result of the performance."""
        last = self.events(text, context, **asked)[-1]
        assert last.result is not None
        return last.result

    def sound(self, result: dict[str, Any]) -> Samples:
        return read_wav(self.takes.folder / f"{result['id']}.wav")[0]

    def files(self) -> list[str]:
        return sorted(path.name for path in self.takes.folder.glob("*")) if self.takes.folder.exists() else []

    def is_free(self) -> bool:
        """Whether the slot was given back: the next job speaks."""
        return bool(np.abs(self.sound(self.speak("Still here."))).max() > 0.01)
