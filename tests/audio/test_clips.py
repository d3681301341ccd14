"""A long recording is cut at its pauses: where they are, nowhere else, in clips of a useful length."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from backend.audio.clips import FURTHEST, LEAST, Stretch, clips
from backend.audio.prosody import STEP, Frames, blocks, joined, prosody
from backend.core.types import Samples
from tests.spoken_recording import RATE, recording, sentences

NEAR = 0.15  # seconds


def frames_of(samples: Samples) -> Frames:
    return joined(list(blocks(samples.astype(np.float32))))


def cut(samples: Samples) -> list[Stretch]:
    return clips(frames_of(samples))


def furthest(found: list[Stretch], spoken: tuple[tuple[float, float], ...]) -> float:
    """Greatest distance of a boundary from the nearest true one of its kind."""
    starts, ends = (np.array(side) for side in zip(*spoken, strict=True))
    return max(max(np.abs(starts - clip.start).min(), np.abs(ends - clip.end).min()) for clip in found)


@pytest.mark.parametrize("room", [0.0, 2e-4, 2e-3])
def test_every_boundary_lies_at_a_true_pause(room: float) -> None:
    """Ten minutes with known pauses, in silence, in a quiet room, and with noise 30 dB under the voice."""
    made = recording(sentences(), 600, room=room)
    found = cut(made.samples)
    assert len(found) > 60
    assert furthest(found, made.spoken) < NEAR


def test_every_sentence_is_in_a_clip() -> None:
    made = recording(sentences(), 120)
    found = cut(made.samples)
    for start, end in made.spoken:
        assert any(clip.start <= start + NEAR and clip.end >= end - NEAR for clip in found)


def test_clips_are_neither_short_nor_long_nor_overlapping() -> None:
    short = [part[: RATE * 2] for part in sentences()]
    found = cut(recording(short, 120, pauses=(0.3, 0.6)).samples)
    assert all(LEAST <= clip.seconds <= FURTHEST for clip in found)
    assert np.mean([3 <= clip.seconds <= 15.2 for clip in found]) > 0.9
    assert all(one.end <= other.start for one, other in pairwise(found))


def test_short_sentences_are_taken_together_but_not_across_a_long_pause() -> None:
    short = [part[: RATE * 2] for part in sentences()]
    near, far = (cut(recording(short, 60, pauses=pauses).samples) for pauses in ((0.25, 0.3), (1.8, 2.2)))
    assert np.median([clip.seconds for clip in near]) > 4
    assert max(clip.seconds for clip in far) < 3


def test_speech_without_a_pause_is_cut_all_the_same() -> None:
    found = cut(recording([np.concatenate(sentences() * 3)], 20).samples)
    assert len(found) >= 3
    assert max(clip.seconds for clip in found) <= FURTHEST


def test_a_whisper_beside_a_shout_is_heard() -> None:
    loud, soft = sentences()[0], 0.03 * sentences()[1]
    made = recording([loud, soft], 60, room=2e-5)
    found = cut(made.samples)
    assert furthest(found, made.spoken) < NEAR
    assert len(found) == len(made.spoken)


@pytest.mark.parametrize("level", [0.0, 1e-4, 0.1])
def test_noise_and_silence_have_no_clips(level: float) -> None:
    assert cut(np.random.default_rng(0).normal(0, level, 30 * RATE)) == []


@pytest.mark.parametrize("samples", [0, 1, 239, 240, 5000])
def test_any_length_is_heard(samples: int) -> None:
    frames = frames_of(np.full(samples, 0.1))
    assert len(frames) == samples // 240
    assert clips(frames) == []
    assert prosody(frames).pitch is None


def test_blocks_meet_without_a_seam() -> None:
    """What is heard at a place does not depend on where the blocks are cut."""
    made = recording(sentences(), 70).samples
    whole, later = frames_of(made), frames_of(made[RATE * 7 :])
    assert len(whole) == len(made) // 240
    offset = round(7 / STEP)
    assert np.abs(whole.level[offset + 100 :] - later.level[100:]).max() < 0.01
    assert np.mean((whole.f0[offset:] > 0) == (later.f0 > 0)) > 0.99


def test_prosody_follows_what_was_done_to_a_voice() -> None:
    pitch, spread, rate, tilt = [], [], [], []
    for emotion in ("sad", "neutral", "excited"):
        said = prosody(frames_of(np.concatenate(sentences("Ryan", (emotion,)))))
        pitch.append(said.pitch)
        spread.append(said.spread)
        rate.append(said.rate)
        tilt.append(said.tilt)
    assert pitch == sorted(pitch) and spread == sorted(spread) and rate == sorted(rate) and tilt == sorted(tilt)


@pytest.mark.parametrize("hertz", [90.0, 160.0, 320.0])
def test_the_pitch_of_a_buzz_is_its_pitch(hertz: float) -> None:
    time = np.arange(3 * RATE) / RATE
    buzz = 0.1 * sum(np.sin(2 * np.pi * hertz * k * time) / k for k in range(1, 12))
    said = prosody(frames_of(np.asarray(buzz)))
    assert said.pitch == pytest.approx(hertz, rel=0.01)
    assert said.spread is not None and said.spread < 0.2
