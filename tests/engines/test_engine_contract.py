"""What every engine promises, asked of every engine that is registered and can speak on this machine."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from backend.audio.files import write_wav
from backend.core.settings import Settings
from backend.core.tables.languages import LANGUAGES
from backend.core.types import AudioChunk, ClonedVoice, DesignedVoice, PresetVoice, Samples, Segment, Voice
from backend.engines.base import SpeakOptions, SpeechEngine
from backend.engines.registry import make_engines

ENGINES = {name: e for name, e in make_engines(Settings(fake_engine="on")).items() if e.availability().ok}
LINES = (Segment(3, "Hello there, my friend."), Segment(4, "Goodbye now.", emotion="sad"))


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[SpeechEngine]:
    made: SpeechEngine = ENGINES[request.param]
    yield made
    made.unload()


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Voice]:
    """One of each kind; the recording is a gliding buzz in syllables."""
    path: Path = tmp_path_factory.mktemp("reference") / "anna.wav"
    t = np.arange(4 * 24_000) / 24_000
    phase = 2 * np.pi * np.cumsum(150 + 25 * np.sin(2 * np.pi * 0.6 * t)) / 24_000
    buzz = sum(np.sin(k * phase) / k for k in range(1, 20)) * np.clip(np.sin(2 * np.pi * 2.8 * t), 0.02, 1)
    write_wav(path, np.asarray(0.15 * buzz, np.float32))
    return {
        "cloned": ClonedVoice(path, "A line that was read aloud."),
        "preset": PresetVoice(speaker="Ryan"),
        "designed": DesignedVoice(description="an old man with a deep voice"),
    }


def speak(
    engine: SpeechEngine, voice: Voice, options: SpeakOptions | None = None, lines: Sequence[Segment] = LINES
) -> list[AudioChunk]:
    engine.load(engine.variant_for(voice))
    return list(engine.speak(lines, voice, options or SpeakOptions(language="en", seed=5)))


def sound(chunks: list[AudioChunk]) -> Samples:
    return np.concatenate([chunk.samples for chunk in chunks])


def test_its_facts_are_known_without_loading(engine: SpeechEngine) -> None:
    info = engine.info
    assert info.name in ENGINES
    assert info.title
    assert info.kinds <= {"cloned", "preset", "designed"}
    assert set(info.languages) <= set(LANGUAGES)
    assert info.max_characters >= 100
    assert 8_000 <= info.rate <= 48_000
    assert isinstance(engine, SpeechEngine)


@pytest.mark.parametrize("kind", ["cloned", "preset", "designed"])
def test_it_speaks_every_kind_of_voice_that_it_declares(
    engine: SpeechEngine, voices: dict[str, Voice], kind: str
) -> None:
    if kind not in engine.info.kinds:
        pytest.skip(f"{engine.info.name} does not declare {kind}")
    chunks = speak(engine, voices[kind])
    assert [chunk.segment for chunk in chunks] == sorted(chunk.segment for chunk in chunks)
    for line in LINES:
        own = [chunk for chunk in chunks if chunk.segment == line.index]
        assert own, "at least one chunk a segment"
        assert [chunk.last for chunk in own] == [False] * (len(own) - 1) + [True]
        whole = sound(own)
        assert whole.dtype == np.float32
        assert np.isfinite(whole).all()
        assert np.abs(whole).max() <= 1.0
        assert np.sqrt(np.mean(whole**2)) > 0.003
        assert 0.2 < len(whole) / engine.info.rate < 10


def test_words_are_timed_inside_their_segment_and_in_order(engine: SpeechEngine, voices: dict[str, Voice]) -> None:
    chunks = speak(engine, voices["preset"])
    for line in LINES:
        own = [chunk for chunk in chunks if chunk.segment == line.index]
        words = [word for chunk in own for word in chunk.words]
        if not words:
            continue  # an engine may know none
        assert " ".join(word.word for word in words).split() == line.text.split()
        assert all(word.start <= word.end for word in words)
        assert [word.start for word in words] == sorted(word.start for word in words)
        assert words[-1].end <= len(sound(own)) / engine.info.rate + 0.05


def test_the_same_seed_gives_the_same_samples(engine: SpeechEngine, voices: dict[str, Voice]) -> None:
    assert np.array_equal(sound(speak(engine, voices["preset"])), sound(speak(engine, voices["preset"])))


def test_a_closed_generator_stops_promptly_and_the_engine_speaks_on(
    engine: SpeechEngine, voices: dict[str, Voice]
) -> None:
    voice = voices["preset"]
    long = [Segment(0, "This is a sentence among many. " * 12)]
    engine.load(engine.variant_for(voice))
    chunks = engine.speak(long, voice, SpeakOptions(language="en"))
    next(chunks)
    began = time.monotonic()
    chunks.close()  # type: ignore[attr-defined]  # engines write `speak` as generators
    assert time.monotonic() - began < 5.0
    assert len(sound(speak(engine, voice)))


def test_it_can_be_unloaded_at_any_time_and_loaded_again(engine: SpeechEngine, voices: dict[str, Voice]) -> None:
    engine.unload()
    engine.unload()
    assert len(sound(speak(engine, voices["preset"])))


@pytest.mark.parametrize(
    "text", ["a", "…", "😀", "1234567890", "ÀÉÎõü ß", "字", "x" * 300, "a\nb", "<b>&amp;</b>", "."]
)
def test_odd_texts_give_sound_or_silence_but_never_an_error(
    engine: SpeechEngine, voices: dict[str, Voice], text: str
) -> None:
    chunks = speak(engine, voices["preset"], lines=[Segment(0, text)])
    assert chunks[-1].last
    assert np.isfinite(sound(chunks)).all()


GREETINGS = {"zh": "你好，世界。", "ja": "こんにちは。", "ko": "안녕하세요.", "ru": "Привет, мир."}


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_every_language_that_it_declares(
    engine: SpeechEngine, voices: dict[str, Voice], language: str
) -> None:
    if language not in engine.info.languages:
        pytest.skip(f"{engine.info.name} does not declare {language}")
    text = GREETINGS.get(language, "Radio, piano.")
    chunks = speak(engine, voices["preset"], SpeakOptions(language=language), [Segment(0, text)])
    assert len(sound(chunks)) / engine.info.rate > 0.2
