"""Qwen3-TTS on the processor: the whole pipeline of the official package against ours, by turns in one run.

`python -m benchmarks.qwen3_cpu --models DIR [--quick] [--json]`, where DIR was written by
`python scripts/make_tiny_checkpoints.py --size 0.6b --out DIR`; `make oracle` makes the official package's environment.
Random weights cost per step what real ones cost and never stop, so both speak the same number of frames. RTF is seconds
of computing for a second of sound; ratios are of neighbouring turns, given as the median and the range over rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import make_oracle  # noqa: E402 (as above)

from benchmarks import qwen3_figures as figures  # noqa: E402 (the project's root goes on the path first)
from benchmarks.measuring import PRESSURE_LIMIT, average, before_turns  # noqa: E402 (as above)
from benchmarks.qwen3_bits import fewer_bits  # noqa: E402 (as above)
from benchmarks.qwen3_figures import Plan  # noqa: E402 (as above)
from benchmarks.qwen3_scripts import in_batches, long_script, with_neighbours  # noqa: E402 (as above)

DEFAULT_MODELS = Path(os.environ.get("QWEN_TTS_MODELS_DIR") or ROOT / "models")
QUICK = {"frames": 30, "rounds": 3, "firsts": 5}
OFFICIAL_BESIDE_NEIGHBOURS = 8
"""Frames: the official package may be tens of times slower there."""
COLUMNS = (
    "model, threads",
    "official RTF",
    "our RTF",
    "times faster",
    "first audio, ms",
    "peak, MB (official)",
    "busy",
)


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parse(arguments)
    with tempfile.TemporaryDirectory() as data:
        plans = list(_plans(asked, Path(data)))
        if sentence := figures.missing(plans[0], make_oracle.works):
            return _refuse(sentence)
        waited = before_turns().pressure or 0.0
        if waited > PRESSURE_LIMIT and not asked.force:
            return _refuse(
                f"The machine is too busy: programs wait for a core {waited:.0f} % of the time (load {average()}). "
                "End other work, or take --force, which says busy: true."
            )
        if not asked.json:
            print(f"{_machine()}\n\n| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
        return max([_report(found, asked) for found in _figures(plans, asked)], default=0)


def _figures(plans: Sequence[Plan], asked: argparse.Namespace) -> Iterator[dict[str, Any]]:
    for plan in plans:
        if asked.dtypes:
            yield from fewer_bits(plan, asked.dtypes)
        elif not (asked.only_long or asked.only_neighbours or asked.only_batches):
            yield figures.by_turns(plan)
        if asked.neighbours:
            few = min(plan.frames, OFFICIAL_BESIDE_NEIGHBOURS) if not plan.alone else plan.frames
            yield with_neighbours(replace(plan, frames=few), asked.neighbours)
        if asked.only_batches:
            yield in_batches(plan)
        if asked.long:
            yield long_script(replace(plan, rounds=min(plan.rounds, 2)), asked.long)


def _report(found: dict[str, Any], asked: argparse.Namespace) -> int:
    """Print it, or say that it means nothing."""
    if found["busy"] and not asked.force:
        return _refuse(
            f"{found['model']}, {found['threads']} threads: not reported. Others used {found['others_cores']} cores "
            "meanwhile, or waited for one before. End other work, or take --force."
        )
    print(json.dumps(found) if asked.json else _row(found), flush=True)
    return 0


def _row(found: dict[str, Any]) -> str:
    """A row of markdown; figures besides the main table are a list of names and values."""
    if "figure" in found:
        return "\n" + ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in found.items())
    cells = (
        f"{found['model']}, {found['threads']}",
        _spread(found, "official_rtf"),
        _spread(found, "rtf"),
        _spread(found, "ratio"),
        f"{_spread(found, 'first_audio', 'first_audio_ms')}, {found['first_audio_of']}",
        f"{found['peak_rss_mb']} ({found.get('official_peak_rss_mb', 'not measured')})",
        "yes" if found["busy"] else "no",
    )
    return f"| {' | '.join(cells)} |"


def _spread(found: dict[str, Any], name: str, median: str = "") -> str:
    value = found[median or name]
    if value is None:
        return "not measured"
    low, high = found[f"{name}_range"]
    return f"{value} ({low:g} to {high:g})"


def _plans(asked: argparse.Namespace, data: Path) -> Iterator[Plan]:
    quick = QUICK if asked.quick else {}
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    given = {
        name: value for name in ("frames", "rounds", "firsts") if (value := getattr(asked, name) or quick.get(name))
    }
    for threads in asked.threads or [count for count in (4, 2) if count <= there] or [1]:
        yield Plan(
            models=asked.models,
            size=asked.model,
            threads=threads,
            data=data,
            own_threads=asked.own_threads,
            official_dtype=asked.official_dtype,
            alone=asked.alone,
            **given,
        )


def _machine() -> str:
    from backend.engines.device import processor_name

    return f"{processor_name()}, {os.cpu_count()} cores, load average {average()}."


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="qwen3_cpu", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument(
        "--models",
        type=Path,
        default=DEFAULT_MODELS,
        help="folder of the checkpoints; default: QWEN_TTS_MODELS_DIR, or models/",
    )
    parser.add_argument("--model", choices=("0.6b", "1.7b"), default="0.6b")
    parser.add_argument("--threads", type=int, nargs="+", help="default: 4 and 2, as far as there are cores")
    parser.add_argument("--own-threads", type=int, help="threads that ours is told; 0 lets the engine decide")
    parser.add_argument("--official-dtype", choices=("bfloat16", "float32"), default="bfloat16")
    parser.add_argument("--frames", type=int, help="of each turn, 80 ms each; default 50")
    parser.add_argument("--rounds", type=int, help="default 5")
    parser.add_argument("--firsts", type=int, help="how often first audio is awaited; default 9")
    parser.add_argument("--quick", action="store_true", help="0.6B at 4 and 2 threads in under four minutes")
    parser.add_argument(
        "--dtypes", nargs="+", choices=("int6", "int5", "int4"), help="these beside int8, instead of the usual rows"
    )
    parser.add_argument("--alone", action="store_true", help="without the official package")
    parser.add_argument(
        "--long", type=int, nargs="?", const=10_000, help="a script of so many characters, and one of 1000"
    )
    parser.add_argument("--neighbours", type=int, default=0, help="programs beside it that each burn a core")
    parser.add_argument("--only-long", action="store_true", help="no turns, only the long script")
    parser.add_argument("--only-neighbours", action="store_true", help="no turns, only neighbours")
    parser.add_argument("--only-batches", action="store_true", help="no turns, only several lines at once")
    parser.add_argument("--force", action="store_true", help="report on a busy machine too, and say so")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
