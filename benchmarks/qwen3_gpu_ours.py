"""Our Qwen3-TTS engine on a GPU, in a process of its own, asked by `benchmarks.qwen3_gpu`."""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.measuring import Spread
from benchmarks.turns import memory, serve

FRAME = 0.08
"""Seconds of sound."""
loaded: dict[str, Any] = {}


def load(models: str, data: str, size: str, device: str, recorded: bool) -> dict[str, Any]:
    from backend.core.settings import Settings
    from backend.core.types import PresetVoice
    from backend.engines.qwen3_tts.engine import Qwen3TtsEngine

    chosen: dict[str, Any] = {"qwen_size": size, "device": device, "gpu_graphs": recorded}
    engine = Qwen3TtsEngine(Settings(models_dir=Path(models), data_dir=Path(data), **chosen))
    began = time.perf_counter()
    engine.load("custom")
    seconds = time.perf_counter() - began
    loaded.update(engine=engine, voice=PresetVoice(speaker="Ryan"))
    choice = engine.device()
    return {
        "model": size.upper(),
        "device": choice.name,
        "dtype": choice.dtype,
        "backend": type(_checkpoint().backend).__name__,
        "reason": choice.reason,
        "load_seconds": round(seconds, 2),
        "gpu_mb": _gpu_megabytes(),
    }


def speak(text: str, frames: int, seed: int) -> dict[str, Any]:
    """Exactly so many frames, from text to the last sound in the memory of the host."""
    began, first, audio = time.perf_counter(), 0.0, 0.0
    for chunk in _chunks(text, frames, seed):
        audio += len(chunk.samples) / chunk.rate
        first = first or (time.perf_counter() - began if audio else 0.0)
    return {"seconds": time.perf_counter() - began, "audio": audio, "first": first, **memory()}


def widen(slots: int) -> dict[str, Any]:
    """Room for so many rows, which is more than a studio takes."""
    from backend.engines.qwen3_tts.static.backend import StaticBackend
    from backend.engines.qwen3_tts.static.graphs import CudaRecorder

    checkpoint = _checkpoint()
    if isinstance(checkpoint.backend, StaticBackend):
        checkpoint.backend.rest()
    on_gpu = checkpoint.device.kind == "cuda"
    most = next(size for size in (1, 2, 4, 8, 16, 32, 64) if size >= slots)
    checkpoint.backend = StaticBackend.fitting(checkpoint.model, CudaRecorder() if on_gpu else None, most)
    return {"slots": checkpoint.backend.slots}


def rows(text: str, rows: int, frames: int) -> dict[str, Any]:
    """The language model alone: milliseconds of a frame of so many rows, and how many real-time streams that is."""
    import torch

    from backend.engines.qwen3_tts.prompts import Utterance, build
    from backend.engines.qwen3_tts.sampling import Sampling

    checkpoint = _checkpoint()
    with torch.inference_mode():
        prompt = build(checkpoint.model, Utterance(text, "english", "ryan"))
    spans: list[float] = []
    for _ in range(2):  # the first records
        stamps = [
            time.perf_counter()
            for _ in checkpoint.backend.speak([prompt] * rows, Sampling(), list(range(rows)), frames)
        ]
        spans = [1000 * (end - start) for start, end in pairwise(stamps)]
    spread = Spread.of(spans)
    return {
        "rows": rows,
        "ms_a_frame": round(spread.median, 2),
        "ms_range": spread.range(2),
        "streams": round(rows * 1000 * FRAME / spread.median, 1),
        "gpu_mb": _gpu_megabytes(),
    }


def users(text: str, users: int, frames: int) -> dict[str, Any]:
    """Whole speech of so many who ask at the same moment, each in a thread: how much slower than sound it is made."""
    ends, firsts = [0.0] * users, [0.0] * users
    began = time.perf_counter()

    def listen(number: int) -> None:
        for chunk in _chunks(text, frames, number):
            if len(chunk.samples) and not firsts[number]:
                firsts[number] = time.perf_counter() - began
        ends[number] = time.perf_counter() - began

    threads = [threading.Thread(target=listen, args=(number,)) for number in range(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    audio = frames * FRAME
    return {
        "users": users,
        "rtf": round(Spread.of(ends).median / audio, 4),
        "slowest_rtf": round(max(ends) / audio, 4),
        "streams": round(users * audio / max(ends), 1),
        "first_audio_ms": round(1000 * Spread.of(firsts).median, 1),
        "last_first_audio_ms": round(1000 * max(firsts), 1),
    }


def _chunks(text: str, frames: int, seed: int) -> Any:
    from backend.core.types import Segment
    from backend.engines.base import SpeakOptions

    options = SpeakOptions(language="en", seed=seed, max_new_tokens=frames)
    return loaded["engine"].speak([Segment(0, text)], loaded["voice"], options)


def _checkpoint() -> Any:
    return loaded["engine"]._resident  # noqa: SLF001 - a figure has to say what it measured


def _gpu_megabytes() -> int | None:
    import torch

    return torch.cuda.memory_reserved() >> 20 if torch.cuda.is_available() else None


if __name__ == "__main__":
    serve({"load": load, "speak": speak, "widen": widen, "rows": rows, "users": users})
