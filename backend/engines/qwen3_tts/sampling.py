"""How the next code is drawn from its logits. Shapes: B rows, V vocabulary.

The order is the one of the transformers library: penalty for repetition, bans, temperature, top-k, top-p. The random
numbers are drawn on the CPU by one generator a row, so that a row says the same alone and beside others, on any device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

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


def shares(logits: Tensor, temperature: float, top_k: int, top_p: float) -> Tensor:
    """What each id has of the next draw, from logits (B, V) → (B, V); temperature 0 gives all to the likeliest.

    Ids that tie with the last of the top-k stay too: among the coarse numbers of bfloat16 there often are some.
    """
    if temperature <= 0:
        return functional.one_hot(logits.argmax(dim=-1), logits.shape[-1]).float()
    scores = logits.float() / temperature
    if 0 < top_k < scores.shape[-1]:
        scores = scores.masked_fill(scores < torch.topk(scores, top_k).values[:, -1:], -torch.inf)
    found = torch.softmax(scores, dim=-1)
    return nucleus(found, top_p) if top_p < 1 else found


def nucleus(found: Tensor, top_p: float) -> Tensor:
    """Only the likeliest ids that together reach `top_p`, one at least, at their old ratio, (B, V)."""
    ordered, ids = found.sort(dim=-1, descending=True)
    before = ordered.cumsum(dim=-1) - ordered
    kept = ordered.masked_fill((before >= top_p) & (before > 0), 0.0)
    kept = kept / kept.sum(dim=-1, keepdim=True)
    return torch.zeros_like(found).scatter(-1, ids, kept)


def pick(found: Tensor, chance: Tensor) -> Tensor:
    """Ids (B,) where numbers in [0, 1), (B,), fall among shares (B, V); never on an id without a share."""
    # Sums made in parallel waver by their rounding: where nothing is added, nothing may be chosen.
    sums = found.cumsum(dim=-1).masked_fill(found <= 0, 0.0)
    bound = chance[:, None] * sums.amax(dim=-1, keepdim=True)
    return (sums > bound).float().argmax(dim=-1)  # the first of them


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
        ids = pick(self.shares(logits), chance)
        self.remember(ids)
        return ids

    def shares(self, logits: Tensor) -> Tensor:
        """What each id has of the draw of this frame, (B, V)."""
        scores = logits.float()
        penalty = self._sampling.repetition_penalty
        if penalty != 1:
            scores = torch.where(self._chosen, torch.where(scores > 0, scores / penalty, scores * penalty), scores)
        scores = scores.masked_fill(self._banned, -torch.inf)
        if self._frames < LEAST_FRAMES:
            scores[:, self._end] = -torch.inf
        temperature = 0.0 if self._sampling.greedy else self._sampling.temperature
        return shares(scores, temperature, self._sampling.top_k, self._sampling.top_p)

    def remember(self, ids: Tensor) -> None:
        """These (B,) were taken for this frame."""
        self._frames += 1
        self._chosen.scatter_(1, ids[:, None], True)

    def select(self, rows: Sequence[int]) -> None:
        self._chosen = self._chosen[list(rows)]
