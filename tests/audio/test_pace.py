"""Speed and pitch are changed afterwards, each by itself, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest

from backend.audio.pace import is_asked, paced

RATE = 24_000
TONE = (0.3 * np.sin(2 * np.pi * 200 * np.arange(3 * RATE) / RATE)).astype(np.float32)


@pytest.mark.parametrize(
    ("speed", "pitch"), [(1.5, 0), (0.5, 0), (0.25, 0), (4, 0), (1, 5), (1, -12), (2, -7), (0.5, 12)]
)
def test_length_follows_speed_and_frequency_follows_pitch(speed: float, pitch: float) -> None:
    heard = paced(TONE, RATE, speed, pitch)
    assert len(heard) / RATE == pytest.approx(3 / speed, rel=0.01, abs=0.05)
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert spectrum.argmax() * RATE / len(heard) == pytest.approx(200 * 2 ** (pitch / 12), rel=0.01)
    assert np.abs(heard).max() == pytest.approx(0.3, rel=0.05)
    assert heard.dtype == np.float32


def test_nothing_asked_and_nothing_there_stay_as_they_are() -> None:
    assert paced(TONE, RATE, 1.0, 0.0) is TONE
    assert len(paced(TONE[:0], RATE, 2.0, 0.0)) == 0
    assert not is_asked(1.0, 0.0) and is_asked(1.01, 0.0) and is_asked(1.0, 0.5)
