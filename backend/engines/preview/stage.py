"""Everything loaded that speaking needs: text in, chunks of one segment out. Imports the optional libraries.

Order of work for one sentence: worker → 24 kHz → pieces between pauses → vocoder → chunks; so the first phrase is
heard while the rest is still being made.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from backend.core.tables.languages import language_code
from backend.core.types import STUDIO_RATE, AudioChunk, ClonedVoice, PresetVoice, Samples, Segment, Voice, WordTiming
from backend.engines.base import SpeakOptions
from backend.engines.preview.bands import Array
from backend.engines.preview.captions import place_units, time_words
from backend.engines.preview.cloning import ReferenceShelf, cloned_shape
from backend.engines.preview.design import designed_shape
from backend.engines.preview.emotions import Acting, acting_for
from backend.engines.preview.language import LATIN, detect_language, latin_language
from backend.engines.preview.library import EspeakLibrary
from backend.engines.preview.perform import Part, Place, active_rms, perform
from backend.engines.preview.presets import preset_shape
from backend.engines.preview.readings import Readings
from backend.engines.preview.shape import VoiceShape
from backend.engines.preview.source import Run, calibrate, silent_blocks, speak_source
from backend.engines.preview.text import Sentence, sentences
from backend.engines.preview.vocoder import HOP, analyse, pitch_of
from backend.engines.preview.voiceprint import Voiceprint
from backend.engines.preview.workers import WorkerLine

PAUSE = 0.30  # seconds between sentences of one segment
EMPTY = 0.25  # seconds of silence that stand for a sentence with nothing to say
SHORTEST_PIECE = 0.7  # seconds


@dataclass(frozen=True)
class Delivery:
    """One sentence as chunks want it: its pieces come one by one, its words are known before."""

    words: tuple[WordTiming, ...]
    """Timed from the start of the sentence."""
    pieces: Iterator[tuple[Samples, bool]]
    """Each with whether it is the last."""


class Stage:
    """Holds the source's calibration and the analysed references. Each `speak` has workers of its own."""

    def __init__(self, library: EspeakLibrary) -> None:
        self._arguments = (library.path, library.data)
        self._shelf = ReferenceShelf()
        with self._line() as line:
            self._source = calibrate(line)

    @property
    def source(self) -> Voiceprint:
        return self._source

    def shape_of(self, voice: Voice, strength: float | None) -> VoiceShape:
        if isinstance(voice, ClonedVoice):
            return cloned_shape(voice, strength, self._source, self._shelf)
        if isinstance(voice, PresetVoice):
            return preset_shape(voice.speaker, self._source)
        return designed_shape(voice.description, self._source)

    def speak(self, segments: Sequence[Segment], voice: Voice, options: SpeakOptions) -> Iterator[AudioChunk]:
        shape = self.shape_of(voice, options.match_strength)
        whole = " ".join(segment.text[:2000] for segment in segments[:50])
        with self._line() as line, Readings() as readings:
            for segment in segments:
                base = base_language(segment.text, whole, options.language)
                yield from self._segment(segment, base, shape, options, line, readings)

    def _line(self) -> WorkerLine:
        return WorkerLine("espeak_worker.py", self._arguments, fresh=True)

    def _segment(
        self,
        segment: Segment,
        base: str,
        shape: VoiceShape,
        options: SpeakOptions,
        line: WorkerLine,
        readings: Readings,
    ) -> Iterator[AudioChunk]:
        spoken = 0  # samples of the segment so far
        acting = acting_for(segment.emotion)
        for ordinal, (sentence, last) in enumerate(_with_last(sentences(segment.text, base))):
            take = f"{options.seed}\0{ordinal}\0{_captions(sentence)}".encode("utf-8", "replace")
            part = Part(shape, acting, options.speed, options.pitch, take)
            delivery = self._deliver(readings.read(sentence), part, line)
            waiting = _moved(delivery.words, spoken / STUDIO_RATE)
            for samples, final in delivery.pieces:
                if final and not last:
                    samples = np.concatenate([samples, _pause(acting, options.speed)])
                spoken += len(samples)
                now = [w for w in waiting if final or w.start < spoken / STUDIO_RATE]
                waiting = waiting[len(now) :]
                yield AudioChunk(samples, STUDIO_RATE, segment.index, tuple(now), last and final)
        if not spoken:
            yield AudioChunk(_silence(EMPTY), STUDIO_RATE, segment.index)  # a text of spaces only

    def _deliver(self, sentence: Sentence, part: Part, line: WorkerLine) -> Delivery:
        runs, spans = runs_of(sentence)
        if not any(map(str.isalnum, "".join(run.text for run in runs))):
            return _silent(sentence)
        speech = speak_source(line, runs, part.shape.pace)
        if len(speech.samples) < STUDIO_RATE // 20:  # letters that espeak-ng has no sound for
            return _silent(sentence)
        starts = [start for run, events in zip(spans, speech.events, strict=True) for start in place_units(run, events)]
        total, stretch = len(speech.samples) / STUDIO_RATE, part.stretch
        words = time_words(sentence, starts, total)
        return Delivery(_scaled(words, stretch, len(speech.samples)), self._pieces(speech.samples, part))

    def _pieces(self, samples: Array, part: Part) -> Iterator[tuple[Samples, bool]]:
        f0 = pitch_of(samples, quick=True)
        log_f0 = float(np.log(f0[f0 > 0]).mean()) if (f0 > 0).any() else float(self._source.log_f0 or 4.6)
        loudness = active_rms(samples)
        stretch, done = part.stretch, 0  # `done` counts spoken samples, so that no piece's rounding adds up
        for begin, end in cut(samples):
            piece = samples[begin:end]
            balance = loudness / max(active_rms(piece), 1e-9)
            place = Place(begin / STUDIO_RATE, len(samples) / STUDIO_RATE, log_f0, balance)
            until = round(end * stretch)
            yield perform(analyse(piece), part, place, self._source, until - done), end == len(samples)
            done = until


