"""One checkpoint with all its parts on one device: talker, codec, and for clones the two encoders."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import torch
from torch import nn

from backend.core.errors import OutOfMemory
from backend.engines.base import DeviceChoice
from backend.engines.device import give_back, let_go
from backend.engines.qwen3_tts.codec.decoder import CodecDecoder
from backend.engines.qwen3_tts.codec.encoder import CodecEncoder
from backend.engines.qwen3_tts.generation import RestingBackend
from backend.engines.qwen3_tts.model import Qwen3TTS
from backend.engines.qwen3_tts.quick import backend_for, decoder_for
from backend.engines.qwen3_tts.speaker_encoder import SpeakerEncoder

DTYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32}
MODEL_SHARE, CODEC_SHARE = 0.5, 0.6
"""Shares of a load after which the model, and the codec, are read; the rest is packing."""
CODEC_THREADS = 1
"""Threads of the codec, where the language model has its own."""


class Checkpoint:
    """Loaded and ready to speak, or parked on the host."""

    def __init__(self, key: str, folder: Path, codec_folder: Path, device: DeviceChoice, packed: Path) -> None:
        """`packed` keeps what `backend_for` makes of weights."""
        self.key = key
        self.folder = folder
        self.device = device
        self._codec_folder = codec_folder
        self._dtype = DTYPES[device.dtype]
        self._packed = packed

    def load(self, told: Callable[[float], None]) -> None:
        """Raises EngineUnavailable, OutOfMemory."""
        quick = bool(self.device.quantised)
        torch.set_num_threads(min(CODEC_THREADS, self.device.threads) if quick else self.device.threads)
        self.model = Qwen3TTS.load(self.folder, self.device.kind, self._dtype, lambda share: told(share * MODEL_SHARE))
        self.decoder = CodecDecoder.load(self._codec_folder, self.device.kind, self._dtype)
        told(CODEC_SHARE)
        fewer = f"-{self.device.quantised}" if self.device.quantised not in ("", "int8") else ""
        folder = self._packed / f"{self.key}-{self.fingerprint}{fewer}"
        self.backend, self.doubt = backend_for(
            self.model, self.device, folder, lambda share: told(CODEC_SHARE + share * (1 - CODEC_SHARE))
        )
        self.decoder = decoder_for(self.decoder, self.backend)
        if self.device.quantised:  # its weights were packed; of the file a few rows are used from now on
            for file in self.folder.glob("*.safetensors"):
                let_go(file)
        give_back(self.device.kind)  # what was only needed to put weights in order

    @cached_property
    def encoder(self) -> CodecEncoder:
        """Exact in float32: codes are nearest neighbours, and a rounded distance takes another."""
        return CodecEncoder.load(self._codec_folder, self.device.kind)

    @cached_property
    def speaker_encoder(self) -> SpeakerEncoder:
        return SpeakerEncoder.load(self.folder, self.device.kind)

    def park(self) -> None:
        """To the memory of the host; on the CPU it is there."""
        self._move("cpu")

    def wake(self) -> None:
        self._move(self.device.kind)

    def _move(self, device: str) -> None:
        if self.device.kind == "cpu":
            return
        for name in ("encoder", "speaker_encoder"):  # small, and read again when a new voice comes
            self.__dict__.pop(name, None)
        if isinstance(self.backend, RestingBackend) and device == "cpu":
            self.backend.rest()
        for module in (self.model.talker, self.decoder.network):
            _moved(module, device, pinned=self.device.kind == "cuda" and device == "cpu")
        if isinstance(self.backend, RestingBackend) and device != "cpu":
            self.backend.wake()

    @cached_property
    def fingerprint(self) -> str:
        """Changes with the weights that turn a reference into a prompt."""
        digest = hashlib.sha256()
        for file in (self.folder / "model.safetensors", self._codec_folder / "model.safetensors"):
            if file.is_file():
                with file.open("rb") as stream:
                    digest.update(stream.read(1 << 20))
                digest.update(str(file.stat().st_size).encode())
        return digest.hexdigest()[:16]


def _moved(module: nn.Module, device: str, pinned: bool) -> None:
    """In place; pinned memory makes the way back to a GPU a plain copy. What shared memory shares it afterwards."""
    moved: dict[tuple[object, ...], torch.Tensor] = {}
    for tensor in (*module.parameters(), *module.buffers()):
        place = (tensor.data_ptr(), tensor.dtype, tensor.shape, tensor.stride())
        if place not in moved or not tensor.numel():  # nothing lies nowhere, and all nothings lie there
            moved[place] = _pinned(tensor.data) if pinned else tensor.data.to(device)
        tensor.data = moved[place]


def _pinned(tensor: torch.Tensor) -> torch.Tensor:
    """Straight into pinned memory: by way of ordinary memory it would be on the host twice for a while."""
    return torch.empty_like(tensor, device="cpu", pin_memory=True).copy_(tensor)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a library's error says that memory ran out."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    words = str(error).lower()
    return isinstance(error, RuntimeError) and any(w in words for w in ("out of memory", "not enough memory"))


def out_of_memory(kind: str) -> OutOfMemory:
    where = {"cuda": "of the graphics card", "mps": "of this Mac"}.get(kind, "of this machine")
    return OutOfMemory(
        f"The memory {where} did not suffice for Qwen3-TTS.",
        hint="Close other programs, take the 0.6B models, or set STUDIO_DEVICE to cpu.",
    )
