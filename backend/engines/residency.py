"""What is loaded, what rests in the memory of the host, and what has to go for something new. Not safe for threads.

A failed load leaves what was there before: the former model rests while the new one loads, and comes back afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from backend.core.errors import EngineFailed, OutOfMemory, Problem
from backend.engines import device as devices
from backend.engines.base import EngineSlot, HeavyEngine, SpeechEngine

Told = Callable[[float], None]
SPARE = 1024
"""Megabytes that stay free for the system, and for what speaking itself takes."""
GIGABYTE = 1000.0


@dataclass(frozen=True)
class Parked:
    """A variant that rests in the memory of the host."""

    engine: SpeechEngine
    variant: str
    memory_mb: int


class Residency:
    """One resident variant, and those that rest, the longest unused first."""

    def __init__(self, park_memory: int = -1) -> None:
        self.slot = EngineSlot()
        self.parked: list[Parked] = []
        self.seen: tuple[EngineSlot, tuple[Parked, ...]] = (self.slot, ())
        """What was there when the last change was done: one value, so that any thread may look while all moves."""
        self._park_memory = park_memory

    def holds(self, engine: SpeechEngine, variant: str) -> bool:
        return self.slot.engine is engine and self.slot.variant == variant

    def bring(self, engine: SpeechEngine, variant: str, told: Told = lambda share: None) -> None:
        """Make it the resident one. Raises EngineUnavailable, EngineFailed, OutOfMemory; then the former one serves."""
        if self.holds(engine, variant):
            return
        try:
            self._bring(engine, variant, told)
        finally:
            self.seen = (self.slot, tuple(self.parked))

    def _bring(self, engine: SpeechEngine, variant: str, told: Told) -> None:
        self._make_room(engine, variant)
        former, self.slot = self.slot, EngineSlot()
        if former.engine is not None:
            self._rest(former, engine, variant)
        failure = self._settle(engine, variant, told)
        if failure is None:
            return
        _drop(engine, variant)  # outside of an except block: a traceback would keep what was half loaded
        if former.engine is not None:
            self._settle(former.engine, former.variant, lambda share: None)
        raise failure

    def _settle(self, engine: SpeechEngine, variant: str, told: Told) -> Problem | None:
        """Load it into the empty slot; what rested rests no more, whether it came back or is lost."""
        failure = _load(engine, variant, told)
        self.parked = [one for one in self.parked if (one.engine, one.variant) != (engine, variant)]
        if failure is None:
            self.slot = EngineSlot(engine, variant, time.monotonic())
        return failure

    def empty(self) -> None:
        """Give everything back, what rests too."""
        engines = [self.slot.engine, *(one.engine for one in self.parked)]
        self.slot, self.parked = EngineSlot(), []
        self.seen = (self.slot, ())
        for engine in dict.fromkeys(engine for engine in engines if engine is not None):
            engine.unload()

    @property
    def is_short(self) -> bool:
        """Whether something rests in memory that the host needs for itself."""
        return bool(self.parked) and devices.memory("cpu")[0] < SPARE

    def relieve(self) -> bool:
        """Forget what rests, the longest unused first, while the host is short of memory; whether anything went."""
        before = len(self.parked)
        while self.is_short:
            self._forget(self.parked[0])
        self.seen = (self.slot, tuple(self.parked))
        return len(self.parked) < before

    def make_way(self, need: int, kind: str) -> None:
        """Free so many megabytes on a device for what is no speech model: first what rests goes, then what is resident
        rests or goes. A small engine stays: its memory would not help."""
        while kind != "cuda" and self.parked and devices.memory(kind)[0] < need:
            self._forget(self.parked[0])
        former = self.slot
        if isinstance(former.engine, HeavyEngine) and devices.memory(kind)[0] < need:
            self.slot = EngineSlot()
            if kind == "cuda":
                self._rest(former, former.engine, former.variant)
            else:  # resting would lie in the same memory
                _drop(former.engine, former.variant)
        self.seen = (self.slot, tuple(self.parked))

    def _forget(self, one: Parked) -> None:
        self.parked.remove(one)
        _drop(one.engine, one.variant)

    def _others(self, engine: SpeechEngine, variant: str) -> list[Parked]:
        """What rests besides the one that is about to wake, the longest unused first."""
        return [one for one in self.parked if (one.engine, one.variant) != (engine, variant)]

    def _make_room(self, engine: SpeechEngine, variant: str) -> None:
        """Forget what rests, the longest unused first, until the new one fits. Raises OutOfMemory before anything goes
        when it cannot fit even alone."""
        if not isinstance(engine, HeavyEngine):
            return
        kind = engine.device().kind
        need = _memory_of(engine, variant)
        others = self._others(engine, variant)
        if len(others) < len(self.parked) and kind != "cuda":
            need = 0  # on the CPU it lies where it is needed
        free = devices.memory(kind)[0]
        resident = _memory_of(self.slot.engine, self.slot.variant) if self.slot.engine is not None else 0
        resting = sum(one.memory_mb for one in others) if kind != "cuda" else 0
        if need + SPARE > free + resident + resting:
            raise _too_large(engine, variant, need, free)
        while others and kind != "cuda" and need + SPARE > devices.memory(kind)[0] + resident:
            self._forget(others.pop(0))

    def _rest(self, former: EngineSlot, engine: SpeechEngine, variant: str) -> None:
        """Park what was resident, in the place of what rests longer where it takes that; without room it goes.

        `engine` and `variant` come next: what is about to wake goes for nothing.
        """
        leaving = former.engine
        assert leaving is not None, "asked only for what is there"
        size = _memory_of(leaving, former.variant)
        others = self._others(engine, variant)
        if isinstance(leaving, HeavyEngine) and self._can_rest(size, others) and leaving.park():
            self.parked.append(Parked(leaving, former.variant, size))
        else:
            _drop(leaving, former.variant)

    def _can_rest(self, size: int, others: list[Parked]) -> bool:
        """Whether so many more megabytes of the host may rest, once as many of the others went as that takes."""
        if self._room() + sum(one.memory_mb for one in others) < size:
            return False
        while self._room() < size and others:
            self._forget(others.pop(0))
        return self._room() >= size

    def _room(self) -> int:
        """Megabytes of the host in which more may rest."""
        if self._park_memory >= 0:
            return self._park_memory - sum(one.memory_mb for one in self.parked)
        free, total = devices.memory("cpu")
        return free - max(2 * SPARE, total // 8)


def _memory_of(engine: SpeechEngine | None, variant: str) -> int:
    """Megabytes."""
    if isinstance(engine, HeavyEngine):
        return next((one.memory_mb for one in engine.variants() if one.variant == variant), 0)
    return engine.info.memory_mb if engine is not None else 0


def _drop(engine: SpeechEngine, variant: str) -> None:
    if isinstance(engine, HeavyEngine):
        engine.unload(variant)
    else:
        engine.unload()


def _too_large(engine: HeavyEngine, variant: str, need: int, free: int) -> OutOfMemory:
    rows = {one.variant: one for one in engine.variants()}
    wanted = rows[variant]
    smaller = [
        one.title
        for one in rows.values()
        if one.kind == wanted.kind and one.memory_mb < wanted.memory_mb and one.installed
    ]
    hint = (
        f"Take {smaller[0]}, or close other programs." if smaller else "Close other programs, or take a smaller model."
    )
    return OutOfMemory(
        f"{wanted.title} needs {need / GIGABYTE:.1f} GB and {SPARE / GIGABYTE:.1f} GB to work in;"
        f" {free / GIGABYTE:.1f} GB are free.",
        hint=hint,
    )


def _load(engine: SpeechEngine, variant: str, told: Told) -> Problem | None:
    """Load it; what went wrong comes back as a problem."""
    try:
        if isinstance(engine, HeavyEngine):
            engine.load(variant, told)
        else:
            engine.load(variant)
    except Problem as problem:
        problem.__context__ = problem.__cause__ = None  # their tracebacks hold what was half loaded, too
        return problem.with_traceback(None)
    except MemoryError:
        return OutOfMemory(f"{engine.info.title} does not fit into memory.", hint="Close other programs and try again.")
    except Exception as error:  # noqa: BLE001 - a model library may raise anything; the user gets its name
        return EngineFailed(
            f"{engine.info.title} could not be loaded: {type(error).__name__}.",
            hint="Check its model files, or take another engine.",
        )
    return None
