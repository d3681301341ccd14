"""Sound becomes codes: the encoder of Mimi (A. Défossez et al., "Moshi", 2024). Shapes: B rows, C channels, T steps.

The convolutions hear a long recording in pieces, so that memory stays bounded; attention then hears it as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from backend.core.types import Samples
from backend.engines.qwen3_tts.codec.layers import (
    AttentionConfig,
    CausalConv,
    LayerScale,
    State,
    WindowedAttention,
    numbered,
)
from backend.engines.qwen3_tts.codec.quantizer import LEAST_USE
from backend.engines.qwen3_tts.config import read_json, unusable
from backend.engines.qwen3_tts.model import fill
from backend.engines.qwen3_tts.weights import Weights

PIECE = 4 * 24_000
"""Samples that the convolutions hear at once; rounded to their stride."""


class Residual(nn.Module):
    def __init__(self, channels: int, config: Mapping[str, Any]) -> None:
        super().__init__()
        inner = channels // config["compress"]
        self.block = nn.ModuleList(
            [
                nn.ELU(),
                CausalConv(channels, inner, config["residual_kernel_size"]),
                nn.ELU(),
                CausalConv(inner, channels, 1),
            ]
        )

    def forward(self, values: Tensor, state: State) -> Tensor:
        return values + through(self.block, values, state)


def through(layers: nn.ModuleList, values: Tensor, state: State) -> Tensor:
    for layer in layers:
        values = layer(values) if isinstance(layer, nn.ELU) else layer(values, state)
    return values


class Convolutions(nn.Module):
    """From samples to one vector every 40 ms."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        if config["num_residual_layers"] != 1 or config.get("use_conv_shortcut"):
            raise TypeError("an encoder of another build")
        channels = config["num_filters"]
        layers: list[nn.Module] = [CausalConv(config["audio_channels"], channels, config["kernel_size"])]
        for ratio in reversed(config["upsampling_ratios"]):
            layers += [Residual(channels, config), nn.ELU(), CausalConv(channels, 2 * channels, 2 * ratio, ratio)]
            channels *= 2
        layers += [nn.ELU(), CausalConv(channels, config["hidden_size"], config["last_kernel_size"])]
        self.layers = nn.ModuleList(layers)

    def forward(self, values: Tensor, state: State) -> Tensor:
        return through(self.layers, values, state)


class TransformerLayer(nn.Module):
    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        hidden, epsilon = config["hidden_size"], config["norm_eps"]
        head = config.get("head_dim") or hidden // config["num_attention_heads"]
        attention = AttentionConfig(hidden, config["num_attention_heads"], head, config["rope_theta"], window=None)
        self.self_attn = WindowedAttention(attention)
        self.mlp = nn.ModuleDict(
            {
                "fc1": nn.Linear(hidden, config["intermediate_size"], bias=False),
                "fc2": nn.Linear(config["intermediate_size"], hidden, bias=False),
            }
        )
        self.input_layernorm = nn.LayerNorm(hidden, epsilon)
        self.post_attention_layernorm = nn.LayerNorm(hidden, epsilon)
        self.self_attn_layer_scale = LayerScale(hidden)
        self.mlp_layer_scale = LayerScale(hidden)

    def forward(self, values: Tensor, state: State) -> Tensor:
        heard = self.self_attn(self.input_layernorm(values), 0, state)
        values = values + self.self_attn_layer_scale(heard)
        inner = functional.gelu(self.mlp["fc1"](self.post_attention_layernorm(values)))
        added: Tensor = values + self.mlp_layer_scale(self.mlp["fc2"](inner))
        return added


class Layers(nn.Module):
    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(TransformerLayer(config) for _ in range(config["num_hidden_layers"]))

    def forward(self, values: Tensor, state: State) -> Tensor:
        for layer in self.layers:
            values = layer(values, state)
        return values


class LearntBook(nn.Module):
    def __init__(self, size: int, width: int) -> None:
        super().__init__()
        self.cluster_usage = nn.Parameter(torch.empty(size))
        self.embed_sum = nn.Parameter(torch.empty(size, width))

    @property
    def entries(self) -> Tensor:
        return self.embed_sum.float() / self.cluster_usage.float().clamp(min=LEAST_USE)[:, None]


