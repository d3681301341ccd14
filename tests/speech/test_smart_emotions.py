"""The rule of suggestions: each pattern is found by what makes it, beside the speaker's own; sureness is no promise."""

from __future__ import annotations

import pytest

from backend.audio.clips import Stretch
from backend.speech.doubts import warning
from backend.speech.smart_emotions import FEATURES, MUCH, PATTERNS, Features, suggest, usual
from backend.speech.smart_judging import Clip, tell_emotions

OWN = Features(pitch=120.0, spread=2.5, energy=-24.0, rate=5.0, tilt=-8.0, voiced=0.6)


def said(pitch: float = 0, spread: float = 0, energy: float = 0, rate: float = 0, tilt: float = 0) -> Features:
    """A clip so many units of MUCH away from what is usual."""
    return Features(
        pitch=120 * 2 ** (pitch * MUCH["pitch"] / 12),
        spread=2.5 + spread * MUCH["spread"],
        energy=-24 + energy * MUCH["energy"],
        rate=5 * 1.1**rate,
        tilt=-8 + tilt * MUCH["tilt"],
        voiced=0.6,
    )


def clip(number: int, features: Features, speaker: int | None = 0, seconds: float = 8.0, cost: int = 0) -> Clip:
    findings = [warning("noisy", "…", cost)] if cost else []
    return Clip(number, Stretch(0.0, seconds), findings, features, [], speaker=speaker)


@pytest.mark.parametrize("emotion", PATTERNS)
def test_a_pattern_is_found_by_what_makes_it(emotion: str) -> None:
    found = suggest(said(**dict(zip(FEATURES, PATTERNS[emotion], strict=True))), OWN, 9)
    assert found.emotion == emotion
    assert found.confidence > 0.5


def test_what_people_do_is_told_in_the_units_of_the_ear() -> None:
    found = suggest(said(pitch=1, energy=-1, rate=1), OWN, 9).relative
    assert found == {
        "pitch": pytest.approx(3.0, abs=0.01), "spread": 0.0, "energy": -4.0,
        "rate": pytest.approx(1.1, abs=0.001), "tilt": 0.0,
    }  # fmt: skip


def test_half_of_a_pattern_is_less_sure_than_the_whole() -> None:
    half, whole = (suggest(said(*(share * part for part in PATTERNS["sad"])), OWN, 9) for share in (0.55, 1.0))
    assert half.emotion == whole.emotion == "sad"
    assert half.confidence < whole.confidence


def test_more_than_much_is_no_other_emotion() -> None:
    assert suggest(said(-5, -5, -5, -5, -5), OWN, 9).emotion == "sad"


def test_a_voice_that_does_not_sound_whispers() -> None:
    found = suggest(Features(None, None, -40.0, 5.0, 3.0, voiced=0.02), OWN, 9)
    assert (found.emotion, found.relative["pitch"]) == ("whisper", None)
    assert found.confidence > 0.5


def test_what_was_not_measured_does_not_count() -> None:
    clip_said = said(*PATTERNS["angry"])
    blind = Features(None, None, clip_said.energy, clip_said.rate, clip_said.tilt, 0.6)
    assert suggest(blind, OWN, 9).emotion == "angry"
    assert suggest(Features(None, None, None, None, None), OWN, 9).confidence < 0.3


def test_too_few_clips_show_nothing() -> None:
    found = suggest(said(*PATTERNS["angry"]), OWN, 2)
    assert (found.emotion, found.confidence) == ("neutral", 0.0)


def test_the_usual_is_the_median_of_what_is_known() -> None:
    found = usual([said(), said(pitch=4), Features(None, None, None, None, None), said()])
    assert found.pitch == pytest.approx(120) and found.voiced == pytest.approx(0.6)


def test_everybody_is_heard_beside_themselves() -> None:
    """A high voice beside a low one is neither glad nor angry."""
    low = [clip(number, said()) for number in range(5)]
    high = [clip(number, said(pitch=4, tilt=2, energy=1), speaker=1) for number in range(5, 9)]
    tell_emotions([*low, *high])
    assert {one.suggestion.emotion for one in [*low, *high]} == {"neutral"}


def test_only_who_speaks_most_is_proposed() -> None:
    mine = [clip(number, said(), cost=10) for number in range(5)]
    theirs = [clip(number, said(), speaker=1) for number in range(5, 9)]
    tell_emotions([*mine, *theirs])
    assert sum(one.proposed for one in mine) == 1
    assert not any(one.proposed for one in theirs)


def test_the_best_is_proposed_and_a_short_one_only_without_another() -> None:
    poor, best, short = clip(1, said(), cost=20), clip(2, said()), clip(3, said(), seconds=4)
    tell_emotions([poor, short, best])
    assert [one.proposed for one in (poor, best, short)] == [False, True, False]
    alone = [clip(number, said(), seconds=4, cost=number) for number in range(3)]
    tell_emotions(alone)
    assert [one.proposed for one in alone] == [True, False, False]


@pytest.mark.parametrize(("seconds", "cost"), [(2.5, 0), (16.0, 0), (8.0, 60)])
def test_what_makes_no_reference_is_not_proposed(seconds: float, cost: int) -> None:
    clips = [clip(number, said(), seconds=seconds, cost=cost) for number in range(4)]
    tell_emotions(clips)
    assert not any(one.proposed for one in clips)
