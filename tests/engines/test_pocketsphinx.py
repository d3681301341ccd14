"""PocketSphinx hears English: what the preview voice says, and nothing where nothing is said."""

from __future__ import annotations

import difflib
import itertools

import numpy as np
import pocketsphinx
import pytest

from backend.core.errors import Cancelled
from backend.core.types import PresetVoice, Samples, Segment
from backend.engines.base import SpeakOptions
from backend.engines.listening import RATE
from backend.engines.pocketsphinx import PocketSphinxListener, as_heard
from backend.engines.preview.engine import PreviewEngine

TEXT = "Now is the time to go home. The weather is very good today."


@pytest.fixture(scope="module")
def one() -> PocketSphinxListener:
    made = PocketSphinxListener()
    made.load()
    return made


@pytest.fixture(scope="module")
def speech() -> Samples:
    return spoken("Ryan")


def spoken(speaker: str) -> Samples:
    import soxr

    engine = PreviewEngine()
    voice = PresetVoice(speaker=speaker)
    engine.load(engine.variant_for(voice))
    chunks = list(engine.speak([Segment(0, TEXT)], voice, SpeakOptions(language="en", seed=1)))
    return soxr.resample(np.concatenate([chunk.samples for chunk in chunks]), chunks[0].rate, RATE)


def test_it_hears_what_the_preview_voice_says(one: PocketSphinxListener, speech: Samples) -> None:
    heard = " ".join(each.text for each in one.transcribe(speech, "en")).split()
    wanted = TEXT.lower().replace(".", "").split()
    assert len(set(heard) & set(wanted)) >= 5, heard


def test_times_are_within_the_sound_and_in_order(one: PocketSphinxListener, speech: Samples) -> None:
    words = [word for each in one.transcribe(speech, "en") for word in each.words]
    assert all(0 <= word.start < word.end <= len(speech) / RATE + 0.02 for word in words)
    assert all(a.end <= b.start + 1e-6 for a, b in itertools.pairwise(words))


def test_the_same_sound_gives_the_same_words_again(one: PocketSphinxListener, speech: Samples) -> None:
    assert list(one.transcribe(speech, "en")) == list(one.transcribe(speech, "en"))


@pytest.mark.parametrize("seconds", [0.0, 0.005, 0.2, 3.0])
def test_silence_of_any_length_is_no_fault(one: PocketSphinxListener, seconds: float) -> None:
    assert list(one.transcribe(np.zeros(round(seconds * RATE), np.float32), "en")) == []


def test_bit_by_bit_it_hears_about_what_it_hears_at_once(one: PocketSphinxListener) -> None:
    """Only where it is told the mean; which the decoder rounds, so that words that sound alike may change places."""
    told, untold = [], []
    for speaker in ("Ryan", "Serena", "Aiden", "Vivian"):
        sound = spoken(speaker)
        whole = at_once(sound, full=True)
        told.append(likeness(whole, " ".join(each.text for each in one.transcribe(sound, "en"))))
        untold.append(likeness(whole, at_once(sound, full=False)))
    assert np.mean(told) > 0.65 and np.mean(told) > np.mean(untold) + 0.1, (told, untold)


def at_once(sound: Samples, *, full: bool) -> str:
    """What the package hears by itself."""
    decoder = pocketsphinx.Decoder(samprate=float(RATE), loglevel="FATAL")
    decoder.start_utt()
    decoder.process_raw(as_heard(sound), full_utt=full)
    decoder.end_utt()
    return str(decoder.hyp().hypstr)


def likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one.split(), other.split(), autojunk=False).ratio()


def test_it_stops_in_the_middle_and_hears_the_next_as_if_nothing_had_been(
    one: PocketSphinxListener, speech: Samples
) -> None:
    before = list(one.transcribe(speech, "en"))
    for after in range(4):
        asked = itertools.count()
        with pytest.raises(Cancelled):
            list(one.transcribe(speech, "en", lambda asked=asked, after=after: next(asked) >= after))  # type: ignore[misc]  # a lambda with defaults
    assert list(one.transcribe(speech, "en")) == before
