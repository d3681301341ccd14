"""What is mended in an upload when it becomes a reference. Knows no sound."""

from __future__ import annotations

from typing import Literal, get_args

Repair = Literal["dc", "polarity", "trim", "level", "closing", "denoise"]

REPAIRS: dict[str, str] = {
    "dc": "A constant offset is removed.",
    "polarity": "A wave that was recorded upside down is turned over, where that is sure.",
    "trim": "Silence at both ends is cut off.",
    "level": "The voice is brought to -23 LUFS, its peak under -1 dBFS.",
    "closing": "Half a second of silence is put behind it, and both ends fade in 5 ms.",
    "denoise": "Steady noise beneath the voice is lowered by up to 10 dB. Only where it is asked for.",
}
"""Repair → what it does. Conversion to mono at 24 kHz is none of them: engines hear nothing else."""

USUAL: tuple[Repair, ...] = ("dc", "polarity", "trim", "level", "closing")
"""What is done where nobody asks."""

assert set(REPAIRS) == set(get_args(Repair))
