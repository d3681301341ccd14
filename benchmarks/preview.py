"""Measures the preview engine and fails where a gate fails: speed, memory, pitch, captions, words, emotions, speakers.

Usage: python benchmarks/preview.py [--json] [--quick] [--speech-dir FOLDER]
Timings mean something on one core only: taskset -c 0 env OMP_NUM_THREADS=1 python benchmarks/preview.py
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import preview_gates as gates  # noqa: E402 (the project's root goes on the path first)
from benchmarks.preview_gates import Bench, Figure  # noqa: E402 (as above)

GATES: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "speed": gates.speed,
    "memory": gates.memory,
    "captions": gates.captions,
    "pitch of clones": gates.clone_pitch,
    "emotions": gates.emotions,
    "speakers apart": gates.speakers_apart,
    "word error": gates.word_error,
}


@dataclass(frozen=True)
class Arguments:
    json: bool
    quick: bool
    speech: Path


def main() -> int:
    arguments = _parse()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(ROOT / "benchmarks" / "data", arguments.speech, Path(folder), arguments.quick)
        for name, gate in GATES.items():
            for figure in gate(bench):
                failed += figure.ok is False
                _show(name, figure, as_json=arguments.json)
    return 1 if failed else 0


def _show(gate: str, figure: Figure, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"gate": gate, **asdict(figure)}), flush=True)
        return
    verdict = {True: "ok", False: "FAILS", None: ""}[figure.ok]
    value = "" if figure.value is None else f"{figure.value:10.3f}"
    print(f"{gate:16} {figure.name:40} {value:>10} {figure.limit:18} {verdict:6} {figure.note}", flush=True)


def _parse() -> Arguments:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--quick", action="store_true", help="a quarter of the sentences, voices and emotions")
    parser.add_argument("--speech-dir", type=Path, default=ROOT.parent / "shared" / "data" / "speech")
    given = parser.parse_args()
    return Arguments(given.json, given.quick, given.speech_dir)


if __name__ == "__main__":
    sys.exit(main())
