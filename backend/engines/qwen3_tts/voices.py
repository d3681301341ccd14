"""Recordings become prompts once: codes and speaker vector are kept on disk, by the recording and by the checkpoint."""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import threading
import wave
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from backend.core.errors import BadAudio
from backend.core.types import STUDIO_RATE, ClonedVoice, Samples
from backend.engines.qwen3_tts.checkpoint import Checkpoint
from backend.engines.qwen3_tts.codec.layers import State
from backend.engines.qwen3_tts.prompts import VoicePrompt

log = logging.getLogger(__name__)

MOST_FILES = 500
"""Prompts kept on disk, 10 kB each; the longest unused go."""
MOST_READY = 4
"""Voices whose codec has heard their reference, kept in memory."""


@dataclass(frozen=True)
class Ready:
    """A voice that can go on speaking at once."""

    prompt: VoicePrompt
    state: State
    """Of the codec's decoder, after the reference."""


class VoiceLibrary:
    """Prompts of recordings. One per engine; its files hold nothing that cannot be made again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ready: OrderedDict[tuple[str, str, str], Ready] = OrderedDict()
        self._turn = threading.Lock()
        self.encoded = 0
        """How often a recording was really encoded."""

    def forget(self) -> None:
        """What is in memory; the files stay."""
        self._ready.clear()

    def ready(self, voice: ClonedVoice, checkpoint: Checkpoint) -> Ready:
        """The voice for one sentence; its state may be used up. Raises BadAudio for a recording that is gone."""
        audio = _bytes(voice.reference)
        name = f"{hashlib.sha256(audio).hexdigest()[:24]}-{checkpoint.fingerprint}"
        place = (name, voice.transcript, checkpoint.key)
        with self._turn:  # several may be speaking
            if place not in self._ready:
                self._ready[place] = self._made(self._prompt(voice, checkpoint, name), checkpoint)
                while len(self._ready) > MOST_READY:
                    self._ready.popitem(last=False)
            self._ready.move_to_end(place)
            kept = self._ready[place]
        return Ready(kept.prompt, kept.state.clone())

    def _made(self, prompt: VoicePrompt, checkpoint: Checkpoint) -> Ready:
        state = checkpoint.decoder.start()
        if prompt.in_context and prompt.codes is not None:
            checkpoint.decoder.push(prompt.codes.T[None], state)
        return Ready(prompt, state)

    def _prompt(self, voice: ClonedVoice, checkpoint: Checkpoint, name: str) -> VoicePrompt:
        path = self._folder / f"{name}.safetensors"
        kept = _read(path)
        if kept is None:
            samples = _samples(voice.reference)
            self.encoded += 1
            kept = {
                "codes": checkpoint.encoder.encode(samples).contiguous(),
                "speaker": checkpoint.speaker_encoder.embed(samples).float().contiguous(),
            }
            self._write(path, kept)
        return VoicePrompt(kept["speaker"], kept["codes"], voice.transcript)

    def _write(self, path: Path, kept: dict[str, torch.Tensor]) -> None:
        """A cache that cannot be written costs time, nothing else."""
        partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            save_file(kept, partial)
            os.replace(partial, path)
            self._tidy()
        except OSError as error:
            log.info("a voice could not be kept: %s", error)
            partial.unlink(missing_ok=True)

    def _tidy(self) -> None:
        files = sorted(self._folder.glob("*.safetensors"), key=lambda file: file.stat().st_mtime)
        for file in files[:-MOST_FILES]:
            file.unlink(missing_ok=True)


def _read(path: Path) -> dict[str, torch.Tensor] | None:
    """None where there is nothing, or nothing whole."""
    try:
        kept = load_file(path)
        os.utime(path)
    except (OSError, SafetensorError):
        return None
    return kept if {"codes", "speaker"} <= kept.keys() else None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadAudio(
            "The recording of this voice cannot be read.", hint="Record it again, or restore the voice."
        ) from error


def _samples(path: Path) -> Samples:
    """The studio's own kind of WAV: mono, 24 kHz, 16 bits."""
    try:
        with wave.open(str(path)) as file:
            if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (STUDIO_RATE, 1, 2):
                raise BadAudio("The recording of this voice is of another kind.", hint="Record it again.")
            data = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise BadAudio("The recording of this voice is damaged.", hint="Record it again.") from error
    return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32768)
