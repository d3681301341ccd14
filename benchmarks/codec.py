"""What a frame costs in the stateful codec decoder: by size of chunk, numbers and threads. Sizes alternate by rounds.

`python -m benchmarks.codec --models DIR [--threads 1 2 4] [--json]`, where DIR was written by
`python scripts/make_tiny_checkpoints.py --size 0.6b --only tokenizer_12hz --out DIR`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from benchmarks.measuring import PRESSURE_LIMIT, Spread, Watch, before_turns, too_busy  # noqa: E402 (the root goes first)
from benchmarks.turns import Child, cores, serve  # noqa: E402 (as above)

FOLDER = "Qwen3-TTS-Tokenizer-12Hz"
CHUNKS = (1, 2, 4, 8, 16)
loaded: dict[str, Any] = {}


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parse(arguments)
    folder = asked.models / FOLDER
    if not folder.is_dir():
        make = "python scripts/make_tiny_checkpoints.py --size 0.6b --only tokenizer_12hz --out DIR"
        return _refuse(f"{FOLDER} is not in {asked.models}. Make it with: {make}")
    if (before_turns().pressure or 0.0) > PRESSURE_LIMIT and not asked.force:
        return _refuse("The machine is too busy. End other work, or take --force, which says busy: true.")
    if not asked.json:
        print(f"| threads | numbers | {' | '.join(f'{size} at once' for size in asked.chunks)} | busy |")
        print("|---" * (len(asked.chunks) + 3) + "|")
    for threads in asked.threads or [count for count in (1, 2, 4) if count <= len(cores(256))]:
        for dtype in asked.dtype:
            found = measured(folder, dtype, threads, asked)
            if found["busy"] and not asked.force:
                return _refuse(f"{threads} threads, {dtype}: not reported, the machine is too busy.")
            print(json.dumps(found) if asked.json else _row(found), flush=True)
    return 0


def measured(folder: Path, dtype: str, threads: int, asked: argparse.Namespace) -> dict[str, Any]:
    """Milliseconds for a new frame, medians and ranges by size of chunk."""
    loads = [before_turns()]
    with Child(sys.executable, "benchmarks.codec", threads) as child:
        child.ask("load", folder=str(folder.resolve()), dtype=dtype, threads=threads)
        cost: dict[int, list[float]] = {size: [] for size in asked.chunks}
        for _ in range(asked.rounds):
            for size in asked.chunks:
                with Watch([child.pid]) as watch:
                    cost[size].append(child.ask("push", size=size, frames=asked.frames)["ms"])
                loads.append(watch.load)
    spread = {size: Spread.of(values) for size, values in cost.items()}
    return {
        "figure": "codec",
        "threads": threads,
        "dtype": dtype,
        "ms_a_frame": {str(size): round(one.median, 2) for size, one in spread.items()},
        "range": {str(size): one.range(2) for size, one in spread.items()},
        "busy": too_busy(loads),
    }


def load(folder: str, dtype: str, threads: int) -> dict[str, Any]:
    """In the child."""
    import torch

    from backend.engines.device import quiet_threads
    from backend.engines.qwen3_tts.codec.decoder import CodecDecoder

    quiet_threads()
    torch.set_num_threads(threads)
    loaded["decoder"] = CodecDecoder.load(Path(folder), dtype=getattr(torch, dtype))
    push(max(CHUNKS), max(CHUNKS))
    return {}


def push(size: int, frames: int) -> dict[str, Any]:
    """In the child: so many frames (rounded up to whole chunks) behind others that the stream has heard."""
    import torch

    decoder = loaded["decoder"]
    codes = torch.randint(0, 200, (1, decoder.groups, size), generator=torch.Generator().manual_seed(size))
    state = decoder.start()
    decoder.push(codes, state)
    pushes = -(-frames // size)
    began = time.perf_counter()
    for _ in range(pushes):
        decoder.push(codes, state)
    return {"ms": (time.perf_counter() - began) * 1000 / (pushes * size)}


def _row(found: dict[str, Any]) -> str:
    cells = [f"{one} ({low} to {high})" for one, (low, high) in zip(*_columns(found), strict=True)]
    busy = "yes" if found["busy"] else "no"
    return f"| {found['threads']} | {found['dtype']} | {' | '.join(cells)} | {busy} |"


def _columns(found: dict[str, Any]) -> tuple[list[float], list[list[float]]]:
    return list(found["ms_a_frame"].values()), list(found["range"].values())


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="codec", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--models", type=Path, default=ROOT / "models", help="folder of the checkpoints")
    parser.add_argument("--threads", type=int, nargs="+", help="default: 1, 2 and 4, as far as there are cores")
    parser.add_argument("--dtype", nargs="+", choices=("bfloat16", "float32"), default=["bfloat16", "float32"])
    parser.add_argument("--chunks", type=int, nargs="+", default=CHUNKS)
    parser.add_argument("--frames", type=int, default=32, help="of each turn")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--force", action="store_true", help="report on a busy machine too, and say so")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    if len(sys.argv) == 2 and sys.argv[1].replace(",", "").isdigit():
        serve({"load": load, "push": push})
    else:
        sys.exit(main())
