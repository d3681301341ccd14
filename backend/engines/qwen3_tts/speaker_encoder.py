"""How a voice sounds, as the talker wants to be told: an ECAPA-TDNN over mel bands. B rows, C channels, T steps.

B. Desplanques et al., "ECAPA-TDNN", 2020. Modules are named as the tensors of the checkpoint are.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from backend.audio.mel import filterbank
from backend.core.errors import BadAudio
from backend.core.types import STUDIO_RATE, Samples
from backend.engines.qwen3_tts.config import ModelConfig, unusable
from backend.engines.qwen3_tts.model import fill
from backend.engines.qwen3_tts.weights import Weights

WINDOW, HOP, BANDS, HIGHEST = 1024, 256, 128, 12_000
PREFIX = "speaker_encoder."


class TimeDelay(nn.Module):
    def __init__(self, channels: int, out: int, kernel: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.conv = same_conv(channels, out, kernel, dilation)

    def forward(self, values: Tensor) -> Tensor:
        return functional.relu(self.conv(values))


def same_conv(channels: int, out: int, kernel: int = 1, dilation: int = 1) -> nn.Conv1d:
    return nn.Conv1d(channels, out, kernel, dilation=dilation, padding="same", padding_mode="reflect")


class Res2Net(nn.Module):
    def __init__(self, channels: int, scale: int, kernel: int, dilation: int) -> None:
        super().__init__()
        part = channels // scale
        self.blocks = nn.ModuleList(TimeDelay(part, part, kernel, dilation) for _ in range(scale - 1))

    def forward(self, values: Tensor) -> Tensor:
        first, *others = values.chunk(len(self.blocks) + 1, dim=1)
        outputs = [first]
        for number, (block, part) in enumerate(zip(self.blocks, others, strict=True)):
            outputs.append(block(part + outputs[-1] if number else part))
        return torch.cat(outputs, dim=1)


class SqueezeExcitation(nn.Module):
    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.conv1 = same_conv(channels, inner)
        self.conv2 = same_conv(inner, channels)

    def forward(self, values: Tensor) -> Tensor:
        mean = values.mean(dim=2, keepdim=True)
        return values * torch.sigmoid(self.conv2(functional.relu(self.conv1(mean))))


class Block(nn.Module):
    def __init__(self, channels: int, out: int, config: Mapping[str, Any], kernel: int, dilation: int) -> None:
        super().__init__()
        self.tdnn1 = TimeDelay(channels, out)
        self.res2net_block = Res2Net(out, config["enc_res2net_scale"], kernel, dilation)
        self.tdnn2 = TimeDelay(out, out)
        self.se_block = SqueezeExcitation(out, config["enc_se_channels"])

    def forward(self, values: Tensor) -> Tensor:
        changed = self.tdnn2(self.res2net_block(self.tdnn1(values)))
        added: Tensor = self.se_block(changed) + values
        return added


class Pooling(nn.Module):
    """Mean and deviation over time, by an attention that knows both of the whole recording."""

    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.tdnn = TimeDelay(3 * channels, inner)
        self.conv = same_conv(inner, channels)

    def forward(self, values: Tensor) -> Tensor:
        even = torch.full_like(values[:, :1], 1 / values.shape[2])
        known = torch.cat([values, *(part.expand_as(values) for part in _moments(values, even))], dim=1)
        weights = torch.softmax(self.conv(torch.tanh(self.tdnn(known))), dim=2)
        return torch.cat(_moments(values, weights), dim=1)


def _moments(values: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    mean = (weights * values).sum(2, keepdim=True)
    spread = (weights * (values - mean).pow(2)).sum(2, keepdim=True).clamp(min=1e-12).sqrt()
    return mean, spread


class Network(nn.Module):
    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        widths, kernels, dilations = config["enc_channels"], config["enc_kernel_sizes"], config["enc_dilations"]
        self.blocks = nn.ModuleList([TimeDelay(config["mel_dim"], widths[0], kernels[0], dilations[0])])
        for number in range(1, len(widths) - 1):
            block = Block(widths[number - 1], widths[number], config, kernels[number], dilations[number])
            self.blocks.append(block)
        self.mfa = TimeDelay(widths[-1], widths[-1], kernels[-1], dilations[-1])
        self.asp = Pooling(widths[-1], config["enc_attention_channels"])
        self.fc = same_conv(2 * widths[-1], config["enc_dim"])

    def forward(self, mel: Tensor) -> Tensor:
        """(B, bands, T) → (B, enc_dim)."""
        values, heard = mel, []
        for block in self.blocks:
            values = block(values)
            heard.append(values)
        pooled = self.asp(self.mfa(torch.cat(heard[1:], dim=1)))
        vector: Tensor = self.fc(pooled).squeeze(-1)
        return vector


class SpeakerEncoder:
    """The encoder of a Base checkpoint."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._bank = torch.from_numpy(filterbank(STUDIO_RATE, WINDOW, BANDS, 0, HIGHEST))

    @classmethod
    def load(
        cls, folder: Path, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32
    ) -> SpeakerEncoder:
        """Read it from a model folder. Raises EngineUnavailable where the checkpoint has none."""
        config = ModelConfig.read(folder).speaker_encoder
        try:
            with torch.device("meta"):
                network = Network(config)
        except (KeyError, TypeError) as error:
            raise unusable(folder, "it holds no speaker encoder") from error
        fill(network, Weights(folder), PREFIX, device, dtype)
        return cls(network.eval().requires_grad_(False))

    @torch.inference_mode()
    def embed(self, samples: Samples) -> Tensor:
        """24 kHz, shape (n_samples,), a tenth of a second at least → vector (enc_dim,) on the CPU.

        Raises BadAudio for less.
        """
        if len(samples) < STUDIO_RATE // 10:
            raise BadAudio("The reference is too short.", hint="Speak for 5 to 15 seconds.", code="audio-too-short")
        weight = self.network.fc.weight
        mel = self._mel(torch.as_tensor(samples, dtype=torch.float32))
        vector: Tensor = self.network(mel.to(device=weight.device, dtype=weight.dtype))[0]
        return vector.cpu()

    def _mel(self, samples: Tensor) -> Tensor:
        """Logarithm of the mel bands, (1, bands, T)."""
        room = (WINDOW - HOP) // 2
        padded = functional.pad(samples[None, None], (room, room), mode="reflect")[0]
        spectrum = torch.stft(padded, WINDOW, HOP, window=torch.hann_window(WINDOW), center=False, return_complex=True)
        magnitude = torch.sqrt(torch.view_as_real(spectrum).pow(2).sum(-1) + 1e-9)
        return torch.log(torch.clamp(self._bank @ magnitude, min=1e-5))
