"""GigaAM's ears: sound → log-mel bands → a Conformer encoder, 25 frames a second.

A. Gulati et al., "Conformer: Convolution-augmented Transformer for Speech Recognition", 2020; positions by rotation
(J. Su et al., "RoFormer", 2021), here before the projections, on queries and keys. Modules bear the names of the
published tensors. One recording at a time: nothing is padded, so nothing is masked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

SMALLEST, LARGEST = 1e-9, 1e9  # power in a band, before the logarithm


@dataclass(frozen=True)
class EarsConfig:
    """As the checkpoint's settings name them; defaults are those of the versions that had no choice."""

    bands: int
    window: int
    """Samples of one look, and of its transform."""
    hop: int
    centred: bool
    """Whether the first look has its middle at the first sample."""
    width: int
    heads: int
    layers: int
    growth: int
    """How many times wider the feed-forward parts are inside."""
    kernel: int
    stages: int
    """Convolutions that halve the rate."""
    stage_kernel: int
    flat: bool
    """Whether those convolutions go over time only; else over time and bands."""
    norms_layers: bool
    """Whether the convolution of a layer is normed by frame; else by statistics of the training."""
    base: float
    """Of the rotation."""


class Bands(nn.Module):
    """Log-mel bands by the window and the filters that the checkpoint brings."""

    window: Tensor
    filters: Tensor

    def __init__(self, config: EarsConfig) -> None:
        super().__init__()
        self._config = config
        self.register_buffer("window", torch.zeros(config.window))
        self.register_buffer("filters", torch.zeros(config.window // 2 + 1, config.bands))

    def forward(self, samples: Tensor) -> Tensor:
        """(n_samples,) → (bands, n_frames)."""
        size, hop = self._config.window, self._config.hop
        spectrum = torch.stft(
            samples, size, hop, size, self.window, center=self._config.centred, pad_mode="reflect", return_complex=True
        )
        power = spectrum.abs().square()  # (size / 2 + 1, n_frames)
        return (self.filters.T @ power).clamp(SMALLEST, LARGEST).log()


class Encoder(nn.Module):
    """Bands → what was heard."""

    def __init__(self, config: EarsConfig) -> None:
        super().__init__()
        self._config = config
        self.pre_encode = Slower(config)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))

    def forward(self, bands: Tensor) -> Tensor:
        """(bands, n_frames) → (n_frames / 4, width)."""
        frames = self.pre_encode(bands)
        turns = _turns(len(frames), self._config, frames)
        for layer in self.layers:
            frames = layer(frames, turns)
        return frames


