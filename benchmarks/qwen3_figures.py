"""The figures of Qwen3-TTS on the processor: official package and ours by turns; and what others measure with."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from make_oracle import python as oracle_python

from benchmarks.measuring import Load, Spread, Watch, before_turns, too_busy
from benchmarks.turns import Child

SPEAKER = "Ryan"
TEXT = "The ferry left the harbour before dawn, and nobody on the quay waved to it."
WARM_UP = 16
"""Frames before anything is measured: every size of chunk was met once."""
FOLDERS = {
    ("0.6b", "custom"): "Qwen3-TTS-12Hz-0.6B-CustomVoice",
    ("0.6b", "base"): "Qwen3-TTS-12Hz-0.6B-Base",
    ("1.7b", "custom"): "Qwen3-TTS-12Hz-1.7B-CustomVoice",
    ("1.7b", "base"): "Qwen3-TTS-12Hz-1.7B-Base",
}


@dataclass(frozen=True)
class Plan:
    """What is measured."""

    models: Path
    size: str
    """0.6b | 1.7b"""
    threads: int
    """Threads and cores of both."""
    data: Path
    """Ours keeps there what it would keep in a studio."""
    frames: int = 50
    rounds: int = 5
    firsts: int = 9
    """How often first audio is awaited."""
    own_threads: int | None = None
    """Threads that ours is told; None: as many as the official one has, 0: the engine decides."""
    official_dtype: str = "bfloat16"
    alone: bool = False
    """Without the official package."""

    def folder(self, variant: str) -> Path:
        return self.models / FOLDERS[self.size, variant]


@dataclass(frozen=True)
class Turn:
    """Who spoke, what it answered, and the load meanwhile."""

    answer: dict[str, Any]
    load: Load

    @property
    def rtf(self) -> float:
        """Seconds of computing for a second of sound."""
        return float(self.answer["seconds"]) / float(self.answer["audio"])


def by_turns(plan: Plan) -> dict[str, Any]:
    """Whole pipeline, text to sound: both load once, then speak alternately; then ours speaks a cached voice first."""
    before = before_turns()
    with ExitStack() as stack:
        ours, loaded = our_child(stack, plan, cloned=False)
        official = None if plan.alone else official_child(stack, plan)
        speakers = [each for each in (official, ours) if each is not None]
        pids = [each.pid for each in speakers]
        for each in speakers:
            each.ask("speak", **request(each is official, WARM_UP, 0))
        turns: list[list[Turn]] = [[] for _ in speakers]
        for number in range(plan.rounds):
            for place, each in enumerate(speakers):
                turns[place].append(spoken(each, pids, request(each is official, plan.frames, number + 1)))
        own, theirs = turns[-1], (turns[0] if official else [])
        firsts = [_first(ours, pids, number) for number in range(plan.firsts)]
    found = _described(plan, loaded, own, theirs, firsts)
    cached, loads = _cached_voice(plan)
    loads = [before, *(turn.load for turn in (*theirs, *own, *firsts)), *loads]
    return found | cached | {"busy": too_busy(loads), **load_facts(loads)}


def _described(
    plan: Plan, loaded: dict[str, Any], own: Sequence[Turn], theirs: Sequence[Turn], firsts: Sequence[Turn]
) -> dict[str, Any]:
    rtf = Spread.of([turn.rtf for turn in own])
    first = Spread.of([turn.answer["seconds"] * 1000 for turn in firsts])
    found: dict[str, Any] = {
        "model": plan.size.upper(),
        "threads": plan.threads,
        "official_rtf": None,
        "rtf": round(rtf.median, 3),
        "ratio": None,
        "first_audio_ms": round(first.median),
        "peak_rss_mb": round(max(turn.answer["peak_mb"] for turn in (*own, *firsts))),
        "of_files_mb": own[-1].answer["files_mb"],
        "rtf_range": rtf.range(),
        "first_audio_range": first.range(0),
        "first_audio_of": "a preset speaker",
        "frames": round(own[0].answer["audio"] * 12.5),
        "rounds": len(own),
        "backend": loaded["backend"],
        "own_threads": plan.threads if plan.own_threads is None else plan.own_threads,
        "load_s": round(loaded["seconds"], 2),
    }
    if theirs:
        official = Spread.of([turn.rtf for turn in theirs])
        ratio = Spread.of([one.rtf / other.rtf for one, other in zip(theirs, own, strict=True)])
        found |= {
            "official_rtf": round(official.median, 3),
            "ratio": round(ratio.median, 2),
            "official_rtf_range": official.range(),
            "ratio_range": ratio.range(2),
            "official_first_audio_ms": round(min(turn.answer["seconds"] for turn in theirs) * 1000),
            "official_frames": round(theirs[0].answer["audio"] * 12.5),
            "official_peak_rss_mb": round(max(turn.answer["peak_mb"] for turn in theirs)),
            "official_dtype": plan.official_dtype,
        }
    return found


def _cached_voice(plan: Plan) -> tuple[dict[str, Any], list[Load]]:
    """First audio of a cloned voice that was spoken before; nothing where there is no Base checkpoint."""
    if not plan.firsts or not plan.folder("base").is_dir():
        return {}, []
    with ExitStack() as stack:
        ours, _ = our_child(stack, plan, cloned=True)
        ours.ask("speak", **request(False, WARM_UP, 0))
        turns = [_first(ours, [ours.pid], number) for number in range(plan.firsts)]
    spread = Spread.of([turn.answer["seconds"] * 1000 for turn in turns])
    return {
        "first_audio_ms": round(spread.median),
        "first_audio_range": spread.range(0),
        "first_audio_of": "a cloned voice, cached",
    }, [turn.load for turn in turns]


def missing(plan: Plan, works: Callable[[], bool]) -> str:
    """What has to be made before this can be measured, in a sentence; empty when all is there."""
    if not plan.folder("custom").is_dir():
        make = f"python scripts/make_tiny_checkpoints.py --size {plan.size} --out DIR"
        return f"{plan.folder('custom').name} is not in {plan.models}. Make it with: {make}"
    if not plan.alone and not works():
        return "The environment of the official package is not here. Make it with `make oracle`, or measure --alone."
    return ""


def our_child(stack: ExitStack, plan: Plan, *, cloned: bool, dtype: str = "auto") -> tuple[Child, dict[str, Any]]:
    """Loaded as after a first start: what is made once and kept was made before."""
    threads = plan.threads if plan.own_threads is None else plan.own_threads
    words = {
        "models": str(plan.models.resolve()),
        "data": str(plan.data),
        "size": plan.size,
        "threads": threads,
        "cloned": cloned,
        "dtype": dtype,
    }
    kept = plan.data / f"started-{plan.size}-{cloned}-{dtype}"
    if not kept.exists():
        with Child(sys.executable, "benchmarks.qwen3_ours", plan.threads) as once:
            once.ask("load", **words)
            once.ask("speak", **request(False, 2, 0))
        kept.touch()
    child = stack.enter_context(Child(sys.executable, "benchmarks.qwen3_ours", plan.threads))
    return child, child.ask("load", **words)


def official_child(stack: ExitStack, plan: Plan) -> Child:
    child = stack.enter_context(Child(oracle_python(), "benchmarks.qwen3_official", plan.threads))
    child.ask("load", folder=str(plan.folder("custom").resolve()), dtype=plan.official_dtype, threads=plan.threads)
    return child


def sentence(number: int) -> str:
    """Another one for each number, of about the same length: nobody shall profit from having heard it before."""
    return f"Number {number}: {TEXT}"


def request(official: bool, frames: int, seed: int) -> dict[str, Any]:
    return {"text": sentence(seed), "frames": frames, "seed": seed} | ({"speaker": SPEAKER} if official else {})


def spoken(child: Child, pids: Sequence[int], words: dict[str, Any]) -> Turn:
    with Watch(pids) as watch:
        answer = child.ask("speak", **words)
    return Turn(answer, watch.load)


def _first(child: Child, pids: Sequence[int], number: int) -> Turn:
    with Watch(pids) as watch:
        answer = child.ask("first", text=sentence(number + 100), seed=number)
    return Turn(answer, watch.load)


def load_facts(loads: Sequence[Load]) -> dict[str, Any]:
    return {
        "pressure": loads[0].pressure,
        "load_average": loads[0].average,
        "others_cores": round(Spread.of([load.others for load in loads]).median, 2),
    }
