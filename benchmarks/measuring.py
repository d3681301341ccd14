"""What every figure needs: medians with their range, and who else works on this machine meanwhile."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep

import psutil

PRESSURE_LIMIT = 20.0
"""Percent of the time in which somebody waits for a core (PSI some avg10); above it figures mean nothing."""
OTHERS_LIMIT = 0.1
"""Share of all cores that other programs may use while we measure."""


@dataclass(frozen=True)
class Spread:
    """Of several measurements."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(statistics.median(values), min(values), max(values))

    def text(self, digits: int = 2) -> str:
        return f"{self.median:.{digits}f} ({self.low:.{digits}f}–{self.high:.{digits}f})"

    def range(self, digits: int = 3) -> list[float]:
        return [round(self.low, digits), round(self.high, digits)]


@dataclass(frozen=True)
class Load:
    """Of the machine, before a turn and during it. None where the system does not tell."""

    pressure: float | None
    """Percent, PSI some avg10, before the turn; a turn before this one still shows in it."""
    average: float | None
    """Processes that ran or waited, over the last minute, before the turn."""
    others: float
    """Cores that programs other than ours used during the turn."""


class Watch:
    """`with Watch(pids) as watch: …; watch.load` — pids of what is ours; this process is."""

    def __init__(self, pids: Sequence[int]) -> None:
        self._own = [psutil.Process(), *map(psutil.Process, pids)]

    def __enter__(self) -> Watch:
        self._pressure, self._average = pressure(), average()
        self._began, self._all, self._ours = perf_counter(), _all_seconds(), self._own_seconds()
        return self

    def __exit__(self, *_: object) -> None:
        seconds = perf_counter() - self._began
        others = (_all_seconds() - self._all) - (self._own_seconds() - self._ours)
        self.load = Load(self._pressure, self._average, round(max(0.0, others / seconds), 2))

    def _own_seconds(self) -> float:
        return sum(sum(one.cpu_times()[:2]) for one in self._own)


def pressure() -> float | None:
    """Percent of the last ten seconds in which somebody waited for a core; None where the system does not tell."""
    return _pressure().get("avg10")


def _waited() -> float | None:
    """Seconds since the start of the machine in which somebody waited for a core."""
    told = _pressure()
    return told["total"] / 1e6 if told else None


def _pressure() -> dict[str, float]:
    try:
        first = Path("/proc/pressure/cpu").read_text("utf-8").splitlines()[0]
    except (OSError, IndexError):
        return {}
    return {name: float(value) for name, value in (part.split("=") for part in first.split()[1:])}


def before_turns(seconds: float = 2.0) -> Load:
    """While nothing of ours runs: what waits then is others'. The last ten seconds would tell of our own turns too."""
    began, waited = perf_counter(), _waited()
    with Watch([]) as watch:
        sleep(seconds)
    if waited is None:
        return watch.load
    share = (_waited() or 0.0) - waited
    return Load(round(100 * share / (perf_counter() - began), 1), watch.load.average, watch.load.others)


def average() -> float | None:
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def too_busy(loads: Sequence[Load]) -> bool:
    """Whether others took too much of the machine: before anything of ours (the first load), or during half of it."""
    waited = loads[0].pressure or 0.0
    others = statistics.median(load.others for load in loads)
    return waited > PRESSURE_LIMIT or others > OTHERS_LIMIT * (os.cpu_count() or 1)


def _all_seconds() -> float:
    """Processor seconds of everybody; a guest's are part of its host's."""
    times = psutil.cpu_times()._asdict()
    return sum(value for name, value in times.items() if name not in ("idle", "iowait", "guest", "guest_nice"))
