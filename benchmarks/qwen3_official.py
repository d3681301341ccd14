"""The official qwen-tts package in its own environment, asked by `benchmarks.qwen3_cpu`. Knows nothing of ours."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.turns import memory, serve

loaded: dict[str, Any] = {}


def load(folder: str, dtype: str, threads: int) -> dict[str, Any]:
    """Load as its documentation says."""
    import torch
    from qwen_tts import Qwen3TTSModel  # type: ignore[import-not-found]  # of another environment

    torch.set_num_threads(threads)
    began = time.perf_counter()
    loaded["model"] = Qwen3TTSModel.from_pretrained(folder, dtype=getattr(torch, dtype))
    return {"seconds": time.perf_counter() - began, **memory()}


def speak(text: str, speaker: str, frames: int, seed: int) -> dict[str, Any]:
    """Exactly so many frames, from text to sound; it gives all of the sound at the end."""
    import torch

    torch.manual_seed(seed)
    began = time.perf_counter()
    sounds, rate = loaded["model"].generate_custom_voice(
        text=text,
        speaker=speaker,
        language="English",
        max_new_tokens=frames + 1,  # the last token is never made a frame
    )
    return {"seconds": time.perf_counter() - began, "audio": len(sounds[0]) / rate, **memory()}


if __name__ == "__main__":
    serve({"load": load, "speak": speak})
