"""A checkpoint of GigaAM made able to hear: settings → modules, tensors → their places."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from backend.core.errors import EngineUnavailable
from backend.core.types import Samples
from backend.engines.gigaam import checkpoint, pieces
from backend.engines.gigaam.conformer import Bands, EarsConfig, Encoder
from backend.engines.gigaam.heads import CTCHead, Head, RNNTHead, TransducerConfig

RATE = 16_000
SHORTEST = 0.1
"""Seconds; what is shorter is filled up with silence, since a look needs some samples."""
PLACES = {
    "preprocessor.featurizer.0.spectrogram.window": "bands.window",
    "preprocessor.featurizer.0.mel_scale.fb": "bands.filters",
}
"""Tensors that are called otherwise here."""


class GigaAM(nn.Module):
    """Hears one recording of at most 200 seconds."""

    def __init__(self, settings: Mapping[str, Any], vocabulary: list[str]) -> None:
        super().__init__()
        ears = ears_config(settings)
        self.vocabulary = vocabulary
        self.bands = Bands(ears)
        self.encoder = Encoder(ears)
        self.head = _head(settings, ears.width, len(vocabulary) + 1)

    @torch.inference_mode()
    def hear(self, samples: Samples, ask: Callable[[], None]) -> list[pieces.Heard]:
        """Mono at 16 kHz, shape (n_samples,) → pieces with their times. `ask` may raise, and is called often."""
        seconds = max(len(samples) / RATE, SHORTEST)
        sound = torch.zeros(round(seconds * RATE))
        sound[: len(samples)] = torch.from_numpy(samples)
        frames = self.encoder(self.bands(sound.to(self.bands.window.device)))
        per_frame = seconds / len(frames)
        return [
            pieces.Heard(self.vocabulary[one.token], one.frame * per_frame, (one.frame + 1) * per_frame)
            for one in self.head.written(frames.cpu(), ask)
        ]


def load(path: Path, vocabulary_file: Path | None = None) -> GigaAM:
    """The model on the processor. Raises EngineUnavailable, OutOfMemory."""
    found = checkpoint.read(path)
    try:
        decoding = found.settings["decoding"]
        vocabulary = pieces.read(vocabulary_file) if vocabulary_file else [str(one) for one in decoding["vocabulary"]]
        model = GigaAM(found.settings, vocabulary)
        model.load_state_dict({PLACES.get(name, name): tensor for name, tensor in found.tensors.items()})
    except (KeyError, TypeError, ValueError, RuntimeError, OSError) as error:
        raise EngineUnavailable(
            f"The file is no checkpoint of GigaAM that the studio knows ({type(error).__name__}).",
            hint="Known are v2 and v3, as CTC and as RNN-T. Copy the published file once more.",
        ) from None
    return model.eval()


def ears_config(settings: Mapping[str, Any]) -> EarsConfig:
    """Raises KeyError, TypeError, ValueError for settings of another kind of model."""
    sound, ears = settings["preprocessor"], settings["encoder"]
    if ears.get("self_attention_model", "rotary") != "rotary":
        raise ValueError("positions by rotation only")
    rate = int(sound["sample_rate"])
    window = int(sound.get("win_length", rate // 40))
    if rate != RATE or int(sound.get("n_fft", window)) != window:
        raise ValueError("another kind of sound")
    return EarsConfig(
        bands=int(sound["features"]),
        window=window,
        hop=int(sound.get("hop_length", rate // 100)),
        centred=bool(sound.get("center", True)),
        width=int(ears["d_model"]),
        heads=int(ears["n_heads"]),
        layers=int(ears["n_layers"]),
        growth=int(ears["ff_expansion_factor"]),
        kernel=int(ears["conv_kernel_size"]),
        stages=int(ears["subsampling_factor"]).bit_length() - 1,
        stage_kernel=int(ears.get("subs_kernel_size", 3)),
        flat=ears.get("subsampling", "conv2d") == "conv1d",
        norms_layers=ears.get("conv_norm_type", "batch_norm") == "layer_norm",
        base=float(ears["pos_emb_max_len"]),
    )


def _head(settings: Mapping[str, Any], width: int, tokens: int) -> Head:
    head = settings["head"]
    if "joint" not in head:
        return CTCHead(width, tokens)
    memory, joint = head["decoder"], head["joint"]
    return RNNTHead(
        TransducerConfig(
            width, int(memory["pred_hidden"]), int(memory["pred_rnn_layers"]), int(joint["joint_hidden"]), tokens
        )
    )
