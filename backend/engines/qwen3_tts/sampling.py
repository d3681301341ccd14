"""How the next code is drawn from its logits. Shapes: B rows, V vocabulary.

The order is the one of the transformers library: penalty for repetition, bans, temperature, top-k, top-p. The random
numbers are drawn on the CPU by one generator a row, so that a row says the same alone and beside others, on any device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from backend.engines.qwen3_tts.config import BANNED, ModelConfig

LEAST_FRAMES = 2
"""Frames before the end may be chosen."""


@dataclass(frozen=True)
class Sampling:
    """How boldly a model draws."""

    temperature: float = 0.9
    top_k: int = 50
    """0 leaves all."""
    top_p: float = 1.0
    repetition_penalty: float = 1.05
    greedy: bool = False
    """Take the likeliest always."""
    predictor_temperature: float = 0.9
    predictor_top_k: int = 50
    predictor_top_p: float = 1.0


class Dice:
    """A stream of random numbers for each row."""

    def __init__(self, seeds: Sequence[int], groups: int) -> None:
        self._generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self._groups = groups

    def throw(self, device: torch.device) -> Tensor:
        """Numbers in [0, 1) for one frame, (B, groups)."""
        rows = [torch.rand(self._groups, generator=generator) for generator in self._generators]
        return torch.stack(rows).to(device)

    def select(self, rows: Sequence[int]) -> None:
        self._generators = [self._generators[row] for row in rows]


def draw(logits: Tensor, chance: Tensor, temperature: float, top_k: int, top_p: float) -> Tensor:
    """Ids (B,) drawn from logits (B, V) by numbers in [0, 1), (B,); temperature 0 takes the likeliest."""
    if temperature <= 0:
        return logits.argmax(dim=-1)
    count = min(top_k, logits.shape[-1]) if top_k > 0 else logits.shape[-1]
    kept, ids = torch.topk(logits.float() / temperature, count, dim=-1)  # from the likeliest on
    shares = torch.softmax(kept, dim=-1)
    if top_p < 1:
        before = shares.cumsum(dim=-1) - shares
        shares = shares.masked_fill(before >= top_p, 0.0)
    sums = shares.cumsum(dim=-1)
    place = (sums <= chance[:, None] * sums[:, -1:]).sum(dim=-1, keepdim=True).clamp(max=count - 1)
    return ids.gather(-1, place).squeeze(-1)


class FirstCode:
    """Chooses the first code of each frame, with memory of what each row chose before."""

    def __init__(self, config: ModelConfig, sampling: Sampling, rows: int, device: torch.device) -> None:
        vocabulary = config.talker.vocabulary
        self._sampling = sampling
        self._end = config.control.end
        self._chosen = torch.zeros(rows, vocabulary, dtype=torch.bool, device=device)
        self._banned = torch.arange(vocabulary, device=device) >= vocabulary - BANNED
        self._banned[self._end] = False
        self._frames = 0

    def choose(self, logits: Tensor, chance: Tensor) -> Tensor:
        """Logits (B, V), numbers (B,) → ids (B,); the id of the end among them."""
        scores = logits.float()
        penalty = self._sampling.repetition_penalty
        if penalty != 1:
            scores = torch.where(self._chosen, torch.where(scores > 0, scores / penalty, scores * penalty), scores)
        scores = scores.masked_fill(self._banned, -torch.inf)
        if self._frames < LEAST_FRAMES:
            scores[:, self._end] = -torch.inf
        self._frames += 1
        temperature = 0.0 if self._sampling.greedy else self._sampling.temperature
        ids = draw(scores, chance, temperature, self._sampling.top_k, self._sampling.top_p)
        self._chosen.scatter_(1, ids[:, None], True)
        return ids

    def select(self, rows: Sequence[int]) -> None:
        self._chosen = self._chosen[list(rows)]
