"""Codes become sound, piece by piece and exactly as in one piece. Shapes: B rows, T frames of 80 ms, C channels;
sound in the making is (B, T, C)."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from backend.engines.qwen3_tts.codec.layers import (
    AttentionConfig,
    LayerScale,
    State,
    WindowedAttention,
    numbered,
)
from backend.engines.qwen3_tts.codec.moments import SnakeBeta, StreamConv, StreamUpsampling
from backend.engines.qwen3_tts.codec.quantizer import SplitCodebooks
from backend.engines.qwen3_tts.config import read_json, unusable
from backend.engines.qwen3_tts.layers import RMSNorm
from backend.engines.qwen3_tts.model import fill
from backend.engines.qwen3_tts.weights import Weights

RATE = 24_000  # hertz
DILATIONS = (1, 3, 9)


class ConvNeXt(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dwconv = StreamConv(channels, channels, 7, groups=channels)
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.pwconv1 = nn.Linear(channels, 4 * channels)
        self.pwconv2 = nn.Linear(4 * channels, channels)
        self.gamma = nn.Parameter(torch.empty(channels))

    def forward(self, values: Tensor, state: State) -> Tensor:
        mixed = self.norm(self.dwconv(values, state))
        return values + self.gamma * self.pwconv2(functional.gelu(self.pwconv1(mixed)))


class ResidualUnit(nn.Module):
    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.act1 = SnakeBeta(channels)
        self.conv1 = StreamConv(channels, channels, 7, dilation=dilation)
        self.act2 = SnakeBeta(channels)
        self.conv2 = StreamConv(channels, channels, 1)

    def forward(self, values: Tensor, state: State) -> Tensor:
        changed = self.conv1(self.act1(values), state)
        added: Tensor = values + self.conv2(self.act2(changed), state)
        return added


class UpsamplingBlock(nn.Module):
    def __init__(self, channels: int, out: int, rate: int) -> None:
        super().__init__()
        units = [ResidualUnit(out, dilation) for dilation in DILATIONS]
        self.block = nn.ModuleList([SnakeBeta(channels), StreamUpsampling(channels, out, 2 * rate, rate), *units])

    def forward(self, values: Tensor, state: State) -> Tensor:
        for layer in self.block:
            values = layer(values) if isinstance(layer, SnakeBeta) else layer(values, state)
        return values


class TransformerLayer(nn.Module):
    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        hidden, inner, epsilon = config["hidden_size"], config["intermediate_size"], config["rms_norm_eps"]
        attention = AttentionConfig(
            hidden, config["num_attention_heads"], config["head_dim"], config["rope_theta"], config["sliding_window"]
        )
        self.self_attn = WindowedAttention(attention)
        self.mlp = nn.ModuleDict(
            {
                "gate_proj": nn.Linear(hidden, inner, bias=False),
                "up_proj": nn.Linear(hidden, inner, bias=False),
                "down_proj": nn.Linear(inner, hidden, bias=False),
            }
        )
        self.input_layernorm = RMSNorm(hidden, epsilon)
        self.post_attention_layernorm = RMSNorm(hidden, epsilon)
        self.self_attn_layer_scale = LayerScale(hidden)
        self.mlp_layer_scale = LayerScale(hidden)

    def forward(self, values: Tensor, state: State) -> Tensor:
        heard = self.self_attn(self.input_layernorm(values), state.steps, state)
        values = values + self.self_attn_layer_scale(heard)
        normed = self.post_attention_layernorm(values)
        fed = self.mlp["down_proj"](functional.silu(self.mlp["gate_proj"](normed)) * self.mlp["up_proj"](normed))
        added: Tensor = values + self.mlp_layer_scale(fed)
        return added


class Transformer(nn.Module):
    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        self.input_proj = nn.Linear(config["latent_dim"], config["hidden_size"])
        self.layers = nn.ModuleList(TransformerLayer(config) for _ in range(config["num_hidden_layers"]))
        self.norm = RMSNorm(config["hidden_size"], config["rms_norm_eps"])
        self.output_proj = nn.Linear(config["hidden_size"], config["latent_dim"])

    def forward(self, values: Tensor, state: State) -> Tensor:
        values = self.input_proj(values)
        for layer in self.layers:
            values = layer(values, state)
        projected: Tensor = self.output_proj(self.norm(values))
        return projected


class DecoderNetwork(nn.Module):
    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        latent, width, rates = config["latent_dim"], config["decoder_dim"], config["upsample_rates"]
        self.quantizer = SplitCodebooks(config["num_quantizers"], config["codebook_size"], config["codebook_dim"])
        self.pre_conv = StreamConv(config["codebook_dim"], latent, 3)
        self.pre_transformer = Transformer(config)
        self.upsample = nn.ModuleList(
            nn.ModuleList([StreamUpsampling(latent, latent, factor, factor), ConvNeXt(latent)])
            for factor in config["upsampling_ratios"]
        )
        blocks = [UpsamplingBlock(width >> number, width >> (number + 1), rate) for number, rate in enumerate(rates)]
        last = width >> len(rates)
        self.decoder = nn.ModuleList([StreamConv(latent, width, 7), *blocks, SnakeBeta(last), StreamConv(last, 1, 7)])
        numbered(self)

    def settle(self) -> None:
        """Put the weights, as they were loaded, into the order in which they are used."""
        self.quantizer.settle()
        for layer in self.modules():
            if isinstance(layer, StreamConv | StreamUpsampling):
                layer.settle()

    def forward(self, codes: Tensor, state: State) -> Tensor:
        """(B, groups, T) → (B, T · samples a frame)."""
        values = self.pre_transformer(self.pre_conv(self.quantizer(codes), state), state)
        for pair in self.upsample:
            assert isinstance(pair, nn.ModuleList), "made above"
            for layer in pair:
                values = layer(values, state)
        for layer in self.decoder:
            values = layer(values) if isinstance(layer, SnakeBeta) else layer(values, state)
        state.steps += codes.shape[-1]
        return values[:, :, 0]


class CodecDecoder:
    """One loaded decoder. It holds no stream: `start` one, then `push` codes into it."""

    rate = RATE

    def __init__(self, network: DecoderNetwork, config: Mapping[str, Any]) -> None:
        self.network = network
        self.groups = int(config["num_quantizers"])
        self.samples_per_frame = prod(config["upsample_rates"]) * prod(config["upsampling_ratios"])

    @classmethod
    def load(cls, folder: Path, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32) -> CodecDecoder:
        """Read a `speech_tokenizer` folder. Raises EngineUnavailable."""
        config = read_json(folder / "config.json").get("decoder_config")
        try:
            with torch.device("meta"):
                network = DecoderNetwork(config or {})
        except (KeyError, TypeError) as error:
            raise unusable(folder, f"its config.json is not one of the 12 Hz codec ({error})") from error
        fill(network, Weights(folder), "decoder.", device, dtype)
        network.settle()
        return cls(network.eval().requires_grad_(False), config or {})

    def start(self, batch: int = 1) -> State:
        """A stream of so many rows, at its beginning."""
        return State(batch)

    @torch.inference_mode()
    def push(self, codes: Tensor, state: State) -> Tensor:
        """Codes (B, groups, T), any T from 1 → samples (B, T · samples_per_frame), float32 in [-1, 1]."""
        if codes.ndim != 3 or codes.shape[0] != state.rows or codes.shape[1] != self.groups:
            raise ValueError(f"codes of shape {tuple(codes.shape)} in a stream of {state.rows} × {self.groups}")
        heard = self.network(codes.to(self.network.pre_conv.conv.weight.device), state)
        return heard.float().clamp(-1, 1)

    def to(self, device: torch.device | str) -> CodecDecoder:
        self.network.to(device)
        return self