class BookLevel(nn.Module):
    def __init__(self, size: int, width: int) -> None:
        super().__init__()
        self.codebook = LearntBook(size, width)

    def entries(self) -> Tensor:
        return self.codebook.entries


class NearestBooks(nn.Module):
    """Codebooks of which each takes the entry nearest to what the ones before left over."""

    def __init__(self, count: int, config: Mapping[str, Any]) -> None:
        super().__init__()
        width = config["vector_quantization_hidden_dimension"]
        self.input_proj = nn.Conv1d(config["hidden_size"], width, 1, bias=False)
        self.layers = nn.ModuleList(BookLevel(config["codebook_size"], config["codebook_dim"]) for _ in range(count))

    def forward(self, values: Tensor) -> Tensor:
        """(1, C, T) → ids (T, count)."""
        left = self.input_proj(values)[0].T.float()
        found: list[Tensor] = []
        for level in self.layers:
            assert isinstance(level, BookLevel), "made above"
            entries = level.entries()
            found.append(torch.cdist(left[None], entries[None])[0].argmin(dim=-1))
            left = left - entries[found[-1]]
        return torch.stack(found, dim=1)


class Quantizers(nn.Module):
    def __init__(self, groups: int, config: Mapping[str, Any]) -> None:
        super().__init__()
        semantic = config["num_semantic_quantizers"]
        self.semantic_residual_vector_quantizer = NearestBooks(semantic, config)
        self.acoustic_residual_vector_quantizer = NearestBooks(groups - semantic, config)

    def forward(self, values: Tensor) -> Tensor:
        said = self.semantic_residual_vector_quantizer(values)
        return torch.cat((said, self.acoustic_residual_vector_quantizer(values)), dim=1)


class EncoderNetwork(nn.Module):
    def __init__(self, groups: int, config: Mapping[str, Any]) -> None:
        super().__init__()
        self.encoder = Convolutions(config)
        self.encoder_transformer = Layers(config)
        self.downsample = nn.ModuleDict(
            {"conv": nn.Conv1d(config["hidden_size"], config["hidden_size"], 4, stride=2, bias=False)}
        )
        self.quantizer = Quantizers(groups, config)
        numbered(self)

    def forward(self, samples: Tensor, piece: int) -> Tensor:
        """(1, 1, n) → ids (T, groups)."""
        state = State(1)
        starts = range(0, samples.shape[-1], piece)
        heard = torch.cat([self.encoder(samples[..., at : at + piece], state) for at in starts], dim=-1)
        values = heard.transpose(1, 2)
        values = self.encoder_transformer(values, state)
        values = values.transpose(1, 2)
        values = functional.pad(values, (2, values.shape[-1] % 2), mode="replicate")
        ids: Tensor = self.quantizer(self.downsample["conv"](values))
        return ids


class CodecEncoder:
    """One loaded encoder."""

    def __init__(self, network: EncoderNetwork, samples_per_frame: int, piece: int) -> None:
        self.network = network
        self.samples_per_frame = samples_per_frame
        self._piece = piece

    @classmethod
    def load(cls, folder: Path, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32) -> CodecEncoder:
        """Read a `speech_tokenizer` folder. Raises EngineUnavailable."""
        config = read_json(folder / "config.json")
        try:
            stride = prod(config["encoder_config"]["upsampling_ratios"])
            with torch.device("meta"):
                network = EncoderNetwork(config["encoder_valid_num_quantizers"], config["encoder_config"])
            frame = int(config["encode_downsample_rate"])
        except (KeyError, TypeError) as error:
            raise unusable(folder, f"its config.json is not one of the 12 Hz codec ({error})") from error
        fill(network, Weights(folder), "encoder.", device, dtype)
        return cls(network.eval().requires_grad_(False), frame, PIECE // stride * stride)

    @torch.inference_mode()
    def encode(self, samples: Samples) -> Tensor:
        """24 kHz, shape (n_samples,) → codes (ceil(n_samples / 1920), groups) int64, on the CPU."""
        conv = self.network.downsample["conv"]
        heard = torch.as_tensor(samples, dtype=conv.weight.dtype, device=conv.weight.device)  # type: ignore[arg-type]  # an nn.Module may be anything
        frames = -(-len(samples) // self.samples_per_frame)
        return self.network(heard[None, None], self._piece)[:frames].cpu()
