"""Qwen3-TTS as an engine: every kind of voice on tiny random checkpoints, through the code that real ones take."""

from __future__ import annotations

import shutil
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from backend.core.errors import BadAudio, BadRequest, Cancelled, EngineUnavailable, OutOfMemory
from backend.core.settings import Settings
from backend.core.types import AudioChunk, ClonedVoice, DesignedVoice, PresetVoice, Segment, Voice
from backend.engines.base import BatchEngine, CandidEngine, HeavyEngine, Part, SpeakOptions, SpeechEngine
from backend.engines.qwen3_tts.engine import Qwen3TtsEngine
from backend.engines.qwen3_tts.manner import FEWEST_FRAMES, most_frames

RYAN = PresetVoice(speaker="Ryan")
SAILOR = DesignedVoice(description="an old sailor, slow and hoarse")
SHORT = SpeakOptions(seed=3, max_new_tokens=24)
TEXT = Segment(0, "Hello there, how are you today?")


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def engine_at(tmp_path: Path) -> Iterator[Callable[..., Qwen3TtsEngine]]:
    made: list[Qwen3TtsEngine] = []

    def make(models: Path, **wanted: object) -> Qwen3TtsEngine:
        chosen = {"device": "cpu", "dtype": "float32", "threads": 1, "qwen_size": "0.6b", **wanted}
        made.append(Qwen3TtsEngine(Settings(data_dir=tmp_path, models_dir=models, **chosen)))  # type: ignore[arg-type]  # a table of settings
        return made[-1]

    yield make
    for engine in made:
        engine.unload()


@pytest.fixture
def anna(tmp_path: Path) -> ClonedVoice:
    """Two seconds of a gliding buzz, as the studio keeps references."""
    time = np.arange(48_000) / 24_000
    buzz = 0.3 * np.sin(2 * np.pi * (160 * time + 9 * np.sin(5 * time))) * (0.6 + 0.4 * np.sin(9 * time))
    path = tmp_path / "anna.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(24_000)
        file.writeframes((buzz * 32767).astype("<i2").tobytes())
    return ClonedVoice(path, transcript="one two three")


def sound(chunks: Iterator[AudioChunk]) -> NDArray[np.float32]:
    return np.concatenate([chunk.samples for chunk in chunks])


def test_it_is_all_that_the_studio_asks_of_a_heavy_engine(tiny_models: Path, engine_at: Callable) -> None:
    engine = engine_at(tiny_models)
    for role in (SpeechEngine, HeavyEngine, BatchEngine, CandidEngine):
        assert isinstance(engine, role)


