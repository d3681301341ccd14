"""How a voice sounds, as 256 numbers: the GE2E speaker encoder. Two recordings of one person lie close together.

L. Wan et al., "Generalized End-to-End Loss for Speaker Verification", 2018. The weights are those that the package
resemblyzer brings (its code is not used: it wants old packages); any checkpoint of the same layout loads, too.
"""

from __future__ import annotations

import importlib.util
import pickle
import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.audio.mel import filterbank
from backend.core.errors import BadAudio, EngineUnavailable
from backend.core.types import STUDIO_RATE, Samples
from backend.engines.base import AVAILABLE, Availability

SIZE = 256
RATE = 16_000  # hertz that the encoder hears
_WINDOW, _HOP, _BANDS = 400, 160, 40
_FRAMES = 160
"""Frames of one look, 1.6 s: the length the encoder was taught with."""
LEVEL = -30.0  # dB that it was taught with
_SPEAKING = 0.3  # of the usual level, under which a look hears a pause
_AT_ONCE = 64  # looks in one batch
SETUP = "Install the studio set: ./setup.sh, or the models page."

Embedding = NDArray[np.float32]
"""Unit vector, shape (256,)."""


@dataclass(frozen=True)
class Looks:
    """A recording heard in overlapping looks of 1.6 s."""

    vectors: NDArray[np.float32]
    """Unit vectors, shape (n_looks, 256), of those in which somebody speaks."""
    seconds: NDArray[np.float64]
    """Middle of each look, shape (n_looks,)."""


class SpeakerEncoder:
    """Loaded when it is first asked. May be shared by threads."""

    def __init__(self, checkpoint: Path | None = None) -> None:
        self._checkpoint = checkpoint
        self._lock = threading.Lock()

    def availability(self) -> Availability:
        """Cheap: looks for the packages, imports none."""
        if importlib.util.find_spec("torch") is None:
            return Availability(False, "Voices cannot be compared: torch is not installed.", SETUP)
        path = self._checkpoint or bundled()
        if path is None or not path.is_file():
            return Availability(False, "Voices cannot be compared: the package resemblyzer is missing.", SETUP)
        return AVAILABLE

    def embed(self, samples: Samples) -> Embedding:
        """24 kHz, shape (n_samples,) → unit vector (256,), the mean over what is spoken.

        Raises EngineUnavailable, BadAudio for silence.
        """
        mean = self.looks(samples).vectors.mean(axis=0)
        return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)

    def looks(self, samples: Samples, per_second: float = 2.5) -> Looks:
        """The same for every stretch of it, so many a second. Raises EngineUnavailable, BadAudio."""
        heard = _heard(samples)
        mel = _mel(heard)
        step = max(1, round(RATE / _HOP / per_second))
        starts = np.arange(0, max(1, len(mel) - 3 * _FRAMES // 4), step)  # the last look may be a quarter silence
        padded = np.pad(mel, ((0, max(0, int(starts[-1]) + _FRAMES - len(mel))), (0, 0)))
        level = np.array([_rms(heard[at * _HOP : (at + _FRAMES) * _HOP]) for at in starts])
        starts = starts[level > _SPEAKING * np.median(level)]
        views = np.stack([padded[at : at + _FRAMES] for at in starts])
        return Looks(self._encoded(views), (starts + _FRAMES / 2) * _HOP / RATE)

    def _encoded(self, views: NDArray[np.float32]) -> NDArray[np.float32]:
        """Shape (n, 160, 40) → (n, 256)."""
        availability = self.availability()
        if not availability.ok:
            raise EngineUnavailable(availability.reason, hint=availability.hint)
        import torch

        with self._lock, torch.inference_mode():
            network = self._network
            parts = [network(torch.from_numpy(views[at : at + _AT_ONCE])) for at in range(0, len(views), _AT_ONCE)]
        return np.concatenate([part.numpy() for part in parts])

    @cached_property
    def _network(self) -> Any:
        import torch

        state = _state(self._checkpoint or bundled())
        lstm = torch.nn.LSTM(_BANDS, SIZE, 3, batch_first=True)
        linear = torch.nn.Linear(SIZE, SIZE)
        lstm.load_state_dict({name[5:]: value for name, value in state.items() if name.startswith("lstm.")})
        linear.load_state_dict({name[7:]: value for name, value in state.items() if name.startswith("linear.")})

        def network(mel: Any) -> Any:
            _, (hidden, _) = lstm(mel)
            return torch.nn.functional.normalize(torch.relu(linear(hidden[-1])), dim=1)

        return network


def bundled() -> Path | None:
    """The weights in the package resemblyzer, found without importing it."""
    spec = importlib.util.find_spec("resemblyzer")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    return Path(folders[0]) / "pretrained.pt" if folders else None


def likeness(one: Embedding, other: Embedding) -> float:
    """Cosine, -1 to 1: about 0.87 for two recordings of one person, about 0.55 for two people (`docs/benchmarks.md`).

    No promise of how alike a listener finds them.
    """
    return float(one @ other)


def _state(path: Path | None) -> dict[str, Any]:
    import torch

    assert path is not None, "the encoder is available, so its file is"
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)["model_state"]
    except (OSError, KeyError, RuntimeError, pickle.UnpicklingError, EOFError) as error:
        raise EngineUnavailable(
            "The speaker encoder's file is damaged.", hint="Install or download it again."
        ) from error
    return state


def _heard(samples: Samples) -> NDArray[np.float32]:
    """16 kHz at the level that the encoder was taught with."""
    from scipy.signal import resample_poly

    heard = resample_poly(samples.astype(np.float64), RATE // 8000, STUDIO_RATE // 8000)
    level = _rms(heard)
    if len(heard) < _WINDOW or level < 1e-6:
        raise BadAudio("There is no voice to compare.", hint="Take a recording with speech in it.", code="audio-silent")
    return np.asarray(heard * (10 ** (LEVEL / 20) / level), dtype=np.float32)


def _mel(heard: NDArray[np.float32]) -> NDArray[np.float32]:
    """Power in 40 mel bands every 10 ms, shape (n_frames, 40)."""
    padded = np.pad(heard, _WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    window = np.hanning(_WINDOW + 1)[:-1]
    power = np.abs(np.fft.rfft(frames * window, axis=1)) ** 2
    return np.asarray(power @ filterbank(RATE, _WINDOW, _BANDS).T, dtype=np.float32)


def _rms(samples: NDArray[Any]) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0
