"""Layers of the decoder, which keep all channels of a moment beside each other: (B, T, C). On processors that order
costs least, since every convolution is a product of matrices; other devices are given the order they are made for.

A layer is loaded as the checkpoint has it and `settled` afterwards: weights are put in order once, not in every call.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from backend.engines.qwen3_tts.codec.layers import CausalConv, Remembering, State

log = logging.getLogger(__name__)


class SnakeBeta(nn.Module):
    """x + sin²(αx) / β, α and β by channel, kept as logarithms (L. Ziyin et al., "Neural networks fail to learn
    periodic functions and how to fix it", 2020)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.empty(channels))
        self.beta = nn.Parameter(torch.empty(channels))

    def forward(self, values: Tensor) -> Tensor:
        quick = _quick() if values.device.type == "cpu" else {}
        if values.dtype in quick:
            return self._waved(values.contiguous(), quick[values.dtype])
        waves = torch.sin(values * self.alpha.exp()).square_()
        return torch.addcmul(values, waves, 1.0 / (self.beta.exp() + 1e-9))

    def _waved(self, values: Tensor, waved: Callable[..., None]) -> Tensor:
        out = torch.empty_like(values)
        speeds = self.alpha.detach().float().exp().numpy()
        shares = (1.0 / (self.beta.detach().float().exp() + 1e-9)).numpy()
        waved(_rows(values), speeds, shares, _rows(out))
        return out


class StreamConv(CausalConv):
    """A convolution that hears only the past, on (B, T, C) → (B, T, out)."""

    def settle(self) -> None:
        """Lay the weights (out, C, kernel) down with the channels beside each other."""
        weight = self.conv.weight
        weight.data = weight.data.transpose(1, 2).contiguous().transpose(1, 2)

    def forward(self, values: Tensor, state: State) -> Tensor:
        weight, bias = self.conv.weight, self.conv.bias
        if self.context:
            values = _after(self, values, self.context, state)
        if weight.shape[2] == 1:
            return functional.linear(values, weight[:, :, 0], bias)
        if values.device.type != "cpu":
            convolved: Tensor = self.conv(values.transpose(1, 2).contiguous())
            return convolved.transpose(1, 2)
        # As an image of height 1: only of images the library takes the channels last without turning them over.
        image = values.transpose(1, 2)[:, :, None]
        dilation, groups = (1, *self.conv.dilation), self.conv.groups
        found = functional.conv2d(image, weight[:, :, None], bias, dilation=dilation, groups=groups)
        return found[:, :, 0].transpose(1, 2)


class StreamUpsampling(Remembering):
    """An upsampling convolution (B, T, C) → (B, T · stride, out).

    Its kernel is some strides long, so that every output is a sum over as many inputs: a product with one matrix.
    The transposed convolution of PyTorch orders the weights anew in each call, which took ten times as long.
    """

    matrix: Tensor | None
    bias: Tensor | None

    def __init__(self, channels: int, out: int, kernel: int, stride: int) -> None:
        super().__init__()
        if kernel % stride:
            raise ValueError(f"a kernel of {kernel} is no multiple of the stride {stride}")
        self.conv = nn.ConvTranspose1d(channels, out, kernel, stride=stride)
        self.stride = stride
        self.heard = kernel // stride
        """Inputs that an output is made of."""
        self.register_buffer("matrix", None, persistent=False)
        self.register_buffer("bias", None, persistent=False)

    def settle(self) -> None:
        """Weights (C, out, kernel) become a matrix (stride · out, heard · C), the earliest input first."""
        weight, bias = self.conv.weight.data, self.conv.bias
        assert bias is not None, "the checkpoint has one"
        channels, out, _ = weight.shape
        taps = weight.view(channels, out, self.heard, self.stride).flip(2)
        self.matrix = taps.permute(3, 1, 2, 0).reshape(self.stride * out, self.heard * channels).contiguous()
        self.bias = bias.data.repeat(self.stride)
        del self.conv

    def forward(self, values: Tensor, state: State) -> Tensor:
        assert self.matrix is not None, "settled after loading"
        rows, length, _ = values.shape
        if self.heard > 1:
            values = _after(self, values, self.heard - 1, state)
            values = torch.cat([values[:, at : at + length] for at in range(self.heard)], dim=2)
        return functional.linear(values, self.matrix, self.bias).view(rows, length * self.stride, -1)


def _after(layer: Remembering, values: Tensor, count: int, state: State) -> Tensor:
    """With the `count` moments before them, at first zeros; the last ones are kept for the next piece."""
    before = state.kept.get(layer.place)
    if before is None:
        before = values.new_zeros(values.shape[0], count, values.shape[2])
    values = torch.cat((before, values), dim=1)
    state.kept[layer.place] = values[:, -count:].clone()
    return values


def _rows(values: Tensor) -> Any:
    """(B, T, C) as an array of (B · T, C), bfloat16 as uint16."""
    flat = values.view(-1, values.shape[-1])
    return flat.numpy() if flat.dtype is torch.float32 else flat.view(torch.int16).numpy().view(np.uint16)


@cache
def _quick() -> dict[torch.dtype, Callable[..., None]]:
    """Compiled activations by dtype; none where numba is missing or does not work here."""
    if importlib.util.find_spec("numba") is None:
        return {}
    try:
        from backend.engines.qwen3_tts.codec.waves import waved_bfloat16, waved_float32

        line = np.zeros(1, np.float32)
        waved_float32(line[None], line, line, line[None])
        waved_bfloat16(np.zeros((1, 1), np.uint16), line, line, np.zeros((1, 1), np.uint16))
    except Exception:  # whatever a compiler may raise: without it speech is slower, not worse
        log.exception("the codec's compiled activation does not work here")
        return {}
    return {torch.float32: waved_float32, torch.bfloat16: waved_bfloat16}
