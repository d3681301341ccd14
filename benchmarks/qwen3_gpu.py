"""Qwen3-TTS on a GPU: recorded frames against the same core without them, and against faster-qwen3-tts, in one run.

`python -m benchmarks.qwen3_gpu [--models DIR] [--make] [--quick] [--json] [--faster PYTHON]`. DIR holds what
`python scripts/make_tiny_checkpoints.py --size 0.6b --out DIR` writes; `--make` writes it where it is missing (2.5 GB).
PYTHON is that of an environment with faster-qwen3-tts, by default .faster/bin/python where that is. Random weights cost
per step what real ones cost and never stop, so all speak the same number of frames. RTF is seconds of computing for a
second of sound; ratios are of neighbouring turns, given as the median and the range over rounds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from benchmarks.measuring import Spread, Watch, before_turns, too_busy  # noqa: E402 (the root goes on the path first)
from benchmarks.turns import Child  # noqa: E402 (as above)

TEXT = "The ferry left the harbour before dawn, and nobody on the quay waved to it; by noon the wind had turned."
FOLDERS = {size: f"Qwen3-TTS-12Hz-{size.upper()}-CustomVoice" for size in ("0.6b", "1.7b")}
FASTER = ROOT / ".faster" / "bin" / "python"
CURVE = (1, 2, 4, 8, 16, 32, 64)
QUICK_CURVE = (1, 8, 32)
THREADS = 4


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parse(arguments)
    if asked.make and not (asked.models / FOLDERS[asked.model]).is_dir():
        make = [sys.executable, str(ROOT / "scripts" / "make_tiny_checkpoints.py"), "--size", asked.model]
        key = f"custom_{asked.model.replace('.', '_')}"
        subprocess.run([*make, "--only", key, "--out", str(asked.models)], check=True, stdout=subprocess.DEVNULL)
    if not (asked.models / FOLDERS[asked.model]).is_dir():
        return _refuse(f"{FOLDERS[asked.model]} is not in {asked.models}. Take --make, or name another with --models.")
    for found in _figures(asked):
        if found.get("busy") and not asked.force:
            return _refuse(f"{found['figure']}: not reported, the machine is too busy. --force reports and says so.")
        print(json.dumps(found) if asked.json else ", ".join(f"{k.replace('_', ' ')}: {v}" for k, v in found.items()))
        sys.stdout.flush()
    return 0


def _figures(asked: argparse.Namespace) -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as data, Child(sys.executable, "benchmarks.qwen3_gpu_ours", THREADS) as ours:
        about = {"models": str(asked.models.resolve()), "data": data, "size": asked.model, "device": asked.device}
        loaded = ours.ask("load", **about, recorded=True)
        with Child(sys.executable, "benchmarks.qwen3_gpu_ours", THREADS) as plain:
            plain.ask("load", **about, recorded=False)
            yield {**loaded, **_one_stream(asked, ours, plain)}
        yield from _curves(asked, ours)


def _one_stream(asked: argparse.Namespace, ours: Child, plain: Child) -> dict[str, Any]:
    """All by turns, the order turned round in every other round."""
    rivals = {"rtf": ours, "plain_rtf": plain}
    if not asked.faster.exists():
        return {**_by_turns(asked, rivals), "faster_rtf": "not measured: there is no environment with it"}
    with Child(asked.faster, "benchmarks.qwen3_faster", THREADS) as faster:
        faster.ask("load", folder=str((asked.models / FOLDERS[asked.model]).resolve()))
        return _by_turns(asked, {**rivals, "faster_rtf": faster})


def _by_turns(asked: argparse.Namespace, rivals: dict[str, Child]) -> dict[str, Any]:
    loads, rtf, first = [before_turns()], {name: [] for name in rivals}, {name: [] for name in rivals}  # type: ignore[var-annotated]  # lists of floats
    for child in rivals.values():
        child.ask("speak", text=TEXT, frames=8, seed=0)  # what is done once only
    for number in range(asked.rounds):
        for name in list(rivals)[:: -1 if number % 2 else 1]:
            with Watch([child.pid for child in rivals.values()]) as watch:
                found = rivals[name].ask("speak", text=TEXT, frames=asked.frames, seed=number)
            loads.append(watch.load)
            rtf[name].append(found["seconds"] / found["audio"])
            first[name].append(1000 * found["first"])
    report: dict[str, Any] = {"figure": "one stream", "frames": asked.frames, "rounds": asked.rounds}
    for name in rivals:
        label = name.removesuffix("rtf")
        report |= {name: round(Spread.of(rtf[name]).median, 4), f"{name}_range": Spread.of(rtf[name]).range(4)}
        report[f"{label}first_audio_ms"] = round(Spread.of(first[name]).median, 1)
        report[f"{label}first_audio_range"] = Spread.of(first[name]).range(1)
        if name != "rtf":
            ratio = Spread.of([other / own for other, own in zip(rtf[name], rtf["rtf"], strict=True)])
            report |= {f"{label}ratio": round(ratio.median, 2), f"{label}ratio_range": ratio.range(2)}
    return report | {"busy": too_busy(loads)}


def _curves(asked: argparse.Namespace, ours: Child) -> Iterator[dict[str, Any]]:
    """The language model by rows of one batch, then whole speech by users who each ask for themselves."""
    curve = list(asked.curve or (QUICK_CURVE if asked.quick else CURVE))
    ours.ask("widen", slots=max(curve))
    for rows in curve:
        yield {"figure": "rows", **ours.ask("rows", text=TEXT, rows=rows, frames=asked.frames)}
    for users in curve:
        ours.ask("users", text=TEXT, users=users, frames=8)  # recordings that this many need
        yield {"figure": "users", **ours.ask("users", text=TEXT, users=users, frames=asked.frames)}


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="qwen3_gpu", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--models", type=Path, default=ROOT / "models", help="folder of the checkpoints")
    parser.add_argument("--model", choices=tuple(FOLDERS), default="0.6b")
    parser.add_argument(
        "--make", action="store_true", help="make the checkpoint where it is missing, of random weights"
    )
    parser.add_argument("--device", choices=("cuda", "mps", "cpu"), default="cuda", help="cpu tries the program only")
    parser.add_argument("--faster", type=Path, default=FASTER, help="python of an environment with faster-qwen3-tts")
    parser.add_argument("--frames", type=int, help="of each turn, 80 ms each; default 100, quick 50")
    parser.add_argument("--rounds", type=int, help="default 7, quick 3")
    parser.add_argument("--curve", type=int, nargs="+", help=f"rows and users; default {CURVE}, quick {QUICK_CURVE}")
    parser.add_argument("--quick", action="store_true", help="in about two minutes")
    parser.add_argument("--force", action="store_true", help="report on a busy machine too, and say so")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    asked = parser.parse_args(arguments)
    asked.frames = asked.frames or (50 if asked.quick else 100)
    asked.rounds = asked.rounds or (3 if asked.quick else 7)
    return asked


if __name__ == "__main__":
    sys.exit(main())
