"""Names and shapes of every tensor of the 12 Hz speech tokenizer. Each comes with its range of values."""

from __future__ import annotations

from collections.abc import Iterator

from tiny_layout import Config, fan_in
from tiny_weights import Tensor


def codec(config: Config, loudness: float) -> Iterator[Tensor]:
    """Encoder and decoder. loudness scales the last convolution, so that random weights sound at a healthy level."""
    yield from _encoder(config["encoder_config"])
    yield from _decoder(config["decoder_config"], loudness)


def _encoder(config: Config) -> Iterator[Tensor]:
    hidden = config["hidden_size"]
    yield from _encoder_convolutions(config)
    for index in range(config["num_hidden_layers"]):
        yield from _encoder_layer(f"encoder.encoder_transformer.layers.{index}", config)
    kernel = 4  # twice the last halving of the rate, from 25 to 12.5 Hz
    yield fan_in("encoder.downsample.conv.weight", (hidden, hidden, kernel), hidden * kernel)
    semantic = config["num_semantic_quantizers"]
    root = "encoder.quantizer"
    yield from _encoder_quantizer(f"{root}.semantic_residual_vector_quantizer", config, semantic)
    yield from _encoder_quantizer(
        f"{root}.acoustic_residual_vector_quantizer", config, config["num_quantizers"] - semantic
    )


def _encoder_convolutions(config: Config) -> Iterator[Tensor]:
    """A convolution, then per rate one residual block and one strided convolution; activations take a number too."""
    root, channels = "encoder.encoder.layers", config["num_filters"]
    yield from _conv(f"{root}.0.conv", channels, config["audio_channels"], config["kernel_size"], gain=8)
    index = 1
    for ratio in reversed(config["upsampling_ratios"]):
        inner = channels // config["compress"]
        yield from _conv(f"{root}.{index}.block.1.conv", inner, channels, config["residual_kernel_size"])
        yield from _conv(f"{root}.{index}.block.3.conv", channels, inner, 1)
        yield from _conv(f"{root}.{index + 2}.conv", 2 * channels, channels, 2 * ratio, gain=1.2)
        channels, index = 2 * channels, index + 3
    yield from _conv(f"{root}.{index + 1}.conv", config["hidden_size"], channels, config["last_kernel_size"])


def _encoder_layer(root: str, config: Config) -> Iterator[Tensor]:
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    yield from _attention(root, hidden, config)
    yield fan_in(f"{root}.mlp.fc1.weight", (inner, hidden), hidden)
    yield fan_in(f"{root}.mlp.fc2.weight", (hidden, inner), inner)
    for norm in ("input_layernorm", "post_attention_layernorm"):
        yield _norm(f"{root}.{norm}.weight", hidden)
        yield Tensor(f"{root}.{norm}.bias", (hidden,), -0.1, 0.1)
    yield from _layer_scales(root, hidden)


def _attention(root: str, hidden: int, config: Config) -> Iterator[Tensor]:
    queries = config["num_attention_heads"] * config["head_dim"]
    keys = config["num_key_value_heads"] * config["head_dim"]
    yield fan_in(f"{root}.self_attn.q_proj.weight", (queries, hidden), hidden)
    yield fan_in(f"{root}.self_attn.k_proj.weight", (keys, hidden), hidden)
    yield fan_in(f"{root}.self_attn.v_proj.weight", (keys, hidden), hidden)
    yield fan_in(f"{root}.self_attn.o_proj.weight", (hidden, queries), queries)


def _layer_scales(root: str, hidden: int) -> Iterator[Tensor]:
    yield Tensor(f"{root}.self_attn_layer_scale.scale", (hidden,), 0.1, 0.5)
    yield Tensor(f"{root}.mlp_layer_scale.scale", (hidden,), 0.1, 0.5)


def _encoder_quantizer(root: str, config: Config, count: int) -> Iterator[Tensor]:
    width, rows, hidden = config["codebook_dim"], config["codebook_size"], config["hidden_size"]
    for index in range(count):
        book = f"{root}.layers.{index}.codebook"
        yield Tensor(f"{book}.initialized", (1,), 1.0, 1.0)
        yield Tensor(f"{book}.cluster_usage", (rows,), 0.5, 1.5)
        yield Tensor(f"{book}.embed_sum", (rows, width), -1.5, 1.5)
    yield fan_in(f"{root}.input_proj.weight", (width, hidden, 1), hidden)
    yield fan_in(f"{root}.output_proj.weight", (hidden, width, 1), width)


def _decoder(config: Config, loudness: float) -> Iterator[Tensor]:
    latent = config["latent_dim"]
    yield from _decoder_transformer(config)
    yield from _decoder_quantizer("decoder.quantizer.rvq_first", config, 1)
    yield from _decoder_quantizer("decoder.quantizer.rvq_rest", config, config["num_quantizers"] - 1)
    yield from _conv("decoder.pre_conv.conv", latent, config["codebook_dim"], 3)
    for index, ratio in enumerate(config["upsampling_ratios"]):
        yield from _transposed(f"decoder.upsample.{index}.0.conv", latent, latent, ratio, ratio)
        yield from _convnext(f"decoder.upsample.{index}.1", latent)
    yield from _waveform(config, loudness)