def base_language(text: str, whole: str, wanted: str) -> str:
    """The language asked for; on `auto` the segment's, or where it is too short to tell the whole script's."""
    named = language_code(wanted) or "auto"  # a language that nobody here speaks is read as what it looks like
    if named != "auto":
        return named
    own = detect_language(text)
    return own if own not in LATIN or latin_language(text) else _latin_or_english(whole)


def _latin_or_english(whole: str) -> str:
    return latin_language(whole) or "en"


def runs_of(sentence: Sentence) -> tuple[list[Run], list[list[tuple[int, int]]]]:
    """Neighbours of one language joined, and for each run the character spans of its units."""
    runs: list[Run] = []
    spans: list[list[tuple[int, int]]] = []
    for unit in sentence:
        if not runs or runs[-1].language != unit.language:
            runs.append(Run(unit.language, ""))
            spans.append([])
        begin = len(runs[-1].text)
        spans[-1].append((begin, begin + len(unit.spoken)))
        runs[-1] = replace(runs[-1], text=runs[-1].text + unit.spoken + (" " if unit.gap and unit.spoken else ""))
    return runs, spans


def cut(samples: Array) -> list[tuple[int, int]]:
    """Pieces between pauses, on the vocoder's grid, none much shorter than SHORTEST_PIECE."""
    silent = np.concatenate([[False], silent_blocks(samples, STUDIO_RATE), [False]])
    edges = np.flatnonzero(np.diff(silent.astype(int)))
    bounds = [0]
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        middle = int((begin + end) // 2) * 2 * HOP  # blocks of 10 ms are two frames
        long_enough = middle - bounds[-1] >= SHORTEST_PIECE * STUDIO_RATE
        if end - begin >= 6 and long_enough and len(samples) - middle >= SHORTEST_PIECE * STUDIO_RATE:
            bounds.append(middle)
    bounds.append(len(samples))
    return list(itertools.pairwise(bounds))


def _captions(sentence: Sentence) -> str:
    return " ".join(unit.caption for unit in sentence)


def _scaled(words: tuple[WordTiming, ...], stretch: float, n_samples: int) -> tuple[WordTiming, ...]:
    """Times of the source → of what is spoken, none beyond its last sample."""
    end = round(n_samples * stretch) / STUDIO_RATE
    return tuple(WordTiming(w.word, min(w.start * stretch, end), min(w.end * stretch, end)) for w in words)


def _moved(words: tuple[WordTiming, ...], by: float) -> list[WordTiming]:
    return [WordTiming(w.word, w.start + by, w.end + by) for w in words]


def _silent(sentence: Sentence) -> Delivery:
    seconds = EMPTY + 0.02 * len(sentence)
    return Delivery(time_words(sentence, [None] * len(sentence), seconds), iter([(_silence(seconds), True)]))


def _pause(acting: Acting, speed: float) -> Samples:
    return _silence(PAUSE * acting.pause / speed)


def _silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * STUDIO_RATE), dtype=np.float32)


def _with_last(items: Iterator[Sentence]) -> Iterator[tuple[Sentence, bool]]:
    """Each sentence and whether it is the last; looks one ahead, at text only."""
    before: Sentence | None = None
    for item in items:
        if before is not None:
            yield before, False
        before = item
    if before is not None:
        yield before, True
