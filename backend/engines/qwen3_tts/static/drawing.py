"""Draws of codes in which temperature, top-k and top-p are tensors: rows of one batch may differ, and settings change
without a new recording. Shapes: B rows, V vocabulary. The arithmetic is that of `sampling`, step by step.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from backend.engines.qwen3_tts.sampling import LEAST_FRAMES, pick

COMMON_TOP = 64
"""Ids that are ordered where no row asks for more."""


@dataclass(frozen=True)
class Way:
    """How one row draws."""

    temperature: float
    """0 takes the likeliest."""
    top_k: int
    """0 leaves all."""
    top_p: float


@dataclass(frozen=True)
class Kind:
    """What a recorded draw can do."""

    top: int = COMMON_TOP
    """The largest top-k that it knows."""
    nucleus: bool = False
    """Whether it knows a top-p."""

    @classmethod
    def serving(cls, ways: Iterable[Way], vocabulary: int) -> Kind:
        """The least that serves all of them: few kinds are recorded, and the common one is the quickest."""
        bold = [way for way in ways if way.temperature > 0]
        many = any(COMMON_TOP < way.top_k < vocabulary for way in bold)
        return cls(vocabulary if many else COMMON_TOP, any(way.top_p < 1 for way in bold))


@dataclass(frozen=True)
class Boldness:
    """How rows draw, (R, 1) each."""

    vocabulary: int
    greedy: Tensor
    """Whether the likeliest is taken, bool."""
    temperature: Tensor
    """Above 0, float32; 1 where greedy."""
    uncut: Tensor
    """Whether there is no top-k, bool."""
    last: Tensor
    """The last of the top-k, int64 from 0."""
    top_p: Tensor
    """float32."""

    @classmethod
    def of(cls, rows: int, vocabulary: int, device: torch.device) -> Boldness:
        """Rows that are greedy until something else is set."""
        numbers = torch.ones(rows, 1, device=device)
        return cls(
            vocabulary, numbers.bool(), numbers, numbers.bool(), torch.zeros_like(numbers).long(), numbers.clone()
        )

    def set(self, rows: slice | int, way: Way) -> None:
        bold = way.temperature > 0
        cut = bold and 0 < way.top_k < self.vocabulary
        self.greedy[rows] = not bold
        self.temperature[rows] = way.temperature if bold else 1.0
        self.uncut[rows] = not cut
        self.last[rows] = way.top_k - 1 if cut else 0
        self.top_p[rows] = way.top_p if bold else 1.0

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return self.greedy, self.temperature, self.uncut, self.last, self.top_p


def drawn(logits: Tensor, chance: Tensor, bold: Boldness, kind: Kind) -> Tensor:
    """Float32 logits (B, V) and numbers in [0, 1), (B,) → ids (B,). `bold` has B rows or more."""
    rows = len(logits)
    scores = logits / bold.temperature[:rows]
    top = min(kind.top, scores.shape[-1])
    last = bold.last[:rows].clamp(max=top - 1)  # rows that pause may have asked for more: nobody reads what they draw
    least = torch.topk(scores, top).values.gather(-1, last).masked_fill(bold.uncut[:rows], -torch.inf)
    found = torch.softmax(scores.masked_fill(scores < least, -torch.inf), dim=-1)
    if kind.nucleus:
        found = torch.where(bold.top_p[:rows] < 1, _nucleus(found, bold.top_p[:rows]), found)
    return torch.where(bold.greedy[:rows, 0], logits.argmax(dim=-1), pick(found, chance))


def _nucleus(found: Tensor, top_p: Tensor) -> Tensor:
    ordered, ids = found.sort(dim=-1, descending=True)
    before = ordered.cumsum(dim=-1) - ordered
    kept = ordered.masked_fill((before >= top_p) & (before > 0), 0.0)
    kept = kept / kept.sum(dim=-1, keepdim=True)
    return torch.zeros_like(found).scatter(-1, ids, kept)


def penalised(logits: Tensor, chosen: Tensor, penalty: Tensor) -> Tensor:
    """Float32 logits (B, V) less what was chosen before (B, V), by penalties (B, 1)."""
    return torch.where(chosen, torch.where(logits > 0, logits / penalty, logits * penalty), logits)


def allowed(scores: Tensor, banned: Tensor, frames: Tensor, end: Tensor) -> Tensor:
    """Scores (B, V) without ids that are banned (V,) and, in rows of few frames (B,), without the end (V,)."""
    early = (frames < LEAST_FRAMES)[:, None] & end
    return scores.masked_fill(banned | early, -torch.inf)
