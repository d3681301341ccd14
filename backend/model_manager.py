"""Which engine and variant is resident, lent out by `with`. Knows no requests, no files and no HTTP.

One slot, lent to as many at once as its engine serves; who wants something else waits for them to leave, and is
overtaken by nobody. Every exit gives the slot back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from backend.core.errors import NotFound, OutOfMemory
from backend.core.types import Voice
from backend.engines import choosing, listening
from backend.engines import device as devices
from backend.engines.base import HeavyEngine, SharedEngine, SpeechEngine, VoiceKind, kind_of, sharing
from backend.engines.borrowers import Borrowers
from backend.engines.listener_slot import ListenerSlot
from backend.engines.listening import Task, TranscriptionEngine
from backend.engines.residency import Residency, Told


class ModelManager:
    """The only way to touch a model. One per process."""

    def __init__(
        self,
        engines: Mapping[str, SpeechEngine],
        ttl: float = 0.0,
        park_memory: int = -1,
        on_change: Callable[[dict[str, Any]], None] = lambda facts: None,
        clock: Callable[[], float] = time.monotonic,
        listeners: Mapping[str, TranscriptionEngine] | None = None,
    ) -> None:
        """`ttl` in seconds, 0 for ever; `park_memory` in megabytes, -1 for what is free; `on_change` hears `facts`."""
        self.engines = dict(engines)
        self._listener = ListenerSlot(listeners or {}, ttl, clock)
        self._residency = Residency(park_memory)
        self._borrowers = Borrowers()
        self._shared_by: tuple[SpeechEngine, str, str] | None = None
        self._ttl = ttl
        self._on_change = on_change
        self._clock = clock
        self._used = clock()
        self._telling = threading.Lock()

    def pick(self, asked: str, kind: VoiceKind, language: str = "auto") -> SpeechEngine:
        """The engine of that name, or for `auto` the best that can speak this kind of voice now.

        Raises NotFound for an unknown name, BadRequest for a kind or language it cannot speak, EngineUnavailable.
        """
        return choosing.pick(self.engines, asked, kind, language)

    @contextmanager
    def use(
        self,
        engine: SpeechEngine,
        voice: Voice,
        cancelled: Callable[[], bool] = lambda: False,
        told: Told = lambda share: None,
    ) -> Iterator[SpeechEngine]:
        """Lend the engine with the variant for this voice loaded: to several at once where the engine serves several,
        else waits for the slot; raises Cancelled while it waits.

        `told` hears how much of a load is done, 0 to 1. A failed load leaves what was there before.
        """

        def may_join(others: int) -> bool:
            return self._residency.holds(engine, engine.variant_for(voice)) and others < _serves(engine)

        def prepare() -> None:
            _look_at_device(engine)
            variant = engine.variant_for(voice)  # now: it may depend on what is in memory
            self._bring(engine, variant, told)
            self._share(engine, variant, voice)

        with self._telling_after(), self._borrowers.inside(may_join, prepare, cancelled):
            yield engine

    def pick_listener(self, asked: str, language: str = "auto", task: Task = "transcribe") -> TranscriptionEngine:
        """As `pick`, for who listens; a family's name (`whisper`) takes its best."""
        return listening.pick(self._listener.listeners, asked, language, task)

    @contextmanager
    def listen(
        self, asked: str = "auto", language: str = "auto", cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[TranscriptionEngine]:
        """Lend a recogniser, loaded; it lies beside what speaks, which gives way where memory is short and nobody uses
        it. May be asked for inside of `use`. Raises what `pick_listener` does, Cancelled, OutOfMemory."""
        one = self.pick_listener(asked, language)
        with self._listener.lend(one, self._make_way, cancelled):
            self._tell()
            yield one

    def is_listening(self, one: TranscriptionEngine) -> bool:
        """Whether it could listen without loading. A hint for people; nothing is locked."""
        return self._listener.holds(one)

    def _make_way(self, need: int, kind: str) -> None:
        with self._borrowers.alone_now() as free:
            if free:
                self._residency.make_way(need, kind)

    def load_model(self, name: str, cancelled: Callable[[], bool] = lambda: False, told: Told = lambda _: None) -> str:
        """Make a model resident: by its key, or `base`, `custom`, `design` for the best installed. Answers the variant.

        Raises NotFound, EngineUnavailable, OutOfMemory, Cancelled.
        """
        engine, _ = self.named(name)
        with self._telling_after(), self._borrowers.alone(cancelled):
            _look_at_device(engine)
            variant = self.named(name)[1]
            self._bring(engine, variant, told)
        return variant

    switch_model = load_model
    """One slot: what was there makes room, and rests in the memory of the host where that has room."""

    def unload_model(self) -> None:
        """Give all memory back, once nobody uses it."""
        with self._telling_after(), self._borrowers.alone():
            self._residency.empty()
        self._listener.empty()
        self._tell()

    unload = unload_model

    def is_resident(self, engine: SpeechEngine, voice: Voice) -> bool:
        """Whether it could speak without loading. A hint for people; nothing is locked."""
        return self._residency.holds(engine, engine.variant_for(voice))

    def reload(self, engine: SpeechEngine, voice: Voice) -> None:
        """For a borrower inside `use` whose engine ran out of memory: give all of it back, then load again. Raises
        MemoryShared where others speak with it."""
        with self._borrowers.only_one():
            variant = engine.variant_for(voice)  # before: what is in memory may decide which it is
            self._residency.empty()
            self._bring(engine, variant, lambda share: None)

    def facts(self) -> dict[str, Any]:
        """What is resident and what rests, the device and its memory: for people. Imports nothing new.

        Any thread may ask; while a swap is under way it hears what was there before.
        """
        slot, parked = self._residency.seen
        rows = [self._fact(slot.engine, slot.variant, "resident")] if slot.engine is not None else []
        rows += [self._fact(one.engine, one.variant, "parked") for one in parked]
        rows += self._listener.facts()
        found: dict[str, Any] = {"resident": rows, "device": None, "memory": None}
        if isinstance(slot.engine, HeavyEngine):
            choice = slot.engine.device()
            free, total = devices.memory(choice.kind)
            found |= {"device": asdict(choice), "memory": {"free_mb": free, "total_mb": total}}
        return found | self._shared()

    def _shared(self) -> dict[str, Any]:
        """Whose jobs may run beside each other now, and how many of them; nothing where none may."""
        engine, variant, by = self._shared_by or (None, "", "")
        if engine is None or not self._residency.holds(engine, variant) or _serves(engine) < 2:
            return {}
        return {"shared": {"by": by, "jobs": _serves(engine)}}

    @staticmethod
    def _fact(engine: SpeechEngine, variant: str, state: str) -> dict[str, Any]:
        row = {"engine": engine.info.name, "variant": variant, "key": variant, "state": state}
        if isinstance(engine, HeavyEngine):
            known = next((one for one in engine.variants() if one.variant == variant), None)
            if known is not None:
                return {**row, "variant": known.kind, "title": known.title, "memory_mb": known.memory_mb}
        return {**row, "title": engine.info.title, "memory_mb": engine.info.memory_mb}

    @contextmanager
    def _telling_after(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._used = self._clock()
            self._tell()

    def _share(self, engine: SpeechEngine, variant: str, voice: Voice) -> None:
        """Tell whose work may come beside this one's, as soon as that is known."""
        before, self._shared_by = self._shared_by, (engine, variant, sharing(engine, kind_of(voice)))
        if self._shared_by != before and _serves(engine) > 1:
            self._tell()

    def _bring(self, engine: SpeechEngine, variant: str, told: Told) -> None:
        if not self._residency.holds(engine, variant):
            try:
                self._residency.bring(engine, variant, told)
            except OutOfMemory:
                if not self._listener.give_way():
                    raise
                self._residency.bring(engine, variant, told)
            self._tell()

    def _tell(self) -> None:
        """One at a time, so that what is told last is what was true last."""
        with self._telling:
            self._on_change(self.facts())

    def tell_while_busy(self) -> bool:
        """Say again what is free while somebody uses a model; whether somebody does. Called from time to time."""
        if busy := self._borrowers.busy:
            self._tell()
        return busy

    def named(self, name: str) -> tuple[SpeechEngine, str]:
        """The engine that has a model of that name, and the variant meant. Raises NotFound, EngineUnavailable."""
        known: list[str] = []
        for engine in self.engines.values():
            if isinstance(engine, HeavyEngine):
                rows = engine.variants()
                if name in {word for one in rows for word in (one.variant, one.kind)}:
                    return engine, engine.best(name)
                known += [one.variant for one in rows]
        raise NotFound(
            "There is no such model.",
            hint=f"There are: base, custom, design, {', '.join(known)}."
            if known
            else "No engine has models to switch.",
            code="model-not-found",
        )

    def let_go_when_idle(self) -> bool:
        """Give the memory of a large model back when nobody used it for long, and what rests when the host is short of
        memory; whether that was done now. Called from time to time by whoever owns the manager.
        """
        quiet = self._listener.let_go_when_idle()
        if quiet:
            self._tell()
        return self._relieve() or quiet

    def _relieve(self) -> bool:
        if not (self._is_idle() or self._residency.is_short):
            return False
        with self._borrowers.alone_now() as free:
            gone = free and self._relieved()
        if gone:
            self._tell()
        return gone

    def _relieved(self) -> bool:
        heavy = isinstance(self._residency.slot.engine, HeavyEngine) or bool(self._residency.parked)
        if heavy and self._is_idle():  # asked again: somebody may have used it before the slot was ours
            self._residency.empty()
            return True
        return self._residency.relieve()

    def _is_idle(self) -> bool:
        return bool(self._ttl) and self._clock() - self._used >= self._ttl

    def describe(self) -> list[dict[str, Any]]:
        """What the catalog says of every engine; loads nothing."""
        return [self._describe(engine) for engine in self.engines.values()]

    def describe_listeners(self) -> list[dict[str, Any]]:
        """What the catalog says of every recogniser; loads nothing."""
        return listening.describe(self._listener.listeners)

    def _describe(self, engine: SpeechEngine) -> dict[str, Any]:
        info, availability, slot = engine.info, engine.availability(), self._residency.slot
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
            "resident": slot.variant if slot.engine is engine else "",
            "able": sorted(kind for kind in info.kinds if engine.availability(kind).ok),
        }


def _serves(engine: SpeechEngine) -> int:
    """Borrowers at once."""
    return engine.concurrent_jobs() if isinstance(engine, SharedEngine) else 1


def _look_at_device(engine: SpeechEngine) -> None:
    """Have a large engine ask for its device before it says which model fits there; only where models are loaded."""
    if isinstance(engine, HeavyEngine) and engine.availability().ok:
        engine.device()
