"""PocketSphinx writes down English without any download. Rough: good for checks and drafts. Knows no files."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterator
from typing import Any

from backend.core.errors import Cancelled, EngineUnavailable
from backend.core.types import Samples, WordTiming
from backend.engines.base import AVAILABLE, Availability
from backend.engines.listening import RATE, ListenerInfo, Utterance

FRAME = 0.01  # seconds
GAP = 0.6  # seconds of silence that part two utterances
SILENT = 1e-3  # peak of what holds no speech, full scale 1
QUIET = 0.25  # seconds put around the sound: the decoder expects to begin and end in silence
STRIDE = RATE  # bytes of half a second
ONE_WORD, ALL_WORDS = "one-word", "_default"
"""The decoder's searches: for a keyword, and for all of the language."""
_VARIANT = re.compile(r"\(\d+\)$")  # `read(2)`: the second way to say it
SETUP = "Run setup.sh or setup.bat again."


class PocketSphinxListener:
    """The acoustic and language models that its package brings."""

    info = ListenerInfo(
        name="pocketsphinx",
        title="PocketSphinx",
        languages=("en",),
        memory_mb=120,
        packages=("pocketsphinx",),
        quality=10,
        detects=False,
        longest=12.0,
        honesty="Written down by PocketSphinx, which mishears about every third word. Install Whisper for good text.",
    )

    def __init__(self) -> None:
        self._decoder: Any = None

    def availability(self, language: str = "auto") -> Availability:
        if importlib.util.find_spec("pocketsphinx") is None:
            return Availability(False, "PocketSphinx is not installed.", SETUP)
        return AVAILABLE

    def load(self) -> None:
        if self._decoder is not None:
            return
        try:
            import pocketsphinx
        except ImportError:
            raise EngineUnavailable("PocketSphinx is not installed.", hint=SETUP) from None
        self._decoder = pocketsphinx.Decoder(samprate=float(RATE), loglevel="FATAL")
        self._decoder.add_keyphrase(ONE_WORD, "zero")

    def unload(self) -> None:
        self._decoder = None

    def transcribe(
        self, samples: Samples, language: str, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[Utterance]:
        """Cancelling stops it within half a second of sound."""
        if not len(samples) or float(abs(samples).max()) < SILENT:
            return  # digital silence has no spectrum, and any word fits that
        yield from _utterances(self._words(samples, cancelled), len(samples) / RATE)

    def _words(self, samples: Samples, cancelled: Callable[[], bool]) -> Iterator[WordTiming]:
        """Times from the start of the samples."""
        pcm = as_heard(samples)
        seconds = len(samples) / RATE
        self._search(pcm, self._mean(pcm), cancelled)
        for piece in self._decoder.seg() or ():
            if not piece.word.startswith(("<", "[", "++")):  # <s>, <sil>, [NOISE], ++BREATH++
                start, end = piece.start_frame * FRAME - QUIET, (piece.end_frame + 1) * FRAME - QUIET
                yield WordTiming(_VARIANT.sub("", piece.word), max(0.0, start), min(seconds, max(0.0, end)))

    def _mean(self, pcm: bytes) -> str:
        """The mean cepstrum of the whole sound, found by a search for one word, which is cheap.

        The decoder takes it only from all of the sound at once, and then cannot be stopped.
        """
        self._begin(ONE_WORD)
        self._decoder.process_raw(pcm, no_search=True, full_utt=True)
        self._decoder.end_utt()
        return str(self._decoder.get_cmn(False))

    def _search(self, pcm: bytes, mean: str, cancelled: Callable[[], bool]) -> None:
        """Look for words, bit by bit. Raises Cancelled."""
        self._begin(ALL_WORDS, mean)
        for at in range(0, len(pcm), STRIDE):
            if cancelled():
                self._decoder.end_utt()
                raise Cancelled("Cancelled while listening.")
            self._decoder.process_raw(pcm[at : at + STRIDE])
        self._decoder.end_utt()

    def _begin(self, search: str, mean: str = "") -> None:
        self._decoder.activate_search(search)
        self._decoder.reinit_feat()  # or it would remember the sound of the piece before
        if mean:
            self._decoder.set_cmn(mean)
        self._decoder.start_utt()


def as_heard(samples: Samples) -> bytes:
    """16-bit samples between two silences. Digital silence gets the noise of a microphone: it has no spectrum, and the
    decoder treats it in two ways."""
    import numpy as np

    quiet = np.zeros(round(QUIET * RATE), np.float32)
    padded = np.rint(np.concatenate([quiet, samples, quiet]) * 32767)
    noise = np.random.default_rng(0).normal(0, 1, len(padded)) * (padded == 0)
    return np.clip(np.rint(padded + noise), -32768, 32767).astype("<i2").tobytes()


def _utterances(words: Iterator[WordTiming], seconds: float) -> Iterator[Utterance]:
    """Words between two silences."""
    waiting: list[WordTiming] = []
    for word in words:
        if waiting and word.start - waiting[-1].end > GAP:
            yield _utterance(waiting, seconds)
            waiting = []
        waiting.append(word)
    if waiting:
        yield _utterance(waiting, seconds)


def _utterance(words: list[WordTiming], seconds: float) -> Utterance:
    text = " ".join(word.word for word in words)
    return Utterance(words[0].start, min(seconds, words[-1].end), text, tuple(words))
