"""Which engine and checkpoint is resident, and who may use it: one slot, lent out by `with`. Knows no jobs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from backend.core.errors import EngineUnavailable, NotFound
from backend.core.types import Voice
from backend.engines.base import EngineSlot, SpeechEngine, VoiceKind

log = logging.getLogger(__name__)


class ModelManager:
    """The only way to touch a model. One instance for each process, made by the studio."""

    def __init__(self, engines: dict[str, SpeechEngine]) -> None:
        self._engines = engines
        self._slot = EngineSlot()
        self._in_use = threading.Lock()

    def pick(self, wanted: str, kind: VoiceKind) -> SpeechEngine:
        """The engine asked for, or with `auto` the best that can speak this kind of voice now.

        Raises NotFound for an unknown name, EngineUnavailable with what to do.
        """
        if wanted == "auto":
            return self._best(kind)
        engine = self._engines.get(wanted)
        if engine is None:
            names = ", ".join(["auto", *self._engines])
            raise NotFound("There is no such engine.", hint=f"There are: {names}.", code="engine-not-found")
        availability = engine.availability()
        if not availability.ok:
            raise EngineUnavailable(availability.reason, hint=availability.hint)
        if kind not in engine.info.kinds:
            raise EngineUnavailable(f"{engine.info.title} cannot speak {kind} voices.", hint="Use the engine auto.")
        return engine

    @contextmanager
    def use(self, engine: SpeechEngine, voice: Voice) -> Iterator[SpeechEngine]:
        """Lend the engine with the variant this voice needs; waits for the slot, swaps, gives back on every exit.

        A load that fails leaves the slot empty and the manager working.
        """
        with self._in_use:
            self._make_resident(engine, engine.variant_for(voice))
            yield engine

    def is_resident(self, engine: SpeechEngine, voice: Voice) -> bool:
        """Whether `use` would not have to load anything."""
        return self._slot.engine is engine and self._slot.variant == engine.variant_for(voice)

    def describe(self) -> list[dict[str, Any]]:
        """Facts about every engine, the best first, as the catalog shows them."""
        ordered = sorted(self._engines.values(), key=lambda engine: -engine.info.quality)
        return [self._described(engine) for engine in ordered]

    def unload(self) -> None:
        """Give back the memory of what is resident, once nobody uses it."""
        with self._in_use:
            self._empty()

    def _best(self, kind: VoiceKind) -> SpeechEngine:
        able = [engine for engine in self._engines.values() if kind in engine.info.kinds]
        speaking = [engine for engine in able if engine.availability().ok]
        if speaking:
            return max(speaking, key=lambda engine: engine.info.quality)
        missing = [f"{engine.info.title}: {engine.availability().hint}" for engine in able]
        raise EngineUnavailable("No engine can speak this kind of voice now.", hint=" ".join(missing))

    def _make_resident(self, engine: SpeechEngine, variant: str) -> None:
        if self._slot.engine is engine and self._slot.variant == variant:
            return
        self._empty()
        began = time.monotonic()
        engine.load(variant)
        self._slot = EngineSlot(engine, variant, time.time())
        log.info("%s (%s) loaded in %.1f s", engine.info.name, variant, time.monotonic() - began)

    def _empty(self) -> None:
        engine, self._slot = self._slot.engine, EngineSlot()
        if engine is not None:
            engine.unload()

    def _described(self, engine: SpeechEngine) -> dict[str, Any]:
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
            "memory_mb": info.memory_mb,
        }
