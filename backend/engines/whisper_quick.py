"""Whisper several times faster on a processor: the same network and the same rules of decoding, run by CTranslate2.

A. Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2022. Windows of thirty seconds, each
cut by the times the model writes itself; the likeliest token, and a die where that gives nonsense; words by the heads
that follow the sound. All numbers are the package's own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from backend.core.errors import Cancelled
from backend.core.types import Samples, WordTiming
from backend.engines.listening import RATE, Task, Utterance
from backend.engines.whisper_words import HOP, WINDOW, Segment, cut, utterances, words_of

SHORTEST_STEP = 20
"""Frames that are gone on by at least, so that a confused model comes to an end."""
TEMPERATURES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
REPEATING, UNLIKELY, SILENT = 2.4, -1.0, 0.6
"""Beyond which a text is nonsense (compression), doubtful (mean logarithm), or nothing was said (probability)."""
SEED = 0
TICK = 0.02  # seconds between two looks at whether it is cancelled
T = TypeVar("T")


@dataclass(frozen=True)
class Heard:
    """One window written down."""

    tokens: list[int]
    nothing: bool
    """Whether nobody spoke."""


@dataclass
class _Row:
    """One sound, and how far it is heard."""

    bands: NDArray[np.float32]
    """(bands, n_frames), with a window of silence behind."""
    count: int
    """Frames of the sound."""
    seconds: float
    at: int = 0
    """Frames that were heard."""

    @property
    def size(self) -> int:
        """Frames of the next window that are sound."""
        return min(WINDOW, self.count - self.at)

    def window(self) -> NDArray[np.float32]:
        """(1, bands, WINDOW)"""
        found = np.zeros((1, len(self.bands), WINDOW), np.float32)
        found[0, :, : self.size] = self.bands[:, self.at : self.at + self.size]
        return found

    def go_on(self, ahead: int, timed: Sequence[tuple[WordTiming, int]]) -> None:
        if timed and ahead < self.size:  # what was written lasts longer than the model thought
            ahead = max(ahead, round(timed[-1][0].end * RATE / HOP))
        self.at += max(SHORTEST_STEP, ahead)


class QuickWhisper:
    """One packed model. Not for two callers at once."""

    def __init__(self, folder: Path, threads: int, numbers: str = "int8") -> None:
        """Raises RuntimeError for a damaged folder, MemoryError."""
        import ctranslate2

        ctranslate2.set_random_seed(SEED)  # its threads take it when they begin, and hear of no later one
        self._library: Any = ctranslate2
        self._model: Any = ctranslate2.models.Whisper(str(folder), "cpu", compute_type=numbers, intra_threads=threads)

    def transcribe(
        self,
        samples: Samples,
        seconds: float,
        language: str,
        cancelled: Callable[[], bool],
        task: Task = "transcribe",
    ) -> Iterator[Utterance]:
        """As `TranscriptionEngine.transcribe` or `translate`; what is imagined behind `seconds` is left out."""
        for (said,) in self._rounds([self._row(samples, seconds)], language, cancelled, task):
            yield from said

    def transcribe_many(
        self,
        sounds: Sequence[Samples],
        seconds: Sequence[float],
        language: str,
        cancelled: Callable[[], bool],
        task: Task = "transcribe",
    ) -> list[list[Utterance]]:
        """Each sound as `transcribe` hears it, with one reading of the weights for all; `language` is not auto."""
        rows = [self._row(each, length) for each, length in zip(sounds, seconds, strict=True)]
        found: list[list[Utterance]] = [[] for _ in rows]
        for going in self._rounds(rows, language, cancelled, task):
            for all_of_it, said in zip(found, going, strict=True):
                all_of_it += said
        return found

    def _rounds(
        self, rows: Sequence[_Row], language: str, cancelled: Callable[[], bool], task: Task
    ) -> Iterator[list[list[Utterance]]]:
        """Window by window of all that have one left; each time utterances for every row, which may be none."""
        found = language
        while going := [row for row in rows if row.at < row.count]:
            sounds = [self._encoded(row.window(), cancelled) for row in going]  # each alone stays in the caches
            if found == "auto":
                found = self._language(sounds[0], cancelled)
            words = self._words(found, task)
            heard = self._written(sounds, words, cancelled)
            cuts = [
                ([], row.size) if each.nothing else cut(each.tokens, words.timestamp_begin, row.size)
                for each, row in zip(heard, going, strict=True)
            ]
            timed = [
                self._timed(sound, words, segments, row.size, cancelled)
                for sound, (segments, _), row in zip(sounds, cuts, going, strict=True)
            ]
            said: dict[int, list[Utterance]] = {}
            for row, (segments, ahead), times in zip(going, cuts, timed, strict=True):
                own = utterances(segments, times, words, row.at * HOP / RATE, row.seconds)
                said[id(row)] = [replace(each, language=found if language == "auto" else "") for each in own]
                row.go_on(ahead, times)
            yield [said.get(id(row), []) for row in rows]

    def _row(self, samples: Samples, seconds: float) -> _Row:
        return _Row(self._bands(samples), len(samples) // HOP, seconds)

    def _bands(self, samples: Samples) -> NDArray[np.float32]:
        """Log-mel bands, shape (bands, n_frames), the sound filled up with thirty seconds of silence."""
        import whisper

        mel = whisper.log_mel_spectrogram(samples, self._model.n_mels, padding=WINDOW * HOP)
        bands: NDArray[np.float32] = mel.numpy()
        return bands

    def _encoded(self, window: NDArray[np.float32], cancelled: Callable[[], bool]) -> Any:
        view = self._library.StorageView.from_array(window)
        return _meanwhile(lambda: self._model.encode(view), cancelled)

    def _language(self, sound: Any, cancelled: Callable[[], bool]) -> str:
        """The likeliest language's code."""
        found = _meanwhile(lambda: self._model.detect_language(sound), cancelled)
        return str(found[0][0][0]).strip("<|>")

    def _words(self, language: str, task: Task) -> Any:
        from whisper.tokenizer import get_tokenizer

        # large-v3 and its kin have one language more, and more bands
        count = 100 if self._model.n_mels > 80 else 99
        return get_tokenizer(True, num_languages=count, language=language, task=task)

    def _written(self, sounds: Sequence[Any], words: Any, cancelled: Callable[[], bool]) -> list[Heard]:
        """The likeliest tokens of every window; where they are nonsense, drawn ones."""
        together = sounds[0]
        if len(sounds) > 1:
            together = self._library.StorageView.from_array(np.concatenate([np.array(each) for each in sounds]))
        found = []
        for sound, said in zip(sounds, self._drawn(together, len(sounds), words, 0.0, cancelled), strict=True):
            heard, doubtful = judged(said, words)
            found.append(self._drawn_until_good(sound, words, heard, cancelled) if doubtful else heard)
        return found

    def _drawn_until_good(self, sound: Any, words: Any, heard: Heard, cancelled: Callable[[], bool]) -> Heard:
        for temperature in TEMPERATURES[1:]:
            (said,) = self._drawn(sound, 1, words, temperature, cancelled)
            heard, doubtful = judged(said, words)
            if not doubtful:
                break
        return heard

    def _drawn(
        self, sound: Any, count: int, words: Any, temperature: float, cancelled: Callable[[], bool]
    ) -> Sequence[Any]:
        found: Sequence[Any] = _meanwhile(
            lambda: self._model.generate(
                sound,
                [list(words.sot_sequence)] * count,
                beam_size=1,
                sampling_topk=1 if temperature == 0 else 0,
                sampling_temperature=temperature or 1.0,
                max_length=448,
                suppress_blank=True,
                suppress_tokens=[-1],
                max_initial_timestamp_index=50,
                return_scores=True,
                return_no_speech_prob=True,
            ),
            cancelled,
        )
        return found

    def _timed(
        self, sound: Any, words: Any, segments: Sequence[Segment], size: int, cancelled: Callable[[], bool]
    ) -> list[tuple[WordTiming, int]]:
        """Every word of the window with its times from the window's start, and its number of tokens."""
        tokens = [token for segment in segments for token in segment.tokens]
        if not tokens:
            return []
        start = list(words.sot_sequence)
        (found,) = _meanwhile(lambda: self._model.align(sound, start, [tokens], size, median_filter_width=7), cancelled)
        return words_of(tokens, found.alignments, words)


def judged(said: Any, words: Any) -> tuple[Heard, bool]:
    """What was written, and whether it is worth another try."""
    from whisper.utils import compression_ratio

    tokens = list(said.sequences_ids[0])
    mean = said.scores[0] * len(tokens) / (len(tokens) + 1)
    silent = said.no_speech_prob > SILENT and mean < UNLIKELY
    text = words.decode([token for token in tokens if token < words.eot]).strip()
    doubtful = bool(text and compression_ratio(text) > REPEATING) or mean < UNLIKELY
    return Heard(tokens, silent), doubtful and not silent


def _meanwhile(work: Callable[[], T], cancelled: Callable[[], bool]) -> T:
    """What `work` gives. A cancel does not wait for it: it ends by itself, heard by nobody. Raises Cancelled."""
    if cancelled():
        raise Cancelled("Cancelled while listening.")
    outcome: list[T | BaseException] = []

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:  # noqa: BLE001 - handed over to who waits
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True, name="whisper")
    thread.start()
    while True:
        thread.join(TICK)
        if not thread.is_alive():
            break
        if cancelled():
            raise Cancelled("Cancelled while listening.")
    (found,) = outcome
    if isinstance(found, BaseException):
        raise found
    return found
