"""Whisper several times faster on a processor: the same network and the same rules of decoding, run by CTranslate2.

A. Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2022. Windows of thirty seconds, each
cut by the times the model writes itself; the likeliest token, and a die where that gives nonsense; words by the heads
that follow the sound. All numbers are the package's own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from backend.core.errors import Cancelled
from backend.core.types import Samples, WordTiming
from backend.engines.listening import RATE, Task, Utterance

HOP = 160  # samples of a frame
WINDOW = 3000  # frames that are heard at once
PER_TIME = 2  # frames of the smallest step that the model writes
STEP = PER_TIME * HOP / RATE
"""Seconds of that."""
SHORTEST_STEP = 20
"""Frames that are gone on by at least, so that a confused model comes to an end."""
TEMPERATURES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
REPEATING, UNLIKELY, SILENT = 2.4, -1.0, 0.6
"""Beyond which a text is nonsense (compression), doubtful (mean logarithm), or nothing was said (probability)."""
SEED = 0
MEDIAN = 0.7
"""Seconds of a word in the middle of all, at most."""
BEFORE, BEHIND = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"
"""Punctuation that belongs to the word after it, and to the word before it."""
TICK = 0.02  # seconds between two looks at whether it is cancelled
T = TypeVar("T")


@dataclass(frozen=True)
class Segment:
    """What stands between two times."""

    start: float
    end: float
    tokens: tuple[int, ...]
    """Of text alone."""


@dataclass(frozen=True)
class Heard:
    """One window written down."""

    tokens: list[int]
    nothing: bool
    """Whether nobody spoke."""


class QuickWhisper:
    """One packed model. Not for two callers at once."""

    def __init__(self, folder: Path, threads: int, numbers: str = "int8") -> None:
        """Raises RuntimeError for a damaged folder, MemoryError."""
        import ctranslate2

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
        self._library.set_random_seed(SEED)
        bands, count, asked = self._bands(samples), len(samples) // HOP, language
        at, found = 0, language
        while at < count:
            size = min(WINDOW, count - at)
            window = np.zeros((1, len(bands), WINDOW), np.float32)
            window[0, :, :size] = bands[:, at : at + size]
            sound = self._encoded(window, cancelled)
            if found == "auto":
                found = self._language(sound, cancelled)
            words = self._words(found, task)
            heard = self._written(sound, words, cancelled)
            segments, ahead = ([], size) if heard.nothing else cut(heard.tokens, words.timestamp_begin, size)
            timed = self._timed(sound, words, segments, size, cancelled)
            for utterance in _utterances(segments, timed, words, at * HOP / RATE, seconds):
                yield replace(utterance, language=found if asked == "auto" else "")
            if timed and ahead < size:  # what was written lasts longer than the model thought
                ahead = max(ahead, round(timed[-1][0].end * RATE / HOP))
            at += max(SHORTEST_STEP, ahead)

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

    def _written(self, sound: Any, words: Any, cancelled: Callable[[], bool]) -> Heard:
        """The likeliest tokens; where they are nonsense, drawn ones."""
        from whisper.utils import compression_ratio

        for temperature in TEMPERATURES:
            said = _meanwhile(partial(self._drawn, sound, words, temperature), cancelled)
            tokens = list(said.sequences_ids[0])
            mean = said.scores[0] * len(tokens) / (len(tokens) + 1)
            silent = said.no_speech_prob > SILENT and mean < UNLIKELY
            text = words.decode([token for token in tokens if token < words.eot]).strip()
            if silent or not ((text and compression_ratio(text) > REPEATING) or mean < UNLIKELY):
                break
        return Heard(tokens, silent)

    def _drawn(self, sound: Any, words: Any, temperature: float) -> Any:
        (said,) = self._model.generate(
            sound,
            [list(words.sot_sequence)],
            beam_size=1,
            sampling_topk=1 if temperature == 0 else 0,
            sampling_temperature=temperature or 1.0,
            max_length=448,
            suppress_blank=True,
            suppress_tokens=[-1],
            max_initial_timestamp_index=50,
            return_scores=True,
            return_no_speech_prob=True,
        )
        return said

    def _timed(
        self, sound: Any, words: Any, segments: Sequence[Segment], size: int, cancelled: Callable[[], bool]
    ) -> list[tuple[WordTiming, int]]:
        """Every word of the window with its times from the window's start, and its number of tokens."""
        tokens = [token for segment in segments for token in segment.tokens]
        if not tokens:
            return []
        start = list(words.sot_sequence)
        (found,) = _meanwhile(lambda: self._model.align(sound, start, [tokens], size, median_filter_width=7), cancelled)
        texts, parts = words.split_to_word_tokens([*tokens, words.eot])
        place, time = np.array(found.alignments).T
        starts = time[np.r_[True, np.diff(place) > 0]] * STEP  # of each token
        edges = np.r_[0, np.cumsum([len(part) for part in parts[:-1]])]
        edges = np.minimum(edges, len(starts) - 1)
        return [
            (WordTiming(text, float(starts[edges[index]]), float(starts[edges[index + 1]])), len(part))
            for index, (text, part) in enumerate(zip(texts[:-1], parts[:-1], strict=True))
        ]