@pytest.mark.parametrize("kind", ["base", "custom", "design"])
def test_every_kind_of_voice_speaks_and_sound_leaves_before_the_end(
    kind: str, tiny_models: Path, engine_at: Callable, anna: ClonedVoice
) -> None:
    voice: Voice = {"base": anna, "custom": RYAN, "design": SAILOR}[kind]
    engine = engine_at(tiny_models)
    engine.load(engine.variant_for(voice))
    chunks = list(engine.speak([TEXT], voice, SHORT))
    assert [len(chunk.samples) // 1920 for chunk in chunks] == [1, 2, 4, 4, 4, 4, 4, 1]
    assert [chunk.last for chunk in chunks] == [False] * 7 + [True]
    whole = np.concatenate([chunk.samples for chunk in chunks])
    assert np.isfinite(whole).all() and 0.01 < np.sqrt((whole**2).mean()) < 0.7


def test_the_same_seed_says_the_same_and_another_does_not(tiny_models: Path, engine_at: Callable) -> None:
    engine = engine_at(tiny_models)
    engine.load("custom")
    first, again = (sound(engine.speak([TEXT], RYAN, SHORT)) for _ in range(2))
    assert np.array_equal(first, again)
    other = sound(engine.speak([TEXT], RYAN, SpeakOptions(seed=4, max_new_tokens=24)))
    assert not np.array_equal(first, other)


def test_a_segment_sounds_the_same_in_a_batch_as_alone(
    tiny_models: Path, engine_at: Callable, anna: ClonedVoice
) -> None:
    engine = engine_at(tiny_models)
    engine.load("base")
    texts = [Segment(0, "Hello."), Segment(1, "A longer line than the first one, by far."), Segment(2, "Three.")]
    alone = [sound(engine.speak([s], anna, SpeakOptions(seed=7 + s.index, max_new_tokens=24))) for s in texts]
    parts = [Part(segment, anna, 7 + segment.index) for segment in texts]
    heard: dict[int, list[NDArray[np.float32]]] = {0: [], 1: [], 2: []}
    for chunk in engine.speak_batch(parts, SHORT):
        heard[chunk.segment].append(chunk.samples)
    for index, samples in enumerate(alone):
        assert np.abs(np.concatenate(heard[index]) - samples).max() < 1e-4


def test_a_recording_is_encoded_once_and_read_from_the_disk_afterwards(
    tiny_models: Path, engine_at: Callable, anna: ClonedVoice
) -> None:
    engine = engine_at(tiny_models)
    engine.load("base")
    first = sound(engine.speak([TEXT], anna, SHORT))
    sound(engine.speak([TEXT], anna, SHORT))
    assert engine._voices.encoded == 1
    later = engine_at(tiny_models)
    later.load("base")
    assert np.array_equal(sound(later.speak([TEXT], anna, SHORT)), first)
    assert later._voices.encoded == 0


def test_a_broken_cache_is_made_anew_and_a_missing_recording_is_told(
    tiny_models: Path, engine_at: Callable, anna: ClonedVoice, tmp_path: Path
) -> None:
    engine = engine_at(tiny_models)
    engine.load("base")
    first = sound(engine.speak([TEXT], anna, SHORT))
    (kept,) = (tmp_path / ".studio" / "voices").iterdir()
    kept.write_bytes(b"nothing")
    engine.unload()
    engine.load("base")
    assert np.array_equal(sound(engine.speak([TEXT], anna, SHORT)), first)
    anna.reference.unlink()
    with pytest.raises(BadAudio):
        list(engine.speak([TEXT], anna, SHORT))


def test_a_transcript_makes_another_performance_than_the_voice_alone(
    tiny_models: Path, engine_at: Callable, anna: ClonedVoice
) -> None:
    engine = engine_at(tiny_models)
    engine.load("base")
    alone = ClonedVoice(anna.reference)
    assert not np.array_equal(sound(engine.speak([TEXT], anna, SHORT)), sound(engine.speak([TEXT], alone, SHORT)))


def test_a_cancelled_speaker_stops_within_a_frame(tiny_models: Path, engine_at: Callable) -> None:
    engine = engine_at(tiny_models)
    engine.load("custom")
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 5

    options = SpeakOptions(seed=3, cancelled=cancelled)
    with pytest.raises(Cancelled):
        list(engine.speak([TEXT], RYAN, options))
    assert asked == 6


def test_speech_that_does_not_end_is_cut_off_and_said_to_have_run_away(tiny_models: Path, engine_at: Callable) -> None:
    engine = engine_at(tiny_models)
    engine.load("custom")
    chunks = list(engine.speak([Segment(0, "No.")], RYAN, SpeakOptions(seed=1)))
    assert sum(len(chunk.samples) for chunk in chunks) == most_frames("No.", SpeakOptions()) * 1920
    assert chunks[-1].problems == ("runaway",)
    assert most_frames("", SpeakOptions()) >= FEWEST_FRAMES


def test_speech_that_ends_by_itself_is_no_runaway(tiny_models_that_stop: Path, engine_at: Callable) -> None:
    engine = engine_at(tiny_models_that_stop)
    engine.load("custom")
    ends = [list(engine.speak([TEXT], RYAN, SpeakOptions(seed=seed)))[-1] for seed in range(6)]
    assert any(chunk.problems == () for chunk in ends) and all(chunk.last for chunk in ends)


def test_an_instruction_changes_the_large_model_and_the_small_one_says_that_it_cannot(
    tiny_models: Path, engine_at: Callable
) -> None:
    small, large = engine_at(tiny_models), engine_at(tiny_models, qwen_size="1.7b")
    calm = PresetVoice(speaker="Ryan", style="very calm")
    heard = {}
    for engine in (small, large):
        engine.load("custom")
        heard[engine] = [sound(engine.speak([TEXT], voice, SHORT)) for voice in (RYAN, calm)]
    assert np.array_equal(*heard[small]) and not np.array_equal(*heard[large])
    (notice,) = small.notices(calm, "happy", SHORT)
    assert notice.code == "style-unsupported" and "very calm" in notice.text and "happy" in notice.text
    assert small.notices(RYAN, "neutral", SHORT) == [] == large.notices(calm, "happy", SHORT)


def test_an_emotion_is_acted_by_preset_and_designed_voices(tiny_models: Path, engine_at: Callable) -> None:
    engine = engine_at(tiny_models, qwen_size="1.7b")
    happy = Segment(0, TEXT.text, emotion="happy")
    for variant, voice in (("custom", RYAN), ("design", SAILOR)):
        engine.load(variant)
        assert not np.array_equal(sound(engine.speak([TEXT], voice, SHORT)), sound(engine.speak([happy], voice, SHORT)))


@pytest.mark.parametrize("language", ["auto", "zh", "en", "ja", "ko", "de", "fr", "ru", "pt", "es", "it"])
def test_all_ten_languages_are_told_to_the_model(language: str, tiny_models: Path, engine_at: Callable) -> None:
    engine = engine_at(tiny_models)
    engine.load("custom")
    options = SpeakOptions(seed=3, max_new_tokens=3, language=language)
    assert len(sound(engine.speak([TEXT], RYAN, options))) == 3 * 1920


def test_a_language_or_speaker_that_is_not_there_is_named(tiny_models: Path, engine_at: Callable) -> None:
    engine = engine_at(tiny_models)
    engine.load("custom")
    with pytest.raises(BadRequest):
        list(engine.speak([TEXT], RYAN, SpeakOptions(language="sw")))
    with pytest.raises(BadRequest, match="speaker"):
        list(engine.speak([TEXT], PresetVoice(speaker="Nobody"), SHORT))


def test_without_a_model_it_says_which_and_what_to_do(tiny_models: Path, tmp_path: Path, engine_at: Callable) -> None:
    some = tmp_path / "some"
    shutil.copytree(tiny_models / "Qwen3-TTS-12Hz-0.6B-Base", some / "Qwen3-TTS-12Hz-0.6B-Base")
    engine = engine_at(some)
    assert engine.availability().ok and engine.availability("cloned").ok
    lacking = engine.availability("designed")
    assert not lacking.ok and "VoiceDesign" in lacking.reason and "Download" in lacking.hint
    with pytest.raises(EngineUnavailable, match="CustomVoice"):
        engine.load("custom")


def test_the_size_that_is_asked_for_is_taken_where_it_is_there(tiny_models: Path, engine_at: Callable) -> None:
    for asked, key in (("0.6b", "custom_0_6b"), ("1.7b", "custom_1_7b")):
        engine = engine_at(tiny_models, qwen_size=asked)
        assert engine.variant_for(RYAN) == key and engine.variant_for(SAILOR) == "design_1_7b"
    rows = {row.variant: row for row in engine_at(tiny_models).variants()}
    assert set(rows) == {"base_0_6b", "custom_0_6b", "base_1_7b", "custom_1_7b", "design_1_7b"}
    assert all(row.installed and row.memory_mb > 1000 for row in rows.values())


def test_what_was_parked_comes_back_and_says_the_same(tiny_models: Path, engine_at: Callable) -> None:
    engine = engine_at(tiny_models)
    engine.load("custom")
    first = sound(engine.speak([TEXT], RYAN, SHORT))
    assert engine.park()
    engine.load("design")
    assert engine.park()
    loaded: list[float] = []
    engine.load("custom", loaded.append)
    assert loaded == []  # it came back, it was not read again
    assert np.array_equal(sound(engine.speak([TEXT], RYAN, SHORT)), first)


def test_a_load_tells_how_far_it_is(tiny_models: Path, engine_at: Callable) -> None:
    told: list[float] = []
    engine_at(tiny_models).load("design", told.append)
    assert told == sorted(told) and told[-1] == 1.0 and len(told) > 20


def test_memory_that_runs_out_is_told_in_our_words(
    tiny_models: Path, engine_at: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = engine_at(tiny_models)
    engine.load("custom")
    assert engine._resident is not None
    monkeypatch.setattr(engine._resident.decoder, "push", _out_of_memory)
    with pytest.raises(OutOfMemory) as told:
        list(engine.speak([TEXT], RYAN, SHORT))
    assert told.value.hint


def _out_of_memory(*_: object) -> None:
    raise RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried to allocate 99 bytes.")
