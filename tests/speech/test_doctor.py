"""The reference doctor names what was done to a good recording, and invents nothing on the good one."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from backend.audio import diagnosis
from backend.core.types import PresetVoice, Segment
from backend.engines.base import SpeakOptions
from backend.engines.preview.engine import PreviewEngine
from backend.personality.record import Reference
from backend.speech.record import make_reference
from benchmarks.damage import DAMAGES, RATE, clipped, with_hum, with_music
from benchmarks.doctor import named
from tests.spoken_recording import sentences

TEXT = "When the ferry came in at last, the people on the pier had gone home. Two lamps were burning by the old rope."


@cache
def good() -> NDArray[np.float32]:
    """A clean voice of about six seconds, with the noise floor of a quiet room."""
    engine = PreviewEngine()
    engine.load("preset")
    try:
        chunks = list(engine.speak([Segment(0, TEXT)], PresetVoice(speaker="Ryan"), SpeakOptions(seed=1)))
    finally:
        engine.unload()
    voice = np.concatenate([chunk.samples for chunk in chunks])
    floor = np.random.default_rng(1).normal(0, 2e-4, len(voice))
    return (0.5 * voice / np.abs(voice).max() + floor).astype(np.float32)


def examined(sound: NDArray[np.float32]) -> Reference:
    upload = io.BytesIO()
    soundfile.write(upload, sound, RATE, format="WAV", subtype="FLOAT")
    return make_reference(upload.getvalue())


def warnings_of(reference: Reference) -> set[str]:
    return {one["code"] for one in reference.report["quality"]["findings"] if one["kind"] == "warning"}


def test_a_good_recording_is_left_without_a_warning() -> None:
    report = examined(good()).report["quality"]
    assert warnings_of(examined(good())) == set()
    assert report["score"] >= 90


@pytest.mark.parametrize("damage", DAMAGES)
def test_every_damage_is_named(damage: str) -> None:
    make, code = DAMAGES[damage]
    assert code in named(make(good()))


@pytest.mark.parametrize("damage", ["clipping", "8 kHz", "hum of 50 Hz", "hum of 60 Hz", "music", "a side turned over"])
def test_one_damage_is_not_taken_for_another(damage: str) -> None:
    make, code = DAMAGES[damage]
    assert warnings_of(examined(make(good()))) <= {code}


def test_a_side_that_was_turned_over_loses_nothing_of_the_voice() -> None:
    mended, untouched = examined(np.stack([good(), -good()], axis=1)), examined(good())
    one, other = (soundfile.read(io.BytesIO(each.wav))[0] for each in (mended, untouched))
    assert len(one) == len(other)
    assert np.abs(one - other).max() < 0.01


def test_a_voice_recorded_upside_down_is_turned_and_two_turns_meet() -> None:
    skew = diagnosis.excitation_skew(good(), RATE)
    assert skew < -diagnosis.SURE_SKEW
    assert diagnosis.excitation_skew(-good(), RATE) == pytest.approx(-skew, rel=0.01)
    assert "polarity-turned" in named(-good())
    ends = [soundfile.read(io.BytesIO(examined(sign * good()).wav))[0] for sign in (1, -1)]
    assert np.abs(ends[0] - ends[1]).max() < 1e-3


@pytest.mark.parametrize("speaker", ["Vivian", "Serena", "Ryan"])
@pytest.mark.parametrize("emotion", ["neutral", "sad", "whisper"])
def test_no_preview_voice_is_said_to_be_upside_down_or_a_telephone(speaker: str, emotion: str) -> None:
    said = named(np.concatenate(sentences(speaker, (emotion,))[:2]))
    assert not said & {"polarity-turned", "low-rate"}


def test_what_no_throat_made_is_never_said_to_be_upside_down() -> None:
    """Nor is either way up told where there is no pulse to tell it by."""
    at = np.arange(6 * RATE) / RATE
    draw = np.random.default_rng(0)
    made = {
        "a tone": 0.3 * np.sin(2 * np.pi * 220 * at),
        "noise": draw.normal(0, 0.1, len(at)),
        "both": (0.2 * np.sin(2 * np.pi * 150 * at) + draw.normal(0, 0.02, len(at))) * (0.6 + 0.4 * np.sin(at)),
    }
    for name, sound in made.items():
        for sign in (1, -1):
            assert "polarity-turned" not in named((sign * sound).astype(np.float32)), name


def test_louder_damage_costs_more() -> None:
    scores = [examined(clipped(good(), share)).report["quality"]["score"] for share in (0.8, 0.15)]
    assert scores[0] > scores[1]


def test_the_measures_grow_with_what_they_measure() -> None:
    hums = [diagnosis.hum(with_hum(good(), decibels), RATE).prominence for decibels in (40, 30, 20)]
    assert hums == sorted(hums)
    shares = [diagnosis.music_share(with_music(good(), decibels), RATE) for decibels in (30, 15, 0)]
    assert shares == sorted(shares) and shares[0] < shares[-1]


def test_what_cannot_be_judged_is_said_not_to_be() -> None:
    told = {one["code"] for one in examined(good()).report["quality"]["unjudged"]}
    assert {"reverberation", "speakers", "language"} <= told
