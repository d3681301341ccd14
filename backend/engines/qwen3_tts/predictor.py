"""The code predictor: from the talker's state and a frame's first code, the other fifteen, one after the other."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from backend.engines.qwen3_tts.config import ModelConfig
from backend.engines.qwen3_tts.layers import KeyValueCache, Stack, table

Choose = Callable[[Tensor, int], Tensor]
"""Logits (B, V) and the number of the code, 1 to 15 → ids (B,)."""


class PredictorStack(Stack):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config.predictor)
        self.codec_embedding = nn.ModuleList(
            table(config.predictor.vocabulary, config.talker.hidden) for _ in range(config.groups - 1)
        )


class CodePredictor(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.model = PredictorStack(config)
        self.lm_head = nn.ModuleList(
            nn.Linear(config.predictor.hidden, config.predictor.vocabulary, bias=False)
            for _ in range(config.groups - 1)
        )
        self.small_to_mtp_projection: nn.Module = (
            nn.Identity()
            if config.predictor.hidden == config.talker.hidden
            else nn.Linear(config.talker.hidden, config.predictor.hidden)
        )

    def new_cache(self, rows: int, like: Tensor) -> KeyValueCache:
        """For one frame; cleared, it serves the next."""
        return KeyValueCache(self.config.predictor, rows, like, capacity=self.config.groups + 1)

    def predict(self, hidden: Tensor, first: Tensor, choose: Choose, cache: KeyValueCache) -> Tensor:
        """The talker's state (B, H) and the embedded first code (B, H) → codes (B, 15)."""
        cache.clear()
        values = self.small_to_mtp_projection(torch.stack((hidden, first), dim=1))
        rows = len(hidden)
        codes: list[Tensor] = []
        for group in range(1, self.config.groups):
            start = cache.length
            at = torch.arange(start, start + values.shape[1], device=values.device).expand(rows, -1)
            state = self.model.run(values, at, None, cache)[:, -1]
            codes.append(choose(self.lm_head[group - 1](state), group))
            if group < self.config.groups - 1:
                values = self.small_to_mtp_projection(self.model.codec_embedding[group - 1](codes[-1]))[:, None]
        return torch.stack(codes, dim=1)
