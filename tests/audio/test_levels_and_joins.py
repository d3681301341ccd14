"""Loudness, peaks, joins: even segments, no clicks, nothing over the ceiling."""

from __future__ import annotations

import numpy as np
import pytest

from backend.audio.files import Outline
from backend.audio.join import Joiner, Piece, equal_power, timeline
from backend.audio.loudness import CEILING, TARGET, apply_gain, gains, limited, loudness, measure, true_peak, wanted
from backend.core.tables.emotions import EMOTIONS
from backend.core.types import Samples

RATE = 24_000


def speech(seconds: float, level: float = 0.1, seed: int = 0) -> Samples:
    """Something with the ups and downs of speech."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * RATE)) / RATE
    buzz = sum(np.sin(2 * np.pi * 130 * k * t + rng.uniform(0, 6)) / k for k in range(1, 20))
    syllables = np.clip(np.sin(2 * np.pi * 3.3 * t + 1), 0.05, 1)
    return np.asarray(level * buzz * syllables + 0.002 * rng.standard_normal(len(t)), dtype=np.float32)


def join(parts: list[Samples], pauses: list[int], crossfade: int = 0, lead: int = 0) -> tuple[Samples, tuple[int, ...]]:
    plan = timeline([Piece(len(p), pause) for p, pause in zip(parts, pauses, strict=True)], lead, crossfade)
    pieces: list[Samples] = []
    joiner = Joiner(plan, RATE, lambda samples: pieces.append(samples.copy()))
    for part in parts:
        joiner.add(part)
    joiner.finish()
    whole = np.concatenate(pieces)
    assert len(whole) == plan.total
    return whole, plan.starts


@pytest.mark.parametrize("seconds", [0.02, 0.1, 0.3, 0.39, 0.41, 3.0])
def test_segments_of_any_length_have_a_loudness(seconds: float) -> None:
    t = np.arange(int(seconds * RATE)) / RATE
    tone = (0.1 * np.sin(2 * np.pi * 1000 * t)).astype(np.float32)
    measured = loudness(tone, RATE)
    assert measured == pytest.approx(-23.0, abs=0.7)


def test_silence_has_no_loudness() -> None:
    assert loudness(np.zeros(RATE, np.float32), RATE) is None
    assert loudness(np.zeros(0, np.float32), RATE) is None
    assert gains([measure(np.zeros(RATE, np.float32), RATE)], ["happy"]) == [0.0]


def test_the_true_peak_is_found_between_the_samples() -> None:
    t = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * RATE / 4 * t + np.pi / 4).astype(np.float32)
    assert 20 * np.log10(np.abs(tone).max()) < -2.9
    assert true_peak(tone[1000:]) == pytest.approx(0.0, abs=0.3)


def test_every_emotion_ends_within_one_lu_of_its_own_level() -> None:
    emotions = list(EMOTIONS)
    parts = [speech(1.5, level, seed) for seed, level in enumerate(np.geomspace(0.003, 0.3, len(emotions)))]
    levels = [measure(part, RATE) for part in parts]
    made = [
        apply_gain(part, gain, level.peak, RATE)
        for part, gain, level in zip(parts, gains(levels, emotions), levels, strict=True)
    ]
    heard = [loudness(part, RATE) or 0.0 for part in made]
    offset = heard[0] - TARGET
    assert -3.1 <= offset <= 0.1
    for emotion, level in zip(emotions, heard, strict=True):
        assert abs(level - wanted(emotion) - offset) < 1.0, emotion
    assert max(map(true_peak, made)) <= CEILING + 0.05


@pytest.mark.parametrize("boost", [1.0, 4.0, 20.0])
def test_nothing_exceeds_the_ceiling_and_the_limiter_does_not_click(boost: float) -> None:
    loud = speech(2.0, 0.5) * np.float32(boost)
    pressed = limited(loud, RATE)
    assert true_peak(pressed) <= CEILING + 0.02
    ratio = pressed[np.abs(loud) > 0.01] / loud[np.abs(loud) > 0.01]
    assert np.abs(np.diff(ratio)).max() < 0.15


def test_pauses_are_as_long_as_asked() -> None:
    parts = [speech(0.5, seed=1), speech(0.4, seed=2)]
    whole, starts = join(parts, [RATE, RATE // 2], lead=RATE // 4)
    assert starts == (RATE // 4, RATE // 4 + len(parts[0]) + RATE)
    gap = whole[starts[0] + len(parts[0]) : starts[1]]
    assert len(gap) == RATE
    assert not gap.any()
    assert not whole[-RATE // 2 :].any()


@pytest.mark.parametrize("crossfade", [0, 240, 2400])
@pytest.mark.parametrize("pause", [0, 2400])
def test_joins_do_not_click(crossfade: int, pause: int) -> None:
    parts = [speech(1.0, 0.2, seed) for seed in range(4)]
    whole, starts = join(parts, [pause] * 4, crossfade)
    inside = np.percentile(np.concatenate([np.abs(np.diff(part)) for part in parts]), 99.9)
    edges = [*starts[1:], *(start + len(part) for start, part in zip(starts, parts, strict=True))]
    for edge in edges:
        around = np.abs(np.diff(whole[max(0, edge - 4) : edge + 4]))
        assert around.size == 0 or around.max() < inside


def test_a_crossfade_overlaps_only_where_no_pause_is() -> None:
    long, short = Piece(1000, 0), Piece(100, 10)
    assert timeline([long, short, long], crossfade=240).overlaps == (0, 50, 0)
    assert timeline([long, long], crossfade=240).total == 1760


def test_an_equal_power_crossfade_keeps_the_power() -> None:
    rise = equal_power(480)
    assert np.allclose(rise**2 + rise[::-1] ** 2, 1.0, atol=1e-5)


@pytest.mark.parametrize("total", [1, 5, 799, 800, 801, 50_000])
def test_the_outline_is_the_same_in_any_pieces(total: int) -> None:
    samples = np.random.default_rng(3).uniform(-1, 1, total).astype(np.float32)
    outline = Outline(total)
    for start in range(0, total, 777):
        outline.add(samples[start : start + 777])
    bins = np.arange(total) * min(800, total) // total
    expected = [np.abs(samples[bins == b]).max() for b in range(min(800, total))]
    assert outline.peaks() == pytest.approx(expected, abs=0.001)
