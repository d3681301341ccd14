"""PocketSphinx hears English: what the preview voice says, and nothing where nothing is said."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from backend.core.errors import Cancelled
from backend.core.types import PresetVoice, Samples, Segment
from backend.engines.base import SpeakOptions
from backend.engines.listening import RATE
from backend.engines.pocketsphinx import PocketSphinxListener
from backend.engines.preview.engine import PreviewEngine

TEXT = "Now is the time to go home. The weather is very good today."


@pytest.fixture(scope="module")
def one() -> PocketSphinxListener:
    made = PocketSphinxListener()
    made.load()
    return made


@pytest.fixture(scope="module")
def speech() -> Samples:
    import soxr

    engine = PreviewEngine()
    voice = PresetVoice(speaker="Ryan")
    engine.load(engine.variant_for(voice))
    chunks = list(engine.speak([Segment(0, TEXT)], voice, SpeakOptions(language="en", seed=1)))
    return soxr.resample(np.concatenate([chunk.samples for chunk in chunks]), chunks[0].rate, RATE)


def test_it_hears_what_the_preview_voice_says(one: PocketSphinxListener, speech: Samples) -> None:
    heard = " ".join(each.text for each in one.transcribe(speech, "en")).split()
    wanted = TEXT.lower().replace(".", "").split()
    assert len(set(heard) & set(wanted)) >= 6, heard


def test_times_are_within_the_sound_and_in_order(one: PocketSphinxListener, speech: Samples) -> None:
    words = [word for each in one.transcribe(speech, "en") for word in each.words]
    assert all(0 <= word.start < word.end <= len(speech) / RATE + 0.02 for word in words)
    assert all(a.end <= b.start + 1e-6 for a, b in itertools.pairwise(words))


def test_the_same_sound_gives_the_same_words_again(one: PocketSphinxListener, speech: Samples) -> None:
    assert list(one.transcribe(speech, "en")) == list(one.transcribe(speech, "en"))


@pytest.mark.parametrize("seconds", [0.0, 0.005, 0.2, 3.0])
def test_silence_of_any_length_is_no_fault(one: PocketSphinxListener, seconds: float) -> None:
    assert list(one.transcribe(np.zeros(round(seconds * RATE), np.float32), "en")) == []


def test_it_does_not_begin_when_it_is_cancelled(one: PocketSphinxListener, speech: Samples) -> None:
    with pytest.raises(Cancelled):
        list(one.transcribe(speech, "en", lambda: True))
