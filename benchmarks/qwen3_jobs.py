"""Several users of one GPU through the whole studio: HTTP, queue, lane and live sound, beside each other and in turn.

`python -m benchmarks.qwen3_jobs --models DIR [--model 0.6b] [--jobs 1 2 4 8] [--device cuda] [--json]`. DIR holds what
`python scripts/make_tiny_checkpoints.py --size 0.6b --out DIR` writes. Two studios run at once, one that shares
(`shared_jobs`) and one that works one job after the other; they are asked by turns. Random weights never stop, so each
job speaks the same number of frames. Never run on a GPU yet; `--device cpu` tries the program only: there nothing is
shared.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from benchmarks.measuring import Spread, Watch, before_turns, too_busy  # noqa: E402 (the root goes on the path first)
from benchmarks.soak.own_server import OwnServer  # noqa: E402 (as above)

TEXT = "The ferry left the harbour before dawn, and nobody on the quay waved to it; by noon the wind had turned."
FRAME = 0.08
"""Seconds of sound."""
CURVE = (1, 2, 4, 8, 16)


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parse(arguments)
    own = {"models_dir": asked.models.resolve(), "qwen_size": asked.model, "device": asked.device}
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        shared = OwnServer(Path(first), shared_jobs=max(asked.jobs) + 1, **own)
        alone = OwnServer(Path(second), shared_jobs=1, **own)
        with shared, alone:
            for server in (shared, alone):
                _together(server, 1, 8)  # loads
            for found in _figures(asked, shared, alone):
                if found["busy"] and not asked.force:
                    print("Not reported, the machine is too busy. --force reports and says so.", file=sys.stderr)
                    return 1
                told = ", ".join(f"{k.replace('_', ' ')}: {v}" for k, v in found.items())
                print(json.dumps(found) if asked.json else told, flush=True)
    return 0


def _figures(asked: argparse.Namespace, shared: OwnServer, alone: OwnServer) -> Iterator[dict[str, Any]]:
    for jobs in asked.jobs:
        _together(shared, jobs, 8)  # recordings that this many need
        loads, walls, ratios = [before_turns()], [], []
        firsts: list[float] = []
        for number in range(asked.rounds):
            ours = [one.pid for server in (shared, alone) for one in _family(server)]
            with Watch(ours) as watch:
                turns = {server: _together(server, jobs, asked.frames) for server in _order(shared, alone, number)}
            loads.append(watch.load)
            walls.append(turns[shared][0])
            ratios.append(turns[alone][0] / turns[shared][0])
            firsts += turns[shared][1]
        audio = asked.frames * FRAME
        yield {
            "figure": "jobs",
            "model": asked.model.upper(),
            "device": asked.device,
            "jobs": jobs,
            "frames": asked.frames,
            "seconds": round(Spread.of(walls).median, 3),
            "seconds_range": Spread.of(walls).range(),
            "streams": round(jobs * audio / Spread.of(walls).median, 2),
            "first_audio_ms": round(1000 * Spread.of(firsts).median, 1),
            "first_audio_range": [round(1000 * limit, 1) for limit in Spread.of(firsts).range(6)],
            "times_quicker_than_in_turn": round(Spread.of(ratios).median, 2),
            "times_range": Spread.of(ratios).range(2),
            "busy": too_busy(loads),
        }


def _order(shared: OwnServer, alone: OwnServer, number: int) -> tuple[OwnServer, OwnServer]:
    return (alone, shared) if number % 2 else (shared, alone)


def _family(server: OwnServer) -> list[psutil.Process]:
    one = psutil.Process(server.process.pid)
    return [one, *one.children(recursive=True)]


def _together(server: OwnServer, jobs: int, frames: int) -> tuple[float, list[float]]:
    """Seconds until all who asked at one moment have heard everything, and until each heard the first sound."""
    firsts, began = [0.0] * jobs, time.perf_counter()

    def listen(number: int) -> None:
        for _ in _sounds(server.port, number, frames):
            firsts[number] = firsts[number] or time.perf_counter() - began

    threads = [threading.Thread(target=listen, args=(number,)) for number in range(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if not all(firsts):
        raise RuntimeError(f"somebody heard nothing: {server.log.read_text()[-2000:]}")
    return time.perf_counter() - began, firsts


def _sounds(port: int, number: int, frames: int) -> Iterator[bytes]:
    """What one caller hears. On Linux each has an address of its own, so that they take turns."""
    source = (f"127.0.0.{2 + number}", 0) if sys.platform.startswith("linux") else None
    body = {
        "text": TEXT,
        "voice": {"kind": "preset", "speaker": "Ryan"},
        "engine": "qwen3_tts",
        "seed": number,
        "verify": "off",
        "stream_audio": True,
        "sampling": {"max_new_tokens": frames},
    }
    with closing(HTTPConnection("127.0.0.1", port, timeout=600, source_address=source)) as caller:
        caller.request("POST", "/api/generate_stream", json.dumps(body), {"Content-Type": "application/json"})
        for line in caller.getresponse():
            event = json.loads(line[6:]) if line.startswith(b"data: ") else {}
            if event.get("audio"):
                yield base64.b64decode(event["audio"])


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="qwen3_jobs", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--models", type=Path, default=ROOT / "models", help="folder of the checkpoints")
    parser.add_argument("--model", choices=("0.6b", "1.7b"), default="0.6b")
    parser.add_argument("--device", choices=("cuda", "mps", "cpu"), default="cuda", help="cpu tries the program only")
    parser.add_argument("--jobs", type=int, nargs="+", default=list(CURVE), help=f"at once; default {CURVE}")
    parser.add_argument("--frames", type=int, default=100, help="of each job, 80 ms each, 400 at most")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--force", action="store_true", help="report on a busy machine too, and say so")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
