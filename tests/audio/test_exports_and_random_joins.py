"""Joins of anything with anything make no click, and no export exceeds −1 dBTP, whatever its codec adds."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from backend.audio.encode import ENCODERS, Credits, encode
from backend.audio.files import write_wav
from backend.audio.join import FADE, Joiner, Piece, timeline
from backend.audio.loudness import CEILING, apply_gain, gains, measure, true_peak
from backend.core.types import Samples

RATE = 24_000
EMOTIONS = ("neutral", "angry", "whispering", "happy")


def part(draw: np.random.Generator) -> Samples:
    """A voice, a tone, noise or next to nothing, at any level, that may begin and end at full swing."""
    t = np.arange(int(draw.uniform(0.02, 1.5) * RATE)) / RATE
    pitch = draw.uniform(80, 300)
    kinds = (
        sum(np.sin(2 * np.pi * pitch * k * t + draw.uniform(0, 6)) / k for k in range(1, 25)),
        np.sin(2 * np.pi * pitch * t + 1.5),
        draw.standard_normal(len(t)),
        1e-4 * draw.standard_normal(len(t)) + draw.uniform(-0.3, 0.3),
    )
    return np.asarray(draw.uniform(0.01, 0.6) * kinds[int(draw.integers(len(kinds)))], dtype=np.float32)


def joined(draw: np.random.Generator) -> tuple[Samples, list[int], set[int], list[Samples]]:
    """Everything at its level, with pauses or crossfades; where the joins lie, which are crossed, the parts."""
    parts = [part(draw) for _ in range(int(draw.integers(2, 7)))]
    emotions = [EMOTIONS[int(draw.integers(len(EMOTIONS)))] for _ in parts]
    levels = [measure(one, RATE) for one in parts]
    parts = [
        apply_gain(one, gain, level.peak, RATE)
        for one, gain, level in zip(parts, gains(levels, emotions), levels, strict=True)
    ]
    pauses = [int(draw.choice([0, 0, 10, 2400, 12_000])) for _ in parts]
    crossfade = int(draw.choice([0, 0, 240, 2400, 4800]))
    plan = timeline([Piece(len(p), pause) for p, pause in zip(parts, pauses, strict=True)], 0, crossfade)
    pieces: list[Samples] = []
    joiner = Joiner(plan, RATE, lambda samples: pieces.append(samples.copy()))
    for one in parts:
        joiner.add(one)
    joiner.finish()
    spans = [(start, start + len(one)) for start, one in zip(plan.starts, parts, strict=True)]
    crossed = {edge for one, other in pairwise(spans) if other[0] < one[1] for edge in (other[0], one[1])}
    return np.concatenate(pieces), [edge for span in spans for edge in span], crossed, parts


def steepest(samples: Samples) -> float:
    """Greatest step between two samples."""
    return float(np.abs(np.diff(samples)).max(initial=0.0))


@pytest.mark.parametrize("seed", range(60))
def test_no_join_of_anything_with_anything_clicks(seed: int) -> None:
    whole, edges, crossed, parts = joined(np.random.default_rng(seed))
    allowed = sum(sorted(map(steepest, parts))[-2:]) + 0.02  # two may sound at once in a crossfade
    fade = int(FADE * RATE)
    for edge in edges:
        around = whole[max(0, edge - fade) : edge + fade]
        assert steepest(around) <= allowed
        if edge not in crossed:
            assert steepest(whole[max(0, edge - 2) : edge + 2]) <= 0.35 * allowed + 0.01, (
                "at the seam itself it is quiet"
            )
    assert true_peak(whole) <= CEILING + 0.05


def test_a_join_without_fades_would_be_found() -> None:
    parts = [np.full(2000, level, np.float32) for level in (0.4, -0.4)]
    assert steepest(np.concatenate(parts)[1990:2010]) > 0.35 * (sum(map(steepest, parts)) + 0.02) + 0.01


def played(path: Path) -> Samples:
    with av.open(str(path)) as file:
        mono = av.AudioResampler("fltp", "mono")
        return np.concatenate([p.to_ndarray()[0] for frame in file.decode(audio=0) for p in mono.resample(frame)])


@pytest.mark.parametrize("name", sorted(ENCODERS))
@pytest.mark.parametrize("seed", range(4))
def test_no_export_exceeds_the_ceiling_when_it_is_played(tmp_path: Path, name: str, seed: int) -> None:
    draw = np.random.default_rng(seed)
    t = np.arange(2 * RATE) / RATE
    buzz = sum(np.sin(2 * np.pi * draw.uniform(90, 250) * k * t + draw.uniform(0, 6)) / k for k in range(1, 30))
    loud = np.asarray(
        buzz * np.clip(np.sin(2 * np.pi * 3 * t), 0.02, 1) + 0.1 * draw.standard_normal(len(t)), np.float32
    )
    level = measure(loud, RATE)
    pressed = apply_gain(loud, 14 - level.peak, level.peak, RATE)
    assert true_peak(pressed) > CEILING - 0.5, "it reaches the ceiling"
    write_wav(tmp_path / "a.wav", pressed)
    encode(tmp_path / "a.wav", tmp_path / f"a.{name}", name, Credits())
    assert true_peak(played(tmp_path / f"a.{name}")) <= CEILING + 0.05
    assert true_peak(played(tmp_path / "a.wav")) <= CEILING + 0.05
