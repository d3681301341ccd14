"""The gates of the preview engine, one function each: a bench in, figures out. Printing is elsewhere."""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from backend.core.tables.speakers import SPEAKERS
from backend.core.types import AudioChunk, PresetVoice, Samples, Segment, Voice
from backend.engines.base import SpeakOptions
from backend.engines.preview.cloning import ReferenceShelf
from backend.engines.preview.emotions import ACTING, Acting
from backend.engines.preview.engine import VARIANT, PreviewEngine
from backend.engines.preview.perform import active_rms
from backend.engines.preview.vocoder import pitch_of
from benchmarks.references import references

if TYPE_CHECKING:
    from benchmarks.recogniser import Recogniser

NARRATOR = PresetVoice(speaker="Ryan")
PARAGRAPH = (
    "The harbor was still when the first boat came in. Nobody had expected it so early, and the old man who kept "
    "the light was asleep. On the deck stood a woman with a green umbrella; she looked at the empty pier, shook her "
    "head, and sat down on a box. How long would she have to wait? By noon the town knew her name."
)


@dataclass(frozen=True)
class Figure:
    name: str
    value: float | None
    limit: str = ""
    ok: bool | None = None
    """None for a figure without a gate."""
    note: str = ""


@dataclass(frozen=True)
class Bench:
    """What all gates share: an engine that is warm, sentences, references."""

    data: Path
    speech: Path
    folder: Path
    quick: bool

    @cached_property
    def engine(self) -> PreviewEngine:
        engine = PreviewEngine()
        engine.load(VARIANT)
        return engine

    @cached_property
    def sentences(self) -> list[str]:
        held_out: list[str] = json.loads((self.data / "sentences.json").read_text(encoding="utf-8"))["held_out"]
        return held_out[: self.some(len(held_out))]

    @cached_property
    def clones(self) -> tuple[dict[str, Voice], str]:
        voices, what = references(self.speech, self.folder)
        kept = list(voices.items())[: self.some(len(voices))] if self.quick else list(voices.items())
        return dict(kept), what

    def some(self, count: int) -> int:
        return max(2, count // 4) if self.quick else count

    def chunks(self, text: str, voice: Voice, emotion: str = "neutral") -> Iterator[AudioChunk]:
        return self.engine.speak([Segment(0, text, emotion)], voice, SpeakOptions(language="en"))

    def speak(self, text: str, voice: Voice, emotion: str = "neutral") -> Samples:
        return np.concatenate([chunk.samples for chunk in self.chunks(text, voice, emotion)])


def speed(bench: Bench) -> Iterator[Figure]:
    """Real-time factor of a paragraph, and how soon a sentence is heard, after a first sentence that warms up.

    The gate is on processor time, workers included: what one core needs, whoever else uses the machine.
    """
    bench.speak("One sentence to warm up.", NARRATOR)
    firsts = [_first_chunk(bench, sentence.capitalize() + ".") for sentence in bench.sentences[:6]]
    timings = [_factors(bench) for _ in range(3)]
    yield at_most("real-time factor, processor, median of 3", float(np.median([busy for busy, _ in timings])), 0.12)
    yield Figure("real-time factor, clock, median of 3", float(np.median([wall for _, wall in timings])))
    yield at_most("first chunk of a sentence, s, median", float(np.median(firsts)), 0.4)


def _first_chunk(bench: Bench, sentence: str) -> float:
    begin = time.perf_counter()
    chunks = bench.chunks(sentence, NARRATOR)
    next(chunks)
    seconds = time.perf_counter() - begin
    chunks.close()  # type: ignore[attr-defined]  # the engine's iterator is a generator
    return seconds


def _factors(bench: Bench) -> tuple[float, float]:
    """(processor, clock) seconds for a second of speech."""
    wall, busy = time.perf_counter(), sum(os.times()[:4])
    seconds = len(bench.speak(PARAGRAPH, NARRATOR)) / 24_000
    return (sum(os.times()[:4]) - busy) / seconds, (time.perf_counter() - wall) / seconds


def memory(bench: Bench) -> Iterator[Figure]:
    """Peak of this process and a worker in a process of their own, so that no encoder or recogniser is counted."""
    if importlib.util.find_spec("psutil") is None:
        yield Figure("memory", None, note="left out: pip install psutil")
        return
    from benchmarks.memory_probe import peak_megabytes

    yield at_most("engine and worker, MB, while speaking", peak_megabytes(PARAGRAPH), 400.0)


def captions(bench: Bench) -> Iterator[Figure]:
    """Share of the words that have a timing of their own, in order, after the one before."""
    text = " ".join([PARAGRAPH, *(sentence.capitalize() + "." for sentence in bench.sentences)])
    chunks = list(bench.chunks(text, NARRATOR))
    words = [word for chunk in chunks for word in chunk.words]
    seconds = sum(chunk.seconds for chunk in chunks)
    matching = sum(a == b.word for a, b in zip(text.split(), words, strict=False)) / len(text.split())
    rising = all(a.start < a.end <= b.start for a, b in itertools.pairwise(words))
    yield Figure("words with a timing, %", 100 * matching, "= 100", matching == 1.0 and len(words) == len(text.split()))
    yield Figure(
        "timings rise and fit the audio", float(rising), "= 1", bool(rising and words[-1].end <= seconds + 1e-6)
    )


def clone_pitch(bench: Bench) -> Iterator[Figure]:
    """Semitones between the mean pitch of a neutral clone and that of its reference."""
    voices, what = bench.clones
    shelf = ReferenceShelf()
    for name, voice in voices.items():
        wanted = shelf.get(voice.reference).print.log_f0  # type: ignore[union-attr]  # all are cloned voices
        spoken = np.concatenate([bench.speak(sentence, voice) for sentence in bench.sentences[:5]])
        heard = mean_log_f0(spoken)
        assert wanted is not None and heard is not None, "references and neutral clones are voiced"
        semitones = 12 / np.log(2) * (heard - wanted)
        yield Figure(f"{name}, semitones", float(semitones), "within 1", bool(abs(semitones) <= 1.0), what)


def emotions(bench: Bench) -> Iterator[Figure]:
    """How many of pitch, rate and level differ from neutral as the emotion's row says."""
    sentences = bench.sentences[: 2 if bench.quick else 6]
    for speaker in ("Ryan",) if bench.quick else ("Ryan", "Serena"):
        voice = PresetVoice(speaker=speaker)
        neutral = _delivery(bench, sentences, voice, "neutral")
        for emotion, row in ACTING.items():
            if emotion != "neutral":
                yield _against(neutral, _delivery(bench, sentences, voice, emotion), row, f"{speaker}, {emotion}")


@dataclass(frozen=True)
class Spoken:
    log_f0: float | None
    seconds: float
    decibels: float


def _delivery(bench: Bench, sentences: list[str], voice: Voice, emotion: str) -> Spoken:
    takes = [bench.speak(sentence, voice, emotion) for sentence in sentences]
    whole = np.concatenate(takes)
    return Spoken(mean_log_f0(whole), len(whole) / 24_000, 20 * np.log10(active_rms(whole.astype(np.float64))))


def _against(neutral: Spoken, other: Spoken, row: Acting, name: str) -> Figure:
    pitch = None if row.unvoiced else 12 / np.log(2) * ((other.log_f0 or 0.0) - (neutral.log_f0 or 0.0))
    rate = neutral.seconds / other.seconds
    level = other.decibels - neutral.decibels
    cues = {
        "pitch": other.log_f0 is None if pitch is None else abs(pitch) >= 1.5 and pitch * row.pitch > 0,
        "rate": abs(rate - 1) >= 0.1 and (rate - 1) * (row.rate - 1) > 0,
        "level": abs(level) >= 2.0 and level * row.level > 0,
    }
    heard = "unvoiced" if pitch is None else f"{pitch:+.1f} st"
    note = f"{heard}, rate {rate:.2f}, {level:+.1f} dB"
    count = sum(map(bool, cues.values()))  # numpy's truth is not JSON's
    return Figure(f"{name}: cues", float(count), ">= 2", count >= 2, note)


def speakers_apart(bench: Bench) -> Iterator[Figure]:
    """Cosine of the nine stand-ins to a speaker encoder."""
    if importlib.util.find_spec("resemblyzer") is None:
        yield Figure(
            "speakers apart", None, note="left out: pip install --no-deps resemblyzer, librosa, webrtcvad-wheels"
        )
        return
    from benchmarks.likeness import Encoder, pairs

    encoder = Encoder()
    spoken = {
        speaker: np.concatenate([bench.speak(text, PresetVoice(speaker=speaker)) for text in bench.sentences[:6]])
        for speaker in SPEAKERS
    }
    cosines = pairs({speaker: encoder.embed(samples) for speaker, samples in spoken.items()})
    nearest = max(cosines, key=lambda pair: cosines[pair])
    yield at_most("cosine of two speakers, mean", float(np.mean(list(cosines.values()))), 0.80)
    yield at_most("cosine of two speakers, highest", cosines[nearest], 0.90, note=" and ".join(nearest))


def word_error(bench: Bench) -> Iterator[Figure]:
    """Closed-vocabulary word error on the sentences held out: the source, presets, clones at the default strength."""
    if importlib.util.find_spec("pocketsphinx") is None:
        yield Figure("word error", None, note="left out: pip install pocketsphinx")
        return
    from benchmarks.recogniser import Recogniser

    recogniser = Recogniser((bench.data / "vocabulary.txt").read_text(encoding="ascii").split())
    speakers = list(SPEAKERS)[: 2 if bench.quick else None]
    voices, what = bench.clones
    yield Figure("source before it is bent, %", _source_errors(bench, recogniser), note="the yardstick of this run")
    presets = _errors(bench, recogniser, {name: PresetVoice(speaker=name) for name in speakers})
    yield _errors_at_most(bench, "presets, %, mean", presets, 45.0, "")
    yield _errors_at_most(bench, "clones, %, mean", _errors(bench, recogniser, voices), 50.0, f"{what}: ")


def _errors_at_most(bench: Bench, name: str, rates: Mapping[str, float], limit: float, note: str) -> Figure:
    figure = at_most(name, float(np.mean(list(rates.values()))), limit, note + _each(rates))
    return replace(figure, ok=None, note=f"too few sentences for a gate; {figure.note}") if bench.quick else figure


def _errors(bench: Bench, recogniser: Recogniser, voices: Mapping[str, Voice]) -> dict[str, float]:
    rates = {}
    for name, voice in voices.items():
        heard = [recogniser.hear(bench.speak(text, voice), 24_000) for text in bench.sentences]
        rates[name] = _rate(bench.sentences, heard)
    return rates


def _source_errors(bench: Bench, recogniser: Recogniser) -> float:
    from backend.engines.preview.library import find_library
    from backend.engines.preview.source import Run, speak_source
    from backend.engines.preview.workers import WorkerLine

    library = find_library()
    assert library, "the engine is available, so its library is"
    with WorkerLine("espeak_worker.py", (library.path, library.data), fresh=True) as line:
        spoken = [speak_source(line, [Run("en", text)], 1.0).samples for text in bench.sentences]
    return _rate(bench.sentences, [recogniser.hear((0.5 * sound).astype(np.float32), 24_000) for sound in spoken])


def _rate(asked: list[str], heard: list[list[str]]) -> float:
    from benchmarks.recogniser import word_errors

    errors = sum(word_errors(text.split(), words) for text, words in zip(asked, heard, strict=True))
    return 100 * errors / sum(len(text.split()) for text in asked)


def _each(rates: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {rate:.0f}" for name, rate in rates.items())


def at_most(name: str, value: float, limit: float, note: str = "") -> Figure:
    return Figure(name, float(value), f"<= {limit:g}", bool(value <= limit), note)


def mean_log_f0(samples: NDArray[np.float32]) -> float | None:
    """Mean natural logarithm of hertz over voiced frames; None where fewer than one in twenty is voiced."""
    f0 = pitch_of(samples.astype(np.float64), quick=False)
    voiced = np.log(f0[f0 > 0])
    if len(voiced) < len(f0) / 20:
        return None
    near = voiced[np.abs(voiced - np.median(voiced)) < 0.5]
    return float(near.mean())
