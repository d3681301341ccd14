"""The decoder's layers give what PyTorch's own give, whichever way they are computed."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional

from backend.engines.qwen3_tts.codec import moments
from backend.engines.qwen3_tts.codec.decoder import CodecDecoder
from backend.engines.qwen3_tts.codec.layers import State
from backend.engines.qwen3_tts.codec.moments import SnakeBeta, StreamConv, StreamUpsampling

TOKENIZER = "Qwen3-TTS-Tokenizer-12Hz"


def drawn(layer: nn.Module, seed: int = 0) -> None:
    generator = torch.Generator().manual_seed(seed)
    for weight in layer.parameters():
        weight.requires_grad_(False).copy_(torch.randn(weight.shape, generator=generator, dtype=weight.dtype))


@pytest.mark.parametrize(("kernel", "stride"), [(16, 8), (6, 3), (2, 2), (12, 4)])
def test_upsampling_by_a_matrix_is_the_transposed_convolution_without_its_tail(kernel: int, stride: int) -> None:
    layer = StreamUpsampling(5, 3, kernel, stride).double()
    drawn(layer)
    values = torch.randn(2, 7, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    expected = layer.conv(values.transpose(1, 2))[..., : 7 * stride].transpose(1, 2)
    layer.settle()
    state = State(2)
    pieces = torch.cat([layer(values[:, :3], state), layer(values[:, 3:4], state), layer(values[:, 4:], state)], dim=1)
    assert torch.allclose(pieces, expected, atol=1e-12)
    assert torch.allclose(layer(values, State(2)), expected, atol=1e-12)


def test_upsampling_whose_kernel_is_no_multiple_of_its_stride_is_refused() -> None:
    with pytest.raises(ValueError, match="no multiple"):
        StreamUpsampling(4, 4, 5, 2)


@pytest.mark.parametrize(("kernel", "dilation", "groups"), [(7, 1, 1), (7, 9, 1), (1, 1, 1), (7, 1, 6)])
def test_a_convolution_of_moments_is_the_convolution_after_zeros(kernel: int, dilation: int, groups: int) -> None:
    layer = StreamConv(6, 6, kernel, dilation=dilation, groups=groups).double()
    drawn(layer)
    values = torch.randn(2, 9, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    padded = functional.pad(values.transpose(1, 2), ((kernel - 1) * dilation, 0))
    expected = layer.conv(padded).transpose(1, 2)
    layer.settle()
    state = State(2)
    pieces = torch.cat([layer(values[:, :2], state), layer(values[:, 2:], state)], dim=1)
    assert torch.allclose(pieces, expected, atol=1e-12)


@pytest.mark.parametrize("reach", [0.1, 10.0, 3000.0])
def test_the_compiled_activation_is_the_written_one(reach: float) -> None:
    assert torch.float32 in moments._quick(), "numba is installed where tests run"
    layer = SnakeBeta(33)
    drawn(layer)
    values = reach * torch.randn(2, 50, 33, generator=torch.Generator().manual_seed(1))
    wide = values.double()
    expected = wide + torch.sin(wide * layer.alpha.double().exp()).square() / (layer.beta.double().exp() + 1e-9)
    # An angle of 3000 · 10 in float32 is itself known to 0.001 only.
    allowed = (1e-6 + 4e-7 * (wide * layer.alpha.double().exp()).abs()) / layer.beta.double().exp() + 2e-7 * wide.abs()
    assert ((layer(values).double() - expected).abs() < allowed + 1e-6).all()


def test_the_compiled_activation_rounds_bfloat16_once() -> None:
    layer = SnakeBeta(33).bfloat16()
    drawn(layer)
    values = torch.randn(2, 50, 33, generator=torch.Generator().manual_seed(1)).bfloat16()
    wide = values.double()
    shares = 1 / (layer.beta.double().exp() + 1e-9)
    expected = wide + torch.sin(wide * layer.alpha.double().exp()).square() * shares
    assert ((layer(values).double() - expected).abs() <= expected.abs() * 2**-8 + 1e-6).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_without_the_compiler_it_sounds_the_same(
    dtype: torch.dtype, tiny_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoder = CodecDecoder.load(tiny_models / TOKENIZER, dtype=dtype)
    codes = torch.randint(0, 256, (1, 16, 20), generator=torch.Generator().manual_seed(0))
    compiled = decoder.push(codes, decoder.start())
    monkeypatch.setattr(moments, "_quick", dict)
    plain = decoder.push(codes, decoder.start())
    assert (compiled - plain).abs().max() < (1e-5 if dtype is torch.float32 else 0.1)
