"""Qwen3-TTS on the processor beside busy neighbours, with long scripts, and with several lines at once."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psutil

from benchmarks.measuring import Spread, Watch, before_turns, too_busy
from benchmarks.qwen3_figures import WARM_UP, Plan, Turn, load_facts, official_child, our_child, request, spoken
from benchmarks.turns import Child, cores

SHORT = 1000
"""Characters of the script that a long one is held to."""
ROWS = (1, 2, 4)
"""Lines that are spoken at once."""


def with_neighbours(plan: Plan, count: int) -> dict[str, Any]:
    """The same sentence while so many programs each burn one of its cores, against alone; by turns."""
    loads = [before_turns()]
    with ExitStack() as stack:
        ours, _ = our_child(stack, plan, cloned=False)
        official = None if plan.alone else official_child(stack, plan)
        found: dict[str, Any] = {"figure": "neighbours", "model": plan.size.upper(), "threads": plan.threads}
        for name, each in (("", ours), *((("official_", official),) if official else ())):
            words = request(each is official, plan.frames, 1)
            each.ask("speak", **words | {"frames": WARM_UP})
            alone, beside = [], []
            for _ in range(plan.rounds):
                alone.append(spoken(each, [each.pid], words))
                with burning(count, plan.threads) as pids:
                    beside.append(spoken(each, [each.pid, *pids], words))
            loads += [turn.load for turn in (*alone, *beside)]
            slower = Spread.of([two.rtf / one.rtf for one, two in zip(alone, beside, strict=True)])
            found |= {
                f"{name}rtf": round(Spread.of([turn.rtf for turn in alone]).median, 3),
                f"{name}rtf_beside": round(Spread.of([turn.rtf for turn in beside]).median, 3),
                f"{name}slower": round(slower.median, 2),
                f"{name}slower_range": slower.range(2),
            }
    return found | {"neighbours": count, "frames": plan.frames, "busy": too_busy(loads), **load_facts(loads)}


def long_script(plan: Plan, characters: int) -> dict[str, Any]:
    """What a second of sound costs, and memory, in a long script against a short one: short, long, short, …"""
    shorter, quiet = max(1, min(SHORT, characters // 2)), before_turns()
    with ExitStack() as stack:
        ours, _ = our_child(stack, plan, cloned=False)
        ours.ask("speak", **request(False, WARM_UP, 0))
        short = [_script(ours, shorter)]
        long = []
        for _ in range(plan.rounds):
            long.append(_script(ours, characters))
            short.append(_script(ours, shorter))
    before = Spread.of([turn.rtf for turn in short])
    grown = Spread.of(
        [turn.rtf / ((one.rtf + two.rtf) / 2) for turn, one, two in zip(long, short, short[1:], strict=False)]
    )
    loads = [quiet, *(turn.load for turn in (*short, *long))]
    return {
        "figure": "long script",
        "model": plan.size.upper(),
        "threads": plan.threads,
        "characters": characters,
        "audio_s": round(long[0].answer["audio"], 1),
        "rtf_short": round(before.median, 3),
        "rtf_long": round(Spread.of([turn.rtf for turn in long]).median, 3),
        "grown": round(grown.median, 3),
        "grown_range": grown.range(),
        "rss_after_short_mb": short[0].answer["now_mb"],
        "rss_after_long_mb": long[-1].answer["now_mb"],
        "peak_rss_mb": long[-1].answer["peak_mb"],
        "busy": too_busy(loads),
        **load_facts(loads),
    }


@contextmanager
def burning(count: int, threads: int) -> Iterator[list[int]]:
    """So many programs that never rest, on the cores of who is measured; gives their pids."""
    programs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        for program in programs:
            with contextlib.suppress(AttributeError):  # macOS binds nobody to a core
                psutil.Process(program.pid).cpu_affinity(list(cores(threads)))
        yield [program.pid for program in programs]
    finally:
        for program in programs:
            program.kill()
            program.wait()


def in_batches(plan: Plan) -> dict[str, Any]:
    """What a second of sound costs when several lines are spoken beside each other, as the studio does; by turns."""
    quiet = before_turns()
    with ExitStack() as stack:
        child, _ = our_child(stack, plan, cloned=False)
        turns: dict[int, list[Turn]] = {rows: [] for rows in ROWS}
        for number in range(plan.rounds + 1):
            for rows in ROWS:
                turn = _rows(child, rows, plan.frames)
                if number:  # the first round compiles what several rows need
                    turns[rows].append(turn)
    costs = {rows: Spread.of([turn.rtf for turn in found]) for rows, found in turns.items()}
    loads = [quiet, *(turn.load for found in turns.values() for turn in found)]
    return {
        "figure": "lines at once",
        "model": plan.size.upper(),
        "threads": plan.threads,
        **{f"rtf_{rows}": round(cost.median, 3) for rows, cost in costs.items()},
        **{f"rtf_{rows}_range": cost.range() for rows, cost in costs.items()},
        "frames": plan.frames,
        "busy": too_busy(loads),
        **load_facts(loads),
    }


def _script(child: Child, characters: int) -> Turn:
    with Watch([child.pid]) as watch:
        answer = child.ask("script", characters=characters)
    return Turn(answer, watch.load)


def _rows(child: Child, count: int, frames: int) -> Turn:
    with Watch([child.pid]) as watch:
        answer = child.ask("rows", count=count, frames=frames)
    return Turn(answer, watch.load)
