"""Recordings that the benchmark clones: six LibriSpeech readers where they are at hand, else voices made here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.io import wavfile
from scipy.signal import resample_poly

from backend.core.types import ClonedVoice
from backend.engines.preview.library import find_library
from backend.engines.preview.workers import WorkerLine

RATE = 24_000  # hertz
SECONDS = 15.0  # of each reference
READERS = ("367", "533", "3331", "1688", "2414", "3005")
VARIANTS = ("f2", "f4", "m3", "m7")  # voices of espeak-ng that are not the one the engine starts from
PASSAGE = (
    "When the ferry came in at last, the people on the pier had gone home. Two lamps were burning. "
    "A man with a red scarf tied the rope, counted the boxes, and asked whether anybody had seen his brother."
)


def references(speech: Path, folder: Path) -> tuple[dict[str, ClonedVoice], str]:
    """Voices by name, and what they are; the WAVs are written to `folder`."""
    recordings = speech / "librispeech"
    if recordings.is_dir():
        return {name: _recorded(recordings, name, folder) for name in READERS}, "LibriSpeech readers"
    return {name: _made(name, folder) for name in VARIANTS}, f"espeak-ng variants ({recordings} is not there)"


def _recorded(recordings: Path, reader: str, folder: Path) -> ClonedVoice:
    pieces = []
    for path in sorted(recordings.glob(f"{reader}-*.flac")):
        samples, rate = soundfile.read(path)
        pieces.append(resample_poly(samples, RATE, rate))
    return _written(np.concatenate(pieces), folder / f"{reader}.wav")


def _made(variant: str, folder: Path) -> ClonedVoice:
    library = find_library()
    assert library, "the engine is available, so its library is"
    request = {"runs": [{"voice": f"en-us+{variant}", "text": PASSAGE}], "rate": 160, "gap": 0}
    with WorkerLine("espeak_worker.py", (library.path, library.data), fresh=True) as line:
        header, body = line.ask(request)
    return _written(
        resample_poly(np.frombuffer(body, "<i2") / 32768.0, RATE, header["rate"]), folder / f"{variant}.wav"
    )


def _written(samples: NDArray[np.float64], path: Path) -> ClonedVoice:
    heard = samples[: int(RATE * SECONDS)]
    scaled = 0.7 * heard / max(float(np.abs(heard).max()), 1e-9)
    wavfile.write(path, RATE, (scaled * 32767).astype(np.int16))
    return ClonedVoice(path)
