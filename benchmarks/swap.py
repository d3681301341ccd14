"""Swapping models: what a swap back costs against a cold load, and whether memory really comes back.

`python -m benchmarks.swap --models DIR [--swaps 50] [--json]`, where DIR was written by
`python scripts/make_tiny_checkpoints.py --size 0.6b --out DIR`. The cold load reads files that the system has in its
cache already, unless `--cold` drops them from it first (Linux), as after a start of the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from backend.core.settings import Settings
from backend.core.types import PresetVoice, Segment
from backend.engines.base import SpeakOptions
from backend.engines.qwen3_tts.engine import Qwen3TtsEngine
from backend.model_manager import ModelManager

ONE, OTHER = "custom_0_6b", "base_0_6b"
WARM_UP = SpeakOptions(seed=1, max_new_tokens=2)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--models", type=Path, required=True)
    options.add_argument("--swaps", type=int, default=50)
    options.add_argument(
        "--cold", action="store_true", help="drop the files from the system's cache before a cold load"
    )
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as data:
        found = measured(chosen.models, Path(data), chosen.swaps, chosen.cold)
    print(json.dumps(found) if chosen.json else "\n".join(f"{name}: {value}" for name, value in found.items()))


def measured(folder: Path, data: Path, swaps: int, cold: bool) -> dict[str, Any]:
    """Seconds and megabytes, medians with their range."""
    engine = Qwen3TtsEngine(Settings(data_dir=data, models_dir=folder, qwen_size="0.6b", device="cpu"))
    models = ModelManager({"qwen3_tts": engine})
    loads, backs, resident = [], [], []
    for _ in range(max(2, swaps // 10)):
        models.unload_model()
        if cold:
            _forget(folder)
        loads.append(_seconds(models, ONE))
        _seconds(models, OTHER)
        backs += [_seconds(models, name) for name in (ONE, OTHER)]
    process = psutil.Process()
    for name in (OTHER, ONE):  # libraries take their own memory once
        models.load_model(name)
    _speak(engine, True)
    models.unload_model()
    for number in range(swaps):
        models.load_model(ONE if number % 2 else OTHER)
        _speak(engine, number % 2 == 1)
        models.unload_model()
        resident.append(process.memory_info().rss >> 20)
    return {
        "cold load, s": _spread(loads),
        "swap back, s": _spread(backs),
        "ratio": round(statistics.median(backs) / statistics.median(loads), 4),
        "swaps": swaps,
        "resident after the first unload, MB": resident[0],
        "resident after the last unload, MB": resident[-1],
        "largest against the first": round(max(resident) / resident[0], 3),
        "device": engine.device().reason,
        "pages dropped": cold,
    }


def _speak(engine: Qwen3TtsEngine, presets: bool) -> None:
    """Two frames, so that the weights are really read."""
    if presets:
        for _ in engine.speak([Segment(0, "Hello.")], PresetVoice(speaker="Ryan"), WARM_UP):
            pass


def _seconds(models: ModelManager, name: str) -> float:
    began = time.perf_counter()
    models.load_model(name)
    return time.perf_counter() - began


def _forget(folder: Path) -> None:
    """Take the files out of the system's cache."""
    for file in folder.rglob("*.safetensors"):
        descriptor = os.open(file, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.3f} ({min(values):.3f} to {max(values):.3f})"


if __name__ == "__main__":
    main()
