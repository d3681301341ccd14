"""What the checks of a spoken line find, and what they leave alone: a small, seeded part of `benchmarks/verify.py`."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from backend.core.types import PresetVoice, Samples, Segment
from backend.engines.base import SpeakOptions
from backend.engines.preview.engine import PreviewEngine
from backend.speech.verify import UNPLAYABLE, cheap_checks, problems_of, said_again
from backend.speech.verify_length import Rates, expected
from benchmarks.verify import Bench, good
from benchmarks.verify_faults import FAULTS
from benchmarks.verify_material import TEXTS, Good

RATE = 24_000
TEXT = "The boats went out again in the morning, and nobody waved."


def say(text: str, speaker: str = "Ryan", language: str = "en", emotion: str = "neutral", seed: int = 3) -> Samples:
    voice, options = PresetVoice(speaker=speaker), SpeakOptions(language, seed=seed)
    return np.concatenate([c.samples for c in _ENGINE.speak([Segment(0, text, emotion)], voice, options)])


_ENGINE = PreviewEngine()
MOST_MISSED = {"runaway": 1, "silence": 0, "repetition": 3, "cut end": 5, "clipping": 1}
"""Of twenty, some of them one word long; a voice cut off in a pause cannot be heard to be."""


@pytest.fixture(scope="module")
def speech() -> Samples:
    return say(TEXT)


@pytest.fixture(scope="module")
def bench() -> Bench:
    """Twenty lines of two speakers."""
    lines = [
        Good(say(text, speaker, language, emotion), text, speaker, False, language, emotion)
        for speaker, emotion in (("Ryan", "neutral"), ("Vivian", "happy"))
        for language, text in islice(TEXTS, 10)
    ]
    return Bench(lines, voices=False)


def problems(samples: Samples, text: str = TEXT, speed: float = 1.0, rate: float | None = None) -> list[str]:
    return problems_of(cheap_checks(samples, RATE, text, speed, rate))


def test_good_lines_are_left_alone(bench: Bench) -> None:
    table = good(bench, 40, seed=1)
    assert sum(row.made for row in table.values()) == 40
    assert sum(row.found for row in table.values()) <= 1, table


@pytest.mark.parametrize("fault", [name for name in FAULTS if name != "foreign voice"])
def test_faults_at_random_places_are_found(bench: Bench, fault: str) -> None:
    draw = np.random.default_rng(7)
    missed = 0
    for line in bench.lines:
        spoilt = FAULTS[fault](line, bench.own(line), [], draw)
        missed += not bench.judged(line, spoilt.samples)
    assert missed <= MOST_MISSED[fault], f"{missed} of {len(bench.lines)}"


def test_what_cannot_be_played_is_told_alone(speech: Samples) -> None:
    assert problems(speech[:0]) == ["no-sound"]
    assert problems(speech * np.nan) == ["not-finite"]
    assert {"no-sound", "not-finite"} == UNPLAYABLE


def test_each_fault_has_its_name(speech: Samples) -> None:
    noise = np.random.default_rng(1).standard_normal(RATE).astype(np.float32) * 0.1
    t = np.arange(3 * RATE) / RATE
    tone = (0.1 * np.sin(2 * np.pi * 217 * t)).astype(np.float32)
    middle = len(speech) // 2
    parts = {
        "silent": speech * 1e-4,
        "pause": np.concatenate([speech[:middle], np.zeros(2 * RATE, np.float32), speech[middle:]]),
        "too-short": speech[: len(speech) // 4],
        "too-long": np.concatenate([speech] * 4),
        "repetition": np.concatenate([speech[:middle], speech[middle - RATE : middle], speech[middle:]]),
        "stuck": np.concatenate([speech[:middle], tone, speech[middle:]]),
        "noise": np.concatenate([speech[:middle], noise, speech[middle:]]),
        "cut-end": speech[: middle + 1000 + int(np.argmax(np.abs(speech[middle + 1000 : middle + 3000])))],
        "clipped": np.clip(speech * 8, -0.5, 0.5),
    }
    for code, samples in parts.items():
        assert code in problems(samples.astype(np.float32)), code


@pytest.mark.parametrize(
    "text", ["No, no, no! I said no.", "Please hold the line. Please hold the line.", "Ha ha ha, very, very funny."]
)
def test_what_the_text_says_twice_may_be_said_twice(text: str) -> None:
    assert "repetition" not in problems(say(text), text)


def test_the_same_sound_is_a_repetition_where_the_text_says_it_once() -> None:
    sound = say("Please hold the line. Please hold the line.")
    assert "repetition" in problems(sound, "Please hold the line, for somebody will come.")


def test_repeats_of_a_text_are_found_with_their_distance() -> None:
    assert (13, 17) not in said_again("hold the line. hold the door.")
    assert said_again("please wait, please wait") == [(10, 10)]
    assert said_again("nothing twice") == []


def test_a_voices_own_rate_narrows_what_a_text_may_take() -> None:
    rates = Rates()
    assert rates.rate("Anna", "neutral") is None
    for _ in range(2):
        rates.learn("Anna", "neutral", TEXT, 4.0)
    own = rates.rate("Anna", "neutral")
    assert own is not None and rates.rate("Anna", "sad") is None
    usual, narrow = expected(TEXT), expected(TEXT, rate=own)
    assert narrow.own and narrow.most - narrow.least < usual.most - usual.least
    assert narrow.least < 4.0 < narrow.most
    assert expected(TEXT, speed=2.0, rate=own).most == pytest.approx(narrow.most / 2)


def test_a_reference_with_a_transcript_of_something_else_teaches_nothing() -> None:
    rates = Rates()
    rates.learn_reference("Anna", "neutral", TEXT * 20, 4.0)
    rates.learn_reference("Anna", "neutral", "Hm.", 12.0)
    assert rates.rate("Anna", "neutral") is None


@pytest.mark.parametrize("speed", [0.5, 2.0])
def test_slow_and_quick_speech_are_no_faults(speed: float) -> None:
    options = SpeakOptions("en", speed=speed, seed=3)
    chunks = _ENGINE.speak([Segment(0, TEXT)], PresetVoice(speaker="Ryan"), options)
    assert problems(np.concatenate([chunk.samples for chunk in chunks]), speed=speed) == []


def test_checks_cost_little_beside_speaking(speech: Samples) -> None:
    """Of the preview voice's 0.06 of the time that is spoken it is a hundredth; with room for a busy machine."""
    import time

    long = np.concatenate([speech] * 5)
    cheap_checks(long, RATE, TEXT * 5)
    began = time.process_time()
    cheap_checks(long, RATE, TEXT * 5)
    assert (time.process_time() - began) / (len(long) / RATE) < 0.006
