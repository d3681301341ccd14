"""What a job decides about its lines: which try is kept, what is listened to, what is said not to be judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.audio.files import write_wav
from backend.core.types import STUDIO_RATE, AudioChunk, ClonedVoice, PresetVoice, Samples, Segment, Voice, WordTiming
from backend.engines.base import AVAILABLE, Availability, SpeakOptions
from backend.engines.embeddings import SpeakerEncoder
from backend.engines.fake import FakeEngine
from backend.engines.listening import ListenerInfo, Utterance
from backend.engines.preview.engine import PreviewEngine
from backend.model_manager import ModelManager
from backend.speech.judge import Judge, Verdict
from backend.speech.segments import Line
from backend.speech.speaking import Manner, Spoken, speak_line
from backend.speech.verify import Check

TEXT = "The boats went out again in the morning, and nobody waved."


class Player(FakeEngine):
    """Plays what it was given, one recording a try."""

    info = replace(FakeEngine.info, name="player", honesty="")

    def __init__(self, *tries: Samples) -> None:
        super().__init__()
        self._tries = list(tries)

    def speak(self, segments: Sequence[Segment], voice: Voice, options: SpeakOptions) -> Iterator[AudioChunk]:
        yield AudioChunk(self._tries.pop(0), STUDIO_RATE, segments[0].index)


class Ear:
    """Writes down what it was given, one text a time."""

    def __init__(self, *texts: str, quality: int = 50) -> None:
        self.info = ListenerInfo("ear", "The ear", ("en",), 1, quality=quality)
        self._texts = list(texts)

    def availability(self, language: str = "auto") -> Availability:
        return AVAILABLE

    def load(self) -> None:
        """Nothing to load."""

    def unload(self) -> None:
        """Nothing to give back."""

    def transcribe(
        self, samples: Samples, language: str, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[Utterance]:
        words = self._texts.pop(0).split()
        step = len(samples) / 16_000 / max(1, len(words))
        timed = tuple(WordTiming(word, at * step, (at + 1) * step) for at, word in enumerate(words))
        yield Utterance(0.0, len(samples) / 16_000, " ".join(words), timed, "en")


@pytest.fixture(scope="module")
def speech() -> Samples:
    """The text by the preview voice."""
    chunks = PreviewEngine().speak([Segment(0, TEXT)], PresetVoice(speaker="Ryan"), SpeakOptions("en", seed=3))
    return np.concatenate([chunk.samples for chunk in chunks])


def perform(engine: FakeEngine, mode: Any = "auto", ear: Ear | None = None, **known: Any) -> tuple[Spoken, Judge]:
    models = ModelManager({"player": engine}, listeners={"ear": ear} if ear else None)
    line = Line(
        0, TEXT, "neutral", "neutral", known.get("voice", PresetVoice(speaker="Ryan")), "Ryan", engine, "sentence", 0.0
    )
    judge = Judge(mode, models, "en")
    chunks = speak_line(line, 7, Manner(SpeakOptions("en"), models, lambda: False, judge))
    while True:
        try:
            next(chunks)
        except StopIteration as end:
            return end.value, judge


def test_a_sound_line_is_spoken_once(speech: Samples) -> None:
    spoken, _ = perform(Player(speech))
    assert (spoken.tries, spoken.problems) == (1, ())


def test_of_bad_tries_the_least_bad_is_kept(speech: Samples) -> None:
    clipped = np.clip(speech * 12, -0.9, 0.9)
    cut = speech[: len(speech) // 2]
    spoken, _ = perform(Player(speech * 0, clipped, np.concatenate([cut, cut, cut, cut, cut])))
    assert spoken.tries == 3
    assert spoken.problems == ("clipped",)
    assert spoken.seed == 7 + 1_000_003


def test_a_cost_grows_with_what_is_wrong_and_by_how_much() -> None:
    def verdict(code: str, measured: float, limit: float) -> Verdict:
        return Verdict((Check(code, False, measured, limit, ""),))

    worst_first = [
        verdict("no-sound", 0, 0),
        verdict("silent", -100, -55),
        verdict("too-long", 20, 10),
        verdict("too-long", 12, 10),
        verdict("clipped", 0.0004, 0.0003),
        Verdict(similarity=0.6),
        Verdict(similarity=0.9),
    ]
    costs = [one.cost for one in worst_first]
    assert costs == sorted(costs, reverse=True) and len(set(costs)) == len(costs)


def test_words_are_compared_where_they_are_asked_for(speech: Samples) -> None:
    ear = Ear("the boats went", TEXT)
    spoken, judge = perform(Player(speech, speech), "full", ear)
    assert spoken.tries == 2 and spoken.problems == ()
    assert spoken.verdict.words is not None and spoken.verdict.words.error_rate == 0
    assert judge.recogniser == "ear"
    spoken, judge = perform(Player(speech), "auto", Ear())
    assert spoken.verdict.words is None and judge.recogniser is None


def test_a_rough_recogniser_does_not_judge_and_that_is_said(speech: Samples) -> None:
    spoken, judge = perform(Player(speech), "full", Ear("anything", quality=10))
    assert spoken.problems == () and spoken.verdict.words is None
    assert "mishears" in judge.notices["words-not-judged"].text
    _, judge = perform(Player(speech), "full")
    assert "words-not-judged" in judge.notices


needs_encoder = pytest.mark.skipif(not SpeakerEncoder().availability().ok, reason="the studio set is not installed")


@needs_encoder
def test_another_voice_than_the_reference_is_foreign(speech: Samples, tmp_path: Path) -> None:
    t = np.arange(len(speech)) / STUDIO_RATE
    low = np.interp(t * 0.72, t, speech).astype(np.float32)  # slower and deeper: a giant
    write_wav(tmp_path / "own.wav", speech)
    voice = ClonedVoice(tmp_path / "own.wav")
    spoken, judge = perform(Player(speech), "full", voice=voice)
    assert spoken.problems == () and (spoken.verdict.similarity or 0) > 0.98 and judge.embedding == "ge2e"
    spoken, _ = perform(Player(low, low, low), "full", voice=voice)
    assert "foreign-voice" in spoken.problems and (spoken.verdict.similarity or 0) < 0.75


@needs_encoder
def test_a_stand_in_is_measured_and_not_judged(speech: Samples, tmp_path: Path) -> None:
    write_wav(tmp_path / "own.wav", speech)
    engine = Player(speech)
    engine.info = replace(engine.info, honesty="A stand-in.")
    spoken, judge = perform(engine, "full", voice=ClonedVoice(tmp_path / "own.wav"))
    assert spoken.verdict.similarity is not None
    assert "foreign-voice" not in [check.code for check in spoken.verdict.checks]
    assert "voice-not-judged" in judge.notices


def test_a_line_far_louder_than_the_others_of_its_voice_stands_out(speech: Samples) -> None:
    engine = Player(speech)
    line = Line(0, TEXT, "neutral", "neutral", PresetVoice(speaker="Ryan"), "Ryan", engine, "sentence", 0.0)
    judge = Judge("auto", ModelManager({"player": engine}), "en")
    for _ in range(3):
        judge.learn(speech * 0.1, line, judge.judged(speech * 0.1, line))
    assert judge.judged(speech * 0.1, line).problems == ()
    assert judge.judged(speech, line).problems == ("loudness",)


def test_the_rate_of_a_voice_is_learned_from_its_reference(speech: Samples, tmp_path: Path) -> None:
    """A text that would pass by people's rate is too long by that of a quick reference."""
    write_wav(tmp_path / "quick.wav", speech)
    engine = Player()
    voice = ClonedVoice(tmp_path / "quick.wav", transcript=TEXT)
    slow = np.concatenate([speech, speech[: len(speech) * 9 // 10]])

    def problems(voice: Voice) -> tuple[str, ...]:
        line = Line(0, TEXT, "neutral", "neutral", voice, "Anna", engine, "sentence", 0.0)
        return Judge("auto", ModelManager({"player": engine}), "en").judged(slow, line).problems

    assert "too-long" in problems(voice)
    assert "too-long" not in problems(replace(voice, transcript=""))
