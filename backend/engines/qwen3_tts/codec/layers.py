"""Causal layers that remember what they heard, so that sound may come in pieces of any length and stay exact.

Shapes: B rows, C channels, T steps in time. What a layer remembers lies in a `State` that belongs to the caller; a
layer knows its place in it. Modules are named as the tensors of the checkpoint are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass
class State:
    """What every layer remembers of one stream of B rows."""

    rows: int
    kept: dict[int, Tensor] = field(default_factory=dict)
    """By the place of the layer; the first dimension is B."""
    steps: int | Tensor = 0
    """Frames that went by; a tensor where nobody may be asked for it."""

    def clone(self) -> State:
        """A copy that goes its own way: a voice that was heard once serves many sentences."""
        return State(self.rows, {place: tensor.clone() for place, tensor in self.kept.items()}, self.steps)

    def select(self, rows: Sequence[int]) -> None:
        """Go on with these rows only."""
        kept = list(rows)
        self.kept = {place: tensor[kept] for place, tensor in self.kept.items()}
        self.rows = len(kept)

    def repeat(self, rows: int) -> State:
        """A copy in which the one row is there several times."""
        return State(rows, {place: t.repeat_interleave(rows, 0) for place, t in self.kept.items()}, self.steps)

    @property
    def bytes(self) -> int:
        return sum(tensor.numel() * tensor.element_size() for tensor in self.kept.values())


class Remembering(nn.Module):
    """A layer with a place in the state. `numbered` gives every one of a model its own."""

    place = 0


def numbered(model: nn.Module) -> None:
    for place, layer in enumerate(layer for layer in model.modules() if isinstance(layer, Remembering)):
        layer.place = place


class CausalConv(Remembering):
    """A convolution that hears only the past: what came before the piece stands to its left, at first zeros."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int = 1, dilation: int = 1, **more: Any) -> None:
        super().__init__()
        self.conv = nn.Conv1d(channels, out, kernel, stride=stride, dilation=dilation, **more)
        self.stride = stride
        self.context = (kernel - 1) * dilation + 1 - stride

    def forward(self, values: Tensor, state: State) -> Tensor:
        """(B, C, T) → (B, out, T / stride); only the last piece of a stream may end between two strides."""
        values = functional.pad(values, (0, -values.shape[-1] % self.stride))
        if self.context:
            before = state.kept.get(self.place)
            if before is None:
                before = values.new_zeros(*values.shape[:2], self.context)
            values = torch.cat((before, values), dim=-1)
            state.kept[self.place] = values[..., -self.context :].clone()
        convolved: Tensor = self.conv(values)
        return convolved


@dataclass(frozen=True)
class AttentionConfig:
    """Plain attention with rotary positions."""

    hidden: int
    heads: int
    head: int
    rope_theta: float
    window: int | None
    """Positions that are heard, the own one included; None hears all that went before."""


class WindowedAttention(Remembering):
    """Hears the last positions only, and keeps no more of them than that."""

    def __init__(self, config: AttentionConfig) -> None:
        super().__init__()
        self.config = config
        width = config.heads * config.head
        self.q_proj = nn.Linear(config.hidden, width, bias=False)
        self.k_proj = nn.Linear(config.hidden, width, bias=False)
        self.v_proj = nn.Linear(config.hidden, width, bias=False)
        self.o_proj = nn.Linear(width, config.hidden, bias=False)

    def forward(self, values: Tensor, start: int | Tensor, state: State) -> Tensor:
        """(B, T, H), whose first position is `start` → (B, T, H). As a tensor of no dimensions `start` is not asked."""
        rows, length, _ = values.shape
        per_head = (rows, length, self.config.heads, self.config.head)
        at = torch.arange(length, device=values.device) + start
        queries = self._turned(self.q_proj(values).view(per_head).transpose(1, 2), at)
        keys = self._turned(self.k_proj(values).view(per_head).transpose(1, 2), at)
        seen = self.v_proj(values).view(per_head).transpose(1, 2)
        window = self.config.window
        if window is None:
            heard = functional.scaled_dot_product_attention(queries, keys, seen, is_causal=True)
        else:
            keys, seen = self._remembered(keys, seen, state, window - 1)
            mask = _windowed(at, keys.shape[2], window)
            heard = functional.scaled_dot_product_attention(queries, keys, seen, mask)
        projected: Tensor = self.o_proj(heard.transpose(1, 2).reshape(rows, length, -1))
        return projected

    def _remembered(self, keys: Tensor, seen: Tensor, state: State, most: int) -> tuple[Tensor, Tensor]:
        """With what was kept before them; the last `most` positions are kept for the next piece."""
        both = torch.stack((keys, seen), dim=1)
        before = state.kept.get(self.place)
        if before is not None:
            both = torch.cat((before, both), dim=3)
        state.kept[self.place] = both[:, :, :, -most:].clone()
        return both[:, 0], both[:, 1]

    def _turned(self, values: Tensor, at: Tensor) -> Tensor:
        half = torch.arange(0, self.config.head, 2, device=at.device, dtype=torch.float32) / self.config.head
        angles = at.float()[:, None] * (1.0 / self.config.rope_theta**half)
        doubled = torch.cat((angles, angles), dim=-1)
        first, second = values.chunk(2, dim=-1)
        turned = torch.cat((-second, first), dim=-1)
        return values * doubled.cos().to(values.dtype) + turned * doubled.sin().to(values.dtype)


def _windowed(at: Tensor, heard: int, window: int) -> Tensor:
    """Which of the last `heard` positions each of those at (T,) may hear, (T, heard); none is before the beginning."""
    keys = at[-1] + torch.arange(1 - heard, 1, device=at.device)
    queries = at[:, None]
    return (keys <= queries) & (keys > queries - window) & (keys >= 0)


class LayerScale(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.empty(size))

    def forward(self, values: Tensor) -> Tensor:
        return self.scale * values