def cut(tokens: Sequence[int], first: int, size: int) -> tuple[list[Segment], int]:
    """Segments of a window of `size` frames, and the frames after which the next one begins.

    `first` is the token of time 0. Text behind the last pair of times is heard again in the next window.
    """
    is_time = [token >= first for token in tokens]
    ends = [at + 1 for at in range(len(tokens) - 1) if is_time[at] and is_time[at + 1]]
    ends_with_one = is_time[-2:] == [False, True]
    if not ends:
        times = [token - first for token in tokens if token >= first]
        end = times[-1] * STEP if times and times[-1] else size * HOP / RATE
        return [Segment(0.0, end, _text(tokens, first))], size
    if ends_with_one:
        ends.append(len(tokens))
    found = [
        Segment((part[0] - first) * STEP, (part[-1] - first) * STEP, _text(part, first))
        for begin, end in zip([0, *ends], ends, strict=False)
        if (part := tokens[begin:end])
    ]
    return found, size if ends_with_one else (tokens[ends[-1] - 1] - first) * PER_TIME


def _text(tokens: Sequence[int], first: int) -> tuple[int, ...]:
    """Tokens of text; those that command lie between text and times."""
    return tuple(token for token in tokens if token < first - COMMANDS)


COMMANDS = 107
"""Tokens between the last of text and the first time, at least: the end, the languages, the tasks."""


def _utterances(
    segments: Sequence[Segment], timed: Sequence[tuple[WordTiming, int]], words: Any, offset: float, seconds: float
) -> Iterator[Utterance]:
    """Segments with their words, timed from the start of all, within it."""
    left = list(timed)
    longest = _longest([word for word, _ in timed])
    for segment in segments:
        mine: list[WordTiming] = []
        taken = 0
        while left and taken < len(segment.tokens):
            word, count = left.pop(0)
            taken += count
            mine.append(word)
        if mine and mine[0].end - mine[0].start > longest:  # the pause before it was taken for a part of it
            mine[0] = WordTiming(mine[0].word, mine[0].end - longest, mine[0].end)
        text = words.decode(list(segment.tokens)).strip()
        first, last = (mine[0].start, mine[-1].end) if mine else (segment.start, segment.end)
        start = min(offset + first, seconds)
        if text and start < seconds:
            placed = [
                WordTiming(word.word.strip(), min(offset + word.start, seconds), min(offset + word.end, seconds))
                for word in _with_punctuation(mine)
                if word.word.strip()
            ]
            yield Utterance(start, max(start, min(offset + last, seconds)), text, tuple(placed))


def _longest(words: Sequence[WordTiming]) -> float:
    """Seconds of the longest word to be believed: twice the middle one."""
    lengths = [word.end - word.start for word in words if word.end > word.start]
    return 2 * min(MEDIAN, float(np.median(lengths))) if lengths else 2 * MEDIAN


def _with_punctuation(words: Sequence[WordTiming]) -> list[WordTiming]:
    """Punctuation joined to the word it belongs to."""
    joined: list[WordTiming] = []
    opening: WordTiming | None = None
    for word in words:
        if opening is not None:
            word = WordTiming(opening.word + word.word, word.start, word.end)
            opening = None
        bare = word.word.strip()
        if bare and bare in BEFORE and word.word.startswith(" "):
            opening = word
        elif bare and bare in BEHIND and joined and not joined[-1].word.endswith(" "):
            joined[-1] = WordTiming(joined[-1].word + word.word, joined[-1].start, joined[-1].end)
        else:
            joined.append(word)
    return joined if opening is None else [*joined, opening]


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
