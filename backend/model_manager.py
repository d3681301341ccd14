"""Which engine and variant is resident, lent out by `with`. Knows no requests, no files and no HTTP.

One slot: a second borrower waits, a borrower of something else has it swapped. Every exit gives the slot back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from backend.core.errors import (
    BadRequest,
    Cancelled,
    EngineFailed,
    EngineUnavailable,
    NotFound,
    OutOfMemory,
    Problem,
)
from backend.core.types import Voice
from backend.engines.base import EngineSlot, SpeechEngine, VoiceKind

WAIT_STEP = 0.2  # seconds between two looks at whether the waiting borrower was cancelled

_IN_WORDS = {"cloned": "personalities", "preset": "preset speakers", "designed": "described voices"}


class ModelManager:
    """The only way to touch a model. One per process."""

    def __init__(self, engines: Mapping[str, SpeechEngine]) -> None:
        self.engines = dict(engines)
        self._slot = EngineSlot()
        self._lock = threading.Lock()

    def pick(self, asked: str, kind: VoiceKind, language: str = "auto") -> SpeechEngine:
        """The engine of that name, or for `auto` the best that can speak this kind of voice now.

        Raises NotFound for an unknown name, BadRequest for a kind or language it cannot speak, EngineUnavailable.
        """
        if asked == "auto":
            return self._best(kind, language)
        engine = self.engines.get(asked)
        if engine is None:
            known = ", ".join(["auto", *self.engines])
            raise NotFound(
                f"There is no engine called {asked!r}.", hint=f"There are: {known}.", code="engine-not-found"
            )
        if kind not in engine.info.kinds:
            raise BadRequest(
                f"{engine.info.title} cannot speak {_IN_WORDS[kind]}.",
                hint="Take another voice, or engine auto.",
                fields={"engine": f"speaks {', '.join(_IN_WORDS[k] for k in sorted(engine.info.kinds))}"},
            )
        if language != "auto" and language not in engine.info.languages:
            raise BadRequest(f"{engine.info.title} does not speak that language.", fields={"language": language})
        availability = engine.availability()
        if not availability.ok:
            raise EngineUnavailable(availability.reason, hint=availability.hint)
        return engine

    def _best(self, kind: VoiceKind, language: str) -> SpeechEngine:
        able = [e for e in self.engines.values() if kind in e.info.kinds and language in ("auto", *e.info.languages)]
        for engine in sorted(able, key=lambda engine: -engine.info.quality):
            if engine.availability().ok:
                return engine
        reasons = [engine.availability() for engine in able]
        raise EngineUnavailable(
            " ".join(["No engine can speak this now.", *(each.reason for each in reasons)]),
            hint=next((each.hint for each in reasons if each.hint), "Install an engine: see docs/."),
        )

    @contextmanager
    def use(
        self, engine: SpeechEngine, voice: Voice, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[SpeechEngine]:
        """Lend the engine with the variant for this voice loaded. Waits for the slot; raises Cancelled while it waits.

        A failed load leaves the slot empty, so that whoever comes next loads anew.
        """
        variant = engine.variant_for(voice)
        while not self._lock.acquire(timeout=WAIT_STEP):
            if cancelled():
                raise Cancelled("Cancelled while waiting for the engine.")
        try:
            self._make_resident(engine, variant)
            yield engine
        finally:
            self._lock.release()

    def is_resident(self, engine: SpeechEngine, voice: Voice) -> bool:
        """Whether it could speak without loading. A hint for people; nothing is locked."""
        return self._slot.engine is engine and self._slot.variant == engine.variant_for(voice)

    def reload(self, engine: SpeechEngine, voice: Voice) -> None:
        """For a borrower inside `use` whose engine ran out of memory: give all of it back, then load again."""
        self._empty()
        self._make_resident(engine, engine.variant_for(voice))

    def unload(self) -> None:
        """Give back the memory of what is resident, once nobody uses it."""
        with self._lock:
            self._empty()

    def describe(self) -> list[dict[str, Any]]:
        """What the catalog says of every engine; loads nothing."""
        return [self._describe(engine) for engine in self.engines.values()]

    def _describe(self, engine: SpeechEngine) -> dict[str, Any]:
        info, availability = engine.info, engine.availability()
        return {
            "name": info.name,
            "title": info.title,
            "available": availability.ok,
            "reason": availability.reason,
            "hint": availability.hint,
            "kinds": sorted(info.kinds),
            "languages": list(info.languages),
            "emotions": info.emotions,
            "note": info.honesty,
            "quality": info.quality,
            "resident": self._slot.variant if self._slot.engine is engine else "",
        }

    def _make_resident(self, engine: SpeechEngine, variant: str) -> None:
        if self._slot.engine is engine and self._slot.variant == variant:
            return
        self._empty()
        failure = _load(engine, variant)
        if failure is not None:
            engine.unload()  # outside the except block: a traceback would keep what was half loaded
            raise failure
        self._slot = EngineSlot(engine, variant, time.monotonic())

    def _empty(self) -> None:
        engine, self._slot = self._slot.engine, EngineSlot()
        if engine is not None:
            engine.unload()


def _load(engine: SpeechEngine, variant: str) -> Problem | None:
    """Load it; what went wrong comes back as a problem."""
    try:
        engine.load(variant)
    except Problem as problem:
        return problem.with_traceback(None)
    except MemoryError:
        return OutOfMemory(f"{engine.info.title} does not fit into memory.", hint="Close other programs and try again.")
    except Exception as error:  # noqa: BLE001 - a model library may raise anything; the user gets its name
        return EngineFailed(
            f"{engine.info.title} could not be loaded: {type(error).__name__}.",
            hint="Check its model files, or take another engine.",
        )
    return None
