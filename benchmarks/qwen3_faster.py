"""The package faster-qwen3-tts in its own environment, asked by `benchmarks.qwen3_gpu`. Knows nothing of ours."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.turns import memory, serve

CHUNK = 8
"""Frames: what its own figures are of."""
loaded: dict[str, Any] = {}


def load(folder: str) -> dict[str, Any]:
    """Load as its documentation says."""
    from faster_qwen3_tts import FasterQwen3TTS  # type: ignore[import-not-found]  # of another environment

    began = time.perf_counter()
    loaded["model"] = FasterQwen3TTS.from_pretrained(folder)
    return {"seconds": time.perf_counter() - began, **memory()}


def speak(text: str, frames: int, seed: int) -> dict[str, Any]:
    """So many frames as it makes of them, from text to the last sound in the memory of the host."""
    import torch

    torch.manual_seed(seed)
    began, first, audio = time.perf_counter(), 0.0, 0.0
    pieces = loaded["model"].generate_custom_voice_streaming(
        text=text, speaker="ryan", language="English", chunk_size=CHUNK, max_new_tokens=frames + 1
    )
    for piece, rate, _ in pieces:
        audio += len(piece) / rate
        first = first or time.perf_counter() - began
    return {"seconds": time.perf_counter() - began, "audio": audio, "first": first, **memory()}


if __name__ == "__main__":
    serve({"load": load, "speak": speak})