class Slower(nn.Module):
    """Strided convolutions: a quarter of the frames, each as wide as the model."""

    def __init__(self, config: EarsConfig) -> None:
        super().__init__()
        kind: Any = nn.Conv1d if config.flat else nn.Conv2d
        inside, size, bands = config.bands if config.flat else 1, config.stage_kernel, config.bands
        stages: list[nn.Module] = []
        for _ in range(config.stages):
            stages += [kind(inside, config.width, size, 2, (size - 1) // 2), nn.ReLU()]
            inside, bands = config.width, (bands + 2 * ((size - 1) // 2) - size) // 2 + 1
        self.conv = nn.Sequential(*stages)
        self.out = None if config.flat else nn.Linear(config.width * bands, config.width)

    def forward(self, bands: Tensor) -> Tensor:
        if self.out is None:
            return self.conv(bands[None])[0].T
        heard = self.conv(bands.T[None, None])[0]  # (width, n_frames / 4, bands / 4)
        return self.out(heard.transpose(0, 1).flatten(1))


class Layer(nn.Module):
    """Half a feed-forward, attention, convolution, the other half, each beside the way past it."""

    def __init__(self, config: EarsConfig) -> None:
        super().__init__()
        self.norm_feed_forward1 = nn.LayerNorm(config.width)
        self.feed_forward1 = Forward(config)
        self.norm_self_att = nn.LayerNorm(config.width)
        self.self_attn = Attention(config)
        self.norm_conv = nn.LayerNorm(config.width)
        self.conv = Convolution(config)
        self.norm_feed_forward2 = nn.LayerNorm(config.width)
        self.feed_forward2 = Forward(config)
        self.norm_out = nn.LayerNorm(config.width)

    def forward(self, frames: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
        frames = frames + 0.5 * self.feed_forward1(self.norm_feed_forward1(frames))
        frames = frames + self.self_attn(self.norm_self_att(frames), turns)
        frames = frames + self.conv(self.norm_conv(frames))
        frames = frames + 0.5 * self.feed_forward2(self.norm_feed_forward2(frames))
        return self.norm_out(frames)


class Forward(nn.Module):
    def __init__(self, config: EarsConfig) -> None:
        super().__init__()
        self.linear1 = nn.Linear(config.width, config.width * config.growth)
        self.linear2 = nn.Linear(config.width * config.growth, config.width)

    def forward(self, frames: Tensor) -> Tensor:
        return self.linear2(functional.silu(self.linear1(frames)))


class Attention(nn.Module):
    """Every frame looks at every other."""

    def __init__(self, config: EarsConfig) -> None:
        super().__init__()
        self._heads = config.heads
        self.linear_q = nn.Linear(config.width, config.width)
        self.linear_k = nn.Linear(config.width, config.width)
        self.linear_v = nn.Linear(config.width, config.width)
        self.linear_out = nn.Linear(config.width, config.width)

    def forward(self, frames: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
        by_head = (len(frames), self._heads, -1)
        placed = _turned(frames.view(by_head), turns).flatten(1)
        parts = (self.linear_q(placed), self.linear_k(placed), self.linear_v(frames))
        query, key, value = (part.view(by_head).transpose(0, 1) for part in parts)
        seen = functional.scaled_dot_product_attention(query[None], key[None], value[None])[0]
        return self.linear_out(seen.transpose(0, 1).flatten(1))


class Convolution(nn.Module):
    """Mixes neighbouring frames, each channel for itself, between two mixtures of channels."""

    def __init__(self, config: EarsConfig) -> None:
        super().__init__()
        width, kernel = config.width, config.kernel
        self.pointwise_conv1 = nn.Conv1d(width, 2 * width, 1)
        self.depthwise_conv = nn.Conv1d(width, width, kernel, padding=(kernel - 1) // 2, groups=width)
        self.batch_norm = nn.LayerNorm(width) if config.norms_layers else nn.BatchNorm1d(width)
        self.pointwise_conv2 = nn.Conv1d(width, width, 1)

    def forward(self, frames: Tensor) -> Tensor:
        mixed = self.depthwise_conv(functional.glu(self.pointwise_conv1(frames.T[None]), dim=1))
        if isinstance(self.batch_norm, nn.LayerNorm):
            mixed = self.batch_norm(mixed.transpose(1, 2)).transpose(1, 2)
        else:
            mixed = self.batch_norm(mixed)
        return self.pointwise_conv2(functional.silu(mixed))[0].T


def _turns(count: int, config: EarsConfig, like: Tensor) -> tuple[Tensor, Tensor]:
    """Cosine and sine of each frame's rotation, shape (count, 1, width / heads)."""
    size = config.width // config.heads
    speed = config.base ** (-torch.arange(0, size, 2, dtype=torch.float32, device=like.device) / size)
    angle = torch.outer(torch.arange(count, dtype=torch.float32, device=like.device), speed)
    angle = torch.cat([angle, angle], dim=1)[:, None]
    return angle.cos(), angle.sin()


def _turned(frames: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
    """(n_frames, heads, size): the halves of each head turn as pairs."""
    first, second = frames.chunk(2, dim=-1)
    cosine, sine = turns
    return frames * cosine + torch.cat([-second, first], dim=-1) * sine
