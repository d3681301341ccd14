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
        self._park_memory = park_memory

    def holds(self, engine: SpeechEngine, variant: str) -> bool:
        return self.slot.engine is engine and self.slot.variant == variant

    def bring(self, engine: SpeechEngine, variant: str, told: Told = lambda share: None) -> None:
        """Make it the resident one. Raises EngineUnavailable, EngineFailed, OutOfMemory; then the former one serves."""
        if self.holds(engine, variant):
            return
        self._make_room(engine, variant)
        former, self.slot = self.slot, EngineSlot()
        if former.engine is not None:
            self._rest(former)
        failure = _load(engine, variant, told)
        if failure is None:
            self.parked = [one for one in self.parked if (one.engine, one.variant) != (engine, variant)]
            self.slot = EngineSlot(engine, variant, time.monotonic())
            return
        _drop(engine, variant)  # outside of an except block: a traceback would keep what was half loaded
        self._bring_back(former)
        raise failure

    def empty(self) -> None:
        """Give everything back, what rests too."""
        engines = [self.slot.engine, *(one.engine for one in self.parked)]
        self.slot, self.parked = EngineSlot(), []
        for engine in dict.fromkeys(engine for engine in engines if engine is not None):
            engine.unload()

    def _bring_back(self, former: EngineSlot) -> None:
        if former.engine is None or _load(former.engine, former.variant, lambda share: None) is not None:
            return
        self.parked = [one for one in self.parked if (one.engine, one.variant) != (former.engine, former.variant)]
        self.slot = EngineSlot(former.engine, former.variant, time.monotonic())

    def _make_room(self, engine: SpeechEngine, variant: str) -> None:
        """Forget what rests, the longest unused first, until the new one fits. Raises OutOfMemory before anything goes
        when it cannot fit even alone."""
        if not isinstance(engine, HeavyEngine):
            return
        kind = engine.device().kind
        need = _memory_of(engine, variant)
        if any((one.engine, one.variant) == (engine, variant) for one in self.parked):
            need = need if kind == "cuda" else 0  # on the CPU it lies where it is needed
        free = devices.memory(kind)[0]
        resident = _memory_of(self.slot.engine, self.slot.variant) if self.slot.engine is not None else 0
        resting = sum(one.memory_mb for one in self.parked) if kind != "cuda" else 0
        if need + SPARE > free + resident + resting:
            raise _too_large(engine, variant, need, free)
        while self.parked and kind != "cuda" and need + SPARE > devices.memory(kind)[0] + resident:
            oldest = self.parked.pop(0)
            _drop(oldest.engine, oldest.variant)

    def _rest(self, former: EngineSlot) -> None:
        """Park what was resident where there is room; else it goes."""
        engine, variant = former.engine, former.variant
        assert engine is not None, "asked only for what is there"
        size = _memory_of(engine, variant)
        if isinstance(engine, HeavyEngine) and self._has_room(size) and engine.park():
            self.parked.append(Parked(engine, variant, size))
        else:
            _drop(engine, variant)

    def _has_room(self, size: int) -> bool:
        """Whether so many more megabytes of the host may rest."""
        taken = sum(one.memory_mb for one in self.parked)
        if self._park_memory >= 0:
            return taken + size <= self._park_memory
        free, total = devices.memory("cpu")
        return free - size > max(2 * SPARE, total // 8)


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
        return problem.with_traceback(None)
    except MemoryError:
        return OutOfMemory(f"{engine.info.title} does not fit into memory.", hint="Close other programs and try again.")
    except Exception as error:  # noqa: BLE001 - a model library may raise anything; the user gets its name
        return EngineFailed(
            f"{engine.info.title} could not be loaded: {type(error).__name__}.",
            hint="Check its model files, or take another engine.",
        )
    return None
