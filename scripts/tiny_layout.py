"""Names and shapes of every tensor of a Qwen3-TTS checkpoint, from its configuration, with the range to draw it from.

The names are those of the published files; `tests/oracle` holds this list to the official classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import sqrt
from typing import Any

from tiny_weights import Tensor

Config = Mapping[str, Any]


def model(config: Config, eos_factor: float) -> Iterator[Tensor]:
    """Talker, code predictor and (Base only) speaker encoder. eos_factor scales the row that scores the end token."""
    yield from _talker(config["talker_config"], eos_factor)
    yield from _predictor(config["talker_config"])
    if config["tts_model_type"] == "base":
        yield from speaker_encoder(config["speaker_encoder_config"])


def _talker(talker: Config, eos_factor: float) -> Iterator[Tensor]:
    hidden, text_hidden = talker["hidden_size"], talker["text_hidden_size"]
    for index in range(talker["num_hidden_layers"]):
        yield from _decoder_layer(f"talker.model.layers.{index}", talker)
    yield _norm("talker.model.norm.weight", hidden)
    yield _embedding("talker.model.codec_embedding.weight", talker["vocab_size"], hidden)
    yield _embedding("talker.model.text_embedding.weight", talker["text_vocab_size"], text_hidden)
    yield from _linear("talker.text_projection.linear_fc1", text_hidden, text_hidden, bias=True)
    yield from _linear("talker.text_projection.linear_fc2", hidden, text_hidden, bias=True)
    half = 3 * sqrt(3 / hidden)
    head = (talker["vocab_size"], hidden)
    yield Tensor("talker.codec_head.weight", head, -half, half, talker["codec_eos_token_id"], eos_factor)


def _predictor(talker: Config) -> Iterator[Tensor]:
    root, config = "talker.code_predictor", talker["code_predictor_config"]
    hidden, outer = config["hidden_size"], talker["hidden_size"]
    for index in range(config["num_hidden_layers"]):
        yield from _decoder_layer(f"{root}.model.layers.{index}", config)
    yield _norm(f"{root}.model.norm.weight", hidden)
    for group in range(config["num_code_groups"] - 1):
        yield _embedding(f"{root}.model.codec_embedding.{group}.weight", config["vocab_size"], outer)
        yield from _linear(f"{root}.lm_head.{group}", config["vocab_size"], hidden, gain=3)
    if hidden != outer:
        yield from _linear(f"{root}.small_to_mtp_projection", hidden, outer, bias=True)


def _decoder_layer(root: str, config: Config) -> Iterator[Tensor]:
    """One pre-norm layer with grouped queries and a gated feed-forward, norms per head on queries and keys."""
    hidden, inner, head = config["hidden_size"], config["intermediate_size"], config["head_dim"]
    queries, keys = config["num_attention_heads"] * head, config["num_key_value_heads"] * head
    yield from _attention(f"{root}.self_attn", hidden, queries, keys)
    yield _norm(f"{root}.self_attn.q_norm.weight", head)
    yield _norm(f"{root}.self_attn.k_norm.weight", head)
    yield from _gated(f"{root}.mlp", hidden, inner)
    yield _norm(f"{root}.input_layernorm.weight", hidden)
    yield _norm(f"{root}.post_attention_layernorm.weight", hidden)


def _attention(root: str, hidden: int, queries: int, keys: int) -> Iterator[Tensor]:
    yield from _linear(f"{root}.q_proj", queries, hidden)
    yield from _linear(f"{root}.k_proj", keys, hidden)
    yield from _linear(f"{root}.v_proj", keys, hidden)
    yield from _linear(f"{root}.o_proj", hidden, queries)


def _gated(root: str, hidden: int, inner: int) -> Iterator[Tensor]:
    yield from _linear(f"{root}.gate_proj", inner, hidden)
    yield from _linear(f"{root}.up_proj", inner, hidden)
    yield from _linear(f"{root}.down_proj", hidden, inner)


def speaker_encoder(config: Config) -> Iterator[Tensor]:
    """ECAPA-TDNN: a convolution, three squeeze-and-excite blocks over res2net, pooling by attention, a projection."""
    root, channels, kernels = "speaker_encoder", config["enc_channels"], config["enc_kernel_sizes"]
    yield from _conv(f"{root}.blocks.0.conv", channels[0], config["mel_dim"], kernels[0])
    for index in range(1, len(channels) - 1):
        block, width = f"{root}.blocks.{index}", channels[index]
        part = width // config["enc_res2net_scale"]
        yield from _conv(f"{block}.tdnn1.conv", width, channels[index - 1], 1)
        for piece in range(config["enc_res2net_scale"] - 1):
            yield from _conv(f"{block}.res2net_block.blocks.{piece}.conv", part, part, kernels[index])
        yield from _conv(f"{block}.tdnn2.conv", width, width, 1)
        yield from _conv(f"{block}.se_block.conv1", config["enc_se_channels"], width, 1)
        yield from _conv(f"{block}.se_block.conv2", width, config["enc_se_channels"], 1)
    last, attention = channels[-1], config["enc_attention_channels"]
    yield from _conv(f"{root}.mfa.conv", last, sum(channels[1:-1]), kernels[-1])
    yield from _conv(f"{root}.asp.tdnn.conv", attention, 3 * last, 1)
    yield from _conv(f"{root}.asp.conv", last, attention, 1)
    yield from _conv(f"{root}.fc", config["enc_dim"], 2 * last, 1, gain=0.15)


def _linear(name: str, out: int, inside: int, *, bias: bool = False, gain: float = 1.0) -> Iterator[Tensor]:
    yield fan_in(f"{name}.weight", (out, inside), inside, gain)
    if bias:
        yield Tensor(f"{name}.bias", (out,), -0.1, 0.1)


def _conv(name: str, out: int, inside: int, kernel: int, gain: float = 1.4) -> Iterator[Tensor]:
    yield fan_in(f"{name}.weight", (out, inside, kernel), inside * kernel, gain)
    yield Tensor(f"{name}.bias", (out,), -0.1, 0.1)


def _norm(name: str, width: int) -> Tensor:
    """Not all ones, so that a forgotten weight shows."""
    return Tensor(name, (width,), 0.7, 1.3)


def _embedding(name: str, rows: int, width: int) -> Tensor:
    return Tensor(name, (rows, width), -1.0, 1.0)


def fan_in(name: str, shape: tuple[int, ...], inputs: int, gain: float = 1.0) -> Tensor:
    """Uniform with a standard deviation of gain / √inputs."""
    half = gain * sqrt(3 / inputs)
    return Tensor(name, shape, -half, half)
