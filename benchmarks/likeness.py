"""How alike two voices are to a speaker encoder (resemblyzer): cosine of embeddings. Not what a listener would say."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

RATE = 16_000  # hertz that the encoder hears


class Encoder:
    def __init__(self) -> None:
        from resemblyzer import VoiceEncoder

        self._encoder: Any = VoiceEncoder("cpu", verbose=False)

    def embed(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """24 kHz samples (n,), levelled to -30 dB as the encoder was taught → unit vector (256,)."""
        heard = resample_poly(samples.astype(np.float64), 2, 3)
        level = 10 ** (-30 / 20) / max(float(np.sqrt((heard**2).mean())), 1e-9)
        embedding: NDArray[np.float32] = self._encoder.embed_utterance((heard * level).astype(np.float32))
        return embedding


def pairs(embeddings: Mapping[str, NDArray[np.float32]]) -> dict[tuple[str, str], float]:
    """Cosine of each two voices."""
    return {(a, b): float(embeddings[a] @ embeddings[b]) for a, b in combinations(embeddings, 2)}
