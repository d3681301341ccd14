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

    def unload(self) -> None:
        self._decoder = None

    def transcribe(
        self, samples: Samples, language: str, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[Utterance]:
        """The whole stretch is heard before the first word comes: its mean level is taken over all of it."""
        if cancelled():
            raise Cancelled("Cancelled while listening.")
        if not len(samples) or float(abs(samples).max()) < SILENT:
            return  # digital silence has no spectrum, and any word fits that
        yield from _utterances(self._words(samples), len(samples) / RATE)

    def _words(self, samples: Samples) -> Iterator[WordTiming]:
        """Times from the start of the samples."""
        import numpy as np

        quiet = np.zeros(round(QUIET * RATE), np.float32)
        pcm = (np.clip(np.concatenate([quiet, samples, quiet]), -1, 1) * 32767).astype("<i2")
        seconds = len(samples) / RATE
        self._decoder.reinit_feat()  # or it would remember the sound of the piece before
        self._decoder.start_utt()
        self._decoder.process_raw(pcm.tobytes(), full_utt=True)
        self._decoder.end_utt()
        for piece in self._decoder.seg() or ():
            if not piece.word.startswith(("<", "[", "++")):  # <s>, <sil>, [NOISE], ++BREATH++
                start, end = piece.start_frame * FRAME - QUIET, (piece.end_frame + 1) * FRAME - QUIET
                yield WordTiming(_VARIANT.sub("", piece.word), max(0.0, start), min(seconds, max(0.0, end)))


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
