"""A Whisper of random numbers: the published layout and vocabulary, a thousandth of the size. Made once per machine."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

WIDTH, HEADS, LAYERS = 32, 2, 2
SEED = 4
MEL_BANDS, AUDIO_FRAMES, TEXT_TOKENS = 80, 1500, 448
END_OF_TEXT = 50_257
WORDS = 16
MULTILINGUAL = 51_865
"""Tokens of the vocabulary of all sizes but large-v3."""


def dimensions() -> dict[str, int]:
    sound = {"n_mels": MEL_BANDS, "n_audio_ctx": AUDIO_FRAMES}
    sound |= {"n_audio_state": WIDTH, "n_audio_head": HEADS, "n_audio_layer": LAYERS}
    text = {"n_vocab": MULTILINGUAL, "n_text_ctx": TEXT_TOKENS}
    return sound | text | {"n_text_state": WIDTH, "n_text_head": HEADS, "n_text_layer": LAYERS}


def write_tiny_whisper(folder: Path, name: str = "tiny.pt") -> Path:
    """`<folder>/whisper/<name>`, where the studio looks for it below its models."""
    import torch
    import whisper

    torch.manual_seed(SEED)
    model = whisper.Whisper(whisper.ModelDimensions(**dimensions()))
    state: dict[str, Any] = {key: value.clone() for key, value in model.state_dict().items()}
    for key, value in state.items():
        if value.is_floating_point() and not key.startswith("encoder.positional"):
            state[key] = torch.randn(value.shape) * (1.0 if "embedding" in key or "ln" in key else WIDTH**-0.5)
    _ends_soon(state)
    path = folder / "whisper" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{name}.{os.getpid()}")
    torch.save({"dims": dimensions(), "model_state_dict": state}, partial)
    os.replace(partial, path)
    return path


def uncompiled(patch: Any) -> None:
    """Numba's compiling takes half a minute on a busy machine; the same functions run as plain Python at this size."""
    from whisper import timing

    for name in ("dtw_cpu", "backtrace"):
        patch.setattr(timing, name, getattr(timing, name).py_func)


def _ends_soon(state: dict[str, Any]) -> None:
    """One dimension carries the place in the text, and the token that ends it listens to that: about a dozen words."""
    import torch

    state["decoder.positional_embedding"][:, 0] = (torch.arange(TEXT_TOKENS) - WORDS).clamp(-WORDS, WORDS) * 2.0
    state["decoder.ln.weight"][0], state["decoder.ln.bias"][0] = 1.0, 0.0
    state["decoder.token_embedding.weight"][:, 0] = 0.0
    state["decoder.token_embedding.weight"][END_OF_TEXT, 0] = 12.0


if __name__ == "__main__":
    print(write_tiny_whisper(Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())))