def _decoder_transformer(config: Config) -> Iterator[Tensor]:
    root, hidden, inner = "decoder.pre_transformer", config["hidden_size"], config["intermediate_size"]
    for index in range(config["num_hidden_layers"]):
        layer = f"{root}.layers.{index}"
        yield from _attention(layer, hidden, config)
        yield fan_in(f"{layer}.mlp.gate_proj.weight", (inner, hidden), hidden)
        yield fan_in(f"{layer}.mlp.up_proj.weight", (inner, hidden), hidden)
        yield fan_in(f"{layer}.mlp.down_proj.weight", (hidden, inner), inner)
        yield _norm(f"{layer}.input_layernorm.weight", hidden)
        yield _norm(f"{layer}.post_attention_layernorm.weight", hidden)
        yield from _layer_scales(layer, hidden)
    yield _norm(f"{root}.norm.weight", hidden)
    for name, out, inside in (
        ("input_proj", hidden, config["latent_dim"]),
        ("output_proj", config["latent_dim"], hidden),
    ):
        yield fan_in(f"{root}.{name}.weight", (out, inside), inside)
        yield Tensor(f"{root}.{name}.bias", (out,), -0.1, 0.1)


def _decoder_quantizer(root: str, config: Config, count: int) -> Iterator[Tensor]:
    whole, rows = config["codebook_dim"], config["codebook_size"]
    width = whole // 2
    yield fan_in(f"{root}.input_proj.weight", (width, whole, 1), whole)
    yield fan_in(f"{root}.output_proj.weight", (whole, width, 1), width)
    for index in range(count):
        book = f"{root}.vq.layers.{index}._codebook"
        yield Tensor(f"{book}.cluster_usage", (rows,), 0.5, 1.5)
        yield Tensor(f"{book}.embedding_sum", (rows, width), -1.5, 1.5)


def _convnext(root: str, width: int) -> Iterator[Tensor]:
    yield Tensor(f"{root}.gamma", (width,), 0.1, 0.5)
    yield fan_in(f"{root}.dwconv.conv.weight", (width, 1, 7), 7)
    yield Tensor(f"{root}.dwconv.conv.bias", (width,), -0.1, 0.1)
    yield _norm(f"{root}.norm.weight", width)
    yield Tensor(f"{root}.norm.bias", (width,), -0.1, 0.1)
    for name, out, inside in (("pwconv1", 4 * width, width), ("pwconv2", width, 4 * width)):
        yield fan_in(f"{root}.{name}.weight", (out, inside), inside)
        yield Tensor(f"{root}.{name}.bias", (out,), -0.1, 0.1)


def _waveform(config: Config, loudness: float) -> Iterator[Tensor]:
    """Per rate: an activation, a transposed convolution, three dilated residual units; then one channel of sound."""
    root, width = "decoder.decoder", config["decoder_dim"]
    yield from _conv(f"{root}.0.conv", width, config["latent_dim"], 7)
    for index, rate in enumerate(config["upsample_rates"], start=1):
        block = f"{root}.{index}.block"
        yield from _snake(f"{block}.0", width)
        yield from _transposed(f"{block}.1.conv", width, width // 2, 2 * rate, rate)
        width //= 2
        for unit in range(2, 5):
            yield from _snake(f"{block}.{unit}.act1", width)
            yield from _conv(f"{block}.{unit}.conv1.conv", width, width, 7, gain=0.6)
            yield from _snake(f"{block}.{unit}.act2", width)
            yield from _conv(f"{block}.{unit}.conv2.conv", width, width, 1, gain=0.6)
    last = len(config["upsample_rates"]) + 1
    yield from _snake(f"{root}.{last}", width)
    yield from _conv(f"{root}.{last + 1}.conv", 1, width, 7, gain=loudness)


def _snake(root: str, width: int) -> Iterator[Tensor]:
    yield Tensor(f"{root}.alpha", (width,), -0.5, 0.5)
    yield Tensor(f"{root}.beta", (width,), -0.2, 0.8)


def _conv(name: str, out: int, inside: int, kernel: int, gain: float = 1.0) -> Iterator[Tensor]:
    yield fan_in(f"{name}.weight", (out, inside, kernel), inside * kernel, gain)
    yield Tensor(f"{name}.bias", (out,), -0.05, 0.05)


def _transposed(name: str, inside: int, out: int, kernel: int, stride: int) -> Iterator[Tensor]:
    """Each output sample sees kernel / stride taps of every input channel."""
    yield fan_in(f"{name}.weight", (inside, out, kernel), inside * kernel // stride)
    yield Tensor(f"{name}.bias", (out,), -0.05, 0.05)


def _norm(name: str, width: int) -> Tensor:
    return Tensor(name, (width,), 0.7, 1.3)
