"""Prints the table of `backend/engines/preview/human_colours.py`: mean colour of women and men in LibriSpeech.

Usage: python benchmarks/human_colours.py SPEECH_DIR (the folder that holds `librispeech/` with the speakers below).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from backend.engines.preview.bands import Array, lifter
from backend.engines.preview.vocoder import analyse
from backend.engines.preview.voiceprint import voiceprint

SPEAKERS = {"FEMALE": ("367", "533", "3331"), "MALE": ("1688", "2414", "3005")}
RATE = 24_000  # hertz


def main() -> None:
    folder = Path(sys.argv[1]) / "librispeech"
    for sex, speakers in SPEAKERS.items():
        prints = [voiceprint(analyse(_speech(folder, speaker), quick=False)) for speaker in speakers]
        for part in ("voiced", "unvoiced"):
            _show(
                f"{sex}_{part.upper()}", np.mean([getattr(p, part) - getattr(p, part).mean() for p in prints], axis=0)
            )


def _speech(folder: Path, speaker: str) -> Array:
    """All recordings of a speaker at 24 kHz, shape (n,)."""
    pieces = []
    for path in sorted(folder.glob(f"{speaker}-*.flac")):
        samples, rate = soundfile.read(path)
        pieces.append(resample_poly(samples, RATE, rate))
    return np.concatenate(pieces)


def _show(name: str, colour: Array) -> None:
    smooth = lifter(colour, 24)
    print(f"{name} = (\n    " + ", ".join(f"{value:.1f}" for value in smooth) + ",\n)")


if __name__ == "__main__":
    main()
