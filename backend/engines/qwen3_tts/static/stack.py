"""A stack of decoder layers with few kernels a layer: joined weights, rotary tables, attention left to the caller.

Shapes: B rows, n positions, H width of the stack. Nothing here asks the device for a number, so that all of it may be
recorded once and replayed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from backend.engines.qwen3_tts.config import TransformerConfig
from backend.engines.qwen3_tts.layers import Layer, RMSNorm, Stack

Attend = Callable[[int, Tensor, Tensor, Tensor], Tensor]
"""Layer, queries (B, n, heads, head), keys and values (B, n, key_heads, head) → heard (B, n, heads · head)."""


@dataclass(frozen=True)
class Joined:
    """One layer: what is multiplied with the same input lies in one matrix."""

    before: Tensor
    """Weights of the norm before attention."""
    heard: Tensor
    """Queries, keys and values, one below the other."""
    scale: Tensor
    """Weights of the norms of queries and keys, (heads + key_heads, head)."""
    out: Tensor
    between: Tensor
    """Weights of the norm before the feed-forward part."""
    fed: Tensor
    """Gate and up, one below the other."""
    down: Tensor


class StaticStack:
    """The layers of a `Stack`, whose weights become views of the joined ones: nothing is there twice."""

    def __init__(self, stack: Stack) -> None:
        self.config: TransformerConfig = stack.config
        self.layers = [_joined(layer) for layer in stack.layers if isinstance(layer, Layer)]
        self.norm = stack.norm.weight
        self._stack = stack

    def tables(self, positions: int) -> tuple[Tensor, Tensor]:
        """Rotary cosines and sines, (positions, 1, head) each; the sines carry the sign of the half that they turn."""
        at = torch.arange(positions, device=self.norm.device)[None]
        cosines, sines = self._stack.rotary(at, self.norm.dtype)
        sines[..., : self.config.head // 2].neg_()
        return cosines[0, 0][:, None], sines[0, 0][:, None]

    def run(self, values: Tensor, rotary: tuple[Tensor, Tensor], attend: Attend) -> Tensor:
        """(B, n, H) with rotary cosines and sines (B or 1, n, 1, head) → (B, n, H), normed. Writes into `values`."""
        config, shape = self.config, values.shape
        turned = config.heads + config.key_heads
        values = values.view(-1, config.hidden)
        for number, layer in enumerate(self.layers):
            mixed = functional.linear(self._normed(values, layer.before), layer.heard).view(*shape[:2], -1, config.head)
            normed = functional.rms_norm(mixed, (config.head,), None, config.epsilon)  # all heads: a slice is copied
            both = _rotated(normed[:, :, :turned] * layer.scale, rotary)
            queries, keys = both[:, :, : config.heads], both[:, :, config.heads :]
            heard = attend(number, queries, keys, mixed[:, :, turned:])
            values.addmm_(heard.view(len(values), -1), layer.out.t())
            gate, up = functional.linear(self._normed(values, layer.between), layer.fed).chunk(2, dim=-1)
            values.addmm_(functional.silu(gate) * up, layer.down.t())
        return self._normed(values, self.norm).view(shape)

    def _normed(self, values: Tensor, weight: Tensor) -> Tensor:
        return functional.rms_norm(values, (self.config.hidden,), weight, self.config.epsilon)


def _rotated(values: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
    cosines, sines = rotary
    return torch.addcmul(values * cosines, values.roll(values.shape[-1] // 2, -1), sines)


def _joined(layer: Layer) -> Joined:
    attention, fed = layer.self_attn, layer.mlp
    config = attention.config
    scale = [(attention.q_norm, config.heads), (attention.k_norm, config.key_heads)]
    return Joined(
        before=layer.input_layernorm.weight,
        heard=_together(attention.q_proj, attention.k_proj, attention.v_proj),
        scale=torch.cat([_repeated(norm, heads) for norm, heads in scale]),
        out=attention.o_proj.weight,
        between=layer.post_attention_layernorm.weight,
        fed=_together(fed.gate_proj, fed.up_proj),
        down=fed.down_proj.weight,
    )


def _repeated(norm: RMSNorm, heads: int) -> Tensor:
    return norm.weight.detach().expand(heads, -1)


def _together(*layers: nn.Linear) -> Tensor:
    """The matrices one below the other; those of the layers become views of it."""
    joined = torch.cat([layer.weight.detach() for layer in layers])
    start = 0
    for layer in layers:
        end = start + layer.out_features
        layer.weight.data = joined[start:end]
        start = end
    return joined
