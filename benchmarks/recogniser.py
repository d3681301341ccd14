"""Word error of speech against what was asked, by PocketSphinx with a closed vocabulary. A relative measure.

The vocabulary is a list in which every word is as likely as any other, so nothing but the sound can help. Human speech
gets about 28 % from the same recogniser with its open vocabulary; compare figures of one run with each other only.
"""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

RATE = 16_000  # hertz that the recogniser hears


class Recogniser:
    """PocketSphinx with a uniform unigram over `words`."""

    def __init__(self, words: Sequence[str]) -> None:
        import pocketsphinx

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "uniform.lm"
            path.write_text(_uniform_model(words), encoding="ascii")
            self._decoder: Any = pocketsphinx.Decoder(lm=str(path), samprate=float(RATE), loglevel="FATAL")

    def hear(self, samples: NDArray[np.float32], rate: int) -> list[str]:
        """The words that it hears in mono samples (n,)."""
        divisor = math.gcd(rate, RATE)
        heard = resample_poly(samples.astype(np.float64), RATE // divisor, rate // divisor)
        quiet = np.zeros(RATE // 4)
        pcm = (np.clip(np.concatenate([quiet, heard, quiet]), -1, 1) * 32767).astype(np.int16)
        self._decoder.start_utt()
        self._decoder.process_raw(pcm.tobytes(), full_utt=True)
        self._decoder.end_utt()
        hypothesis = self._decoder.hyp()
        return [re.sub(r"\(\d+\)$", "", word) for word in hypothesis.hypstr.split()] if hypothesis else []


def _uniform_model(words: Sequence[str]) -> str:
    """ARPA text: one unigram a word."""
    share = math.log10(1 / (len(words) + 1))
    rows = [f"{share:.4f} {word}" for word in ("</s>", *words)]
    return "\n".join(["\\data\\", f"ngram 1={len(rows) + 1}", "", "\\1-grams:", "-99 <s>", *rows, "", "\\end\\", ""])


def word_errors(asked: Sequence[str], heard: Sequence[str]) -> int:
    """Fewest insertions, deletions and substitutions between two word lists."""
    row = list(range(len(heard) + 1))
    for index, word in enumerate(asked, 1):
        before, row[0] = row[0], index
        for column, other in enumerate(heard, 1):
            before, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, before + (word != other))
    return row[-1]
