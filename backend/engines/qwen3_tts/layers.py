"""The decoder layers that talker and code predictor share. Shapes: B rows, T positions, H width of the stack.

Grouped-query attention with normed queries and keys, rotary positions, gated feed-forward, as in Qwen3. The talker's
three-part positions are all the same for text and codes, so they are ordinary rotary positions. Modules are named as
the tensors of the checkpoint are.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from backend.engines.qwen3_tts.config import TransformerConfig

STEP = 256
"""Positions by which a cache grows."""


def table(size: int, width: int) -> nn.Embedding:
    """An empty one, to be loaded. Drawing its numbers at random would, on `meta`, import sympy: 75 MB and a second."""
    made: nn.Embedding = nn.Embedding.from_pretrained(torch.empty(size, width))  # type: ignore[no-untyped-call]  # torch's
    return made


class RMSNorm(nn.Module):
    def __init__(self, size: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(size))
        self.epsilon = epsilon

    def forward(self, values: Tensor) -> Tensor:
        exact = values.float()
        normed = exact * torch.rsqrt(exact.pow(2).mean(-1, keepdim=True) + self.epsilon)
        return self.weight * normed.to(values.dtype)


class KeyValueCache:
    """Keys and values of every layer, (B, key_heads, capacity, head) each; grows as it fills."""

    def __init__(self, config: TransformerConfig, rows: int, like: Tensor, capacity: int = STEP) -> None:
        shape = (rows, config.key_heads, capacity, config.head)
        self._keys = [like.new_empty(shape) for _ in range(config.layers)]
        self._values = [like.new_empty(shape) for _ in range(config.layers)]
        self.length = 0
        """Positions that are filled."""

    def store(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Put (B, key_heads, T, head) behind what is there; answers all of it. `advance` when all layers have."""
        end = self.length + keys.shape[2]
        if end > self._keys[layer].shape[2]:
            room = (-(-end // STEP) + 1) * STEP - self._keys[layer].shape[2]
            self._keys[layer] = functional.pad(self._keys[layer], (0, 0, 0, room))
            self._values[layer] = functional.pad(self._values[layer], (0, 0, 0, room))
        self._keys[layer][:, :, self.length : end] = keys
        self._values[layer][:, :, self.length : end] = values
        return self._keys[layer][:, :, :end], self._values[layer][:, :, :end]

    def advance(self, positions: int) -> None:
        self.length += positions

    def clear(self) -> None:
        self.length = 0

    def select(self, rows: Sequence[int]) -> None:
        """Keep only these rows, in this order."""
        index = torch.tensor(list(rows), device=self._keys[0].device)
        self._keys = [keys.index_select(0, index) for keys in self._keys]
        self._values = [values.index_select(0, index) for values in self._values]


class Attention(nn.Module):
    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.q_proj = nn.Linear(config.hidden, config.heads * config.head, bias=False)
        self.k_proj = nn.Linear(config.hidden, config.key_heads * config.head, bias=False)
        self.v_proj = nn.Linear(config.hidden, config.key_heads * config.head, bias=False)
        self.o_proj = nn.Linear(config.heads * config.head, config.hidden, bias=False)
        self.q_norm = RMSNorm(config.head, config.epsilon)
        self.k_norm = RMSNorm(config.head, config.epsilon)

    def forward(
        self, values: Tensor, rotary: tuple[Tensor, Tensor], mask: Tensor | None, cache: KeyValueCache, layer: int
    ) -> Tensor:
        rows, length, _ = values.shape
        per_head = (rows, length, -1, self.config.head)
        queries = rotated(self.q_norm(self.q_proj(values).view(per_head)).transpose(1, 2), rotary)
        keys = rotated(self.k_norm(self.k_proj(values).view(per_head)).transpose(1, 2), rotary)
        keys, seen = cache.store(layer, keys, self.v_proj(values).view(per_head).transpose(1, 2))
        if length == 1:  # the heads that share a key become positions: nothing is copied
            grouped = queries.view(rows, self.config.key_heads, -1, self.config.head)
            heard = functional.scaled_dot_product_attention(grouped, keys, seen, mask)
            heard = heard.reshape(rows, 1, -1)
        else:
            heard = functional.scaled_dot_product_attention(
                queries, keys, seen, mask, is_causal=mask is None, enable_gqa=True
            )
            heard = heard.transpose(1, 2).reshape(rows, length, -1)
        projected: Tensor = self.o_proj(heard)
        return projected


class FeedForward(nn.Module):
    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden, config.inner, bias=False)
        self.up_proj = nn.Linear(config.hidden, config.inner, bias=False)
        self.down_proj = nn.Linear(config.inner, config.hidden, bias=False)

    def forward(self, values: Tensor) -> Tensor:
        projected: Tensor = self.down_proj(functional.silu(self.gate_proj(values)) * self.up_proj(values))
        return projected


class Layer(nn.Module):
    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.self_attn = Attention(config)
        self.mlp = FeedForward(config)
        self.input_layernorm = RMSNorm(config.hidden, config.epsilon)
        self.post_attention_layernorm = RMSNorm(config.hidden, config.epsilon)

    def forward(
        self, values: Tensor, rotary: tuple[Tensor, Tensor], mask: Tensor | None, cache: KeyValueCache, layer: int
    ) -> Tensor:
        values = values + self.self_attn(self.input_layernorm(values), rotary, mask, cache, layer)
        fed: Tensor = values + self.mlp(self.post_attention_layernorm(values))
        return fed


class Stack(nn.Module):
    """All layers and the last norm. Its cache belongs to the caller."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.norm = RMSNorm(config.hidden, config.epsilon)

    def run(self, values: Tensor, positions: Tensor, mask: Tensor | None, cache: KeyValueCache) -> Tensor:
        """(B, T, H) at `positions` (B, T) → (B, T, H). `mask` is added to the scores; None is causal.

        What the cache holds is heard too, so a beginning that many prompts share needs to be run once only.
        """
        length = values.shape[1]
        if mask is None and length > 1 and cache.length:  # is_causal counts from the first key: right for a start only
            seen = torch.ones(length, cache.length + length, dtype=torch.bool, device=values.device)
            mask = seen.tril(cache.length)
        rotary = self.rotary(positions, values.dtype)
        for number, layer in enumerate(self.layers):
            values = layer(values, rotary, mask, cache, number)
        cache.advance(length)
        normed: Tensor = self.norm(values)
        return normed

    def rotary(self, positions: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Cosines and sines, (B, 1, T, head) each, computed in float32."""
        half = torch.arange(0, self.config.head, 2, device=positions.device, dtype=torch.float32) / self.config.head
        angles = positions.float()[:, None, :, None] * (1.0 / self.config.rope_theta**half)
        doubled = torch.cat((angles, angles), dim=-1)
        return doubled.cos().to(dtype), doubled.sin().to(dtype)


def rotated(values: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
    """Rotary position embedding (J. Su et al., "RoFormer", 2021), halves as pairs."""
    cosines, sines = rotary
    first, second = values.chunk(2, dim=-1)
    return values * cosines + torch.cat((-second, first), dim=-1) * sines
