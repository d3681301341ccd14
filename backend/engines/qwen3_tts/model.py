"""One loaded checkpoint: the talker with its code predictor, the text embedding, the tokenizer, the configuration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from backend.engines.qwen3_tts.config import ModelConfig, unusable
from backend.engines.qwen3_tts.talker import Talker
from backend.engines.qwen3_tts.tokens import TextTokenizer, shared_tokenizer
from backend.engines.qwen3_tts.weights import Weights

TALKER = "talker."
TEXT_EMBEDDING = "talker.model.text_embedding.weight"


class Qwen3TTS:
    """What speaks in codes. On the CPU and in the stored dtype its weights stay views of the file."""

    def __init__(self, config: ModelConfig, talker: Talker, text_table: Tensor, tokenizer: TextTokenizer) -> None:
        self.config = config
        self.talker = talker
        self.tokenizer = tokenizer
        self._text_table = text_table
        """(V, text hidden), on the CPU in the stored dtype: of 600 MB only the few rows that are asked for are read."""

    @classmethod
    def load(
        cls,
        folder: Path,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        progress: Callable[[float], None] = lambda share: None,
    ) -> Qwen3TTS:
        """Read a checkpoint folder; `progress` is told a share from 0 to 1. Raises EngineUnavailable."""
        config = ModelConfig.read(folder)
        weights = Weights(folder)
        with torch.device("meta"):
            talker = Talker(config)
        fill(talker, weights, TALKER, device, dtype, progress)
        tokenizer = shared_tokenizer(folder)
        return cls(config, talker.eval().requires_grad_(False), weights.get(TEXT_EMBEDDING), tokenizer)

    @property
    def device(self) -> torch.device:
        return self.talker.codec_head.weight.device

    @property
    def dtype(self) -> torch.dtype:
        return self.talker.codec_head.weight.dtype

    def to(self, device: torch.device | str) -> Qwen3TTS:
        """Move the weights; what is on the device already is not copied."""
        self.talker.to(device)
        return self

    def embed_text(self, ids: Sequence[int]) -> Tensor:
        """Ids of the text vocabulary, n of them → (n, H)."""
        rows = self._text_table[torch.tensor(list(ids), dtype=torch.long)]
        projected: Tensor = self.talker.text_projection(rows.to(device=self.device, dtype=self.dtype))
        return projected


def fill(
    module: nn.Module,
    weights: Weights,
    prefix: str,
    device: torch.device | str,
    dtype: torch.dtype,
    progress: Callable[[float], None] = lambda share: None,
) -> None:
    """Give a module made on `meta` the tensors below a prefix. Raises EngineUnavailable where they do not fit."""
    wanted = module.state_dict()
    found = {}
    for number, name in enumerate(wanted, start=1):
        found[name] = weights.get(prefix + name, device, dtype)
        if found[name].shape != wanted[name].shape:
            raise unusable(weights.folder, f"the tensor {prefix + name} has the shape {tuple(found[name].shape)}")
        progress(number / len(wanted))
    module.load_state_dict(found, assign=True)
