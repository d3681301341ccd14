"""Speed and pitch of what was spoken already, for voices that cannot change them themselves. Mono float32.

FFmpeg does it, through PyAV: `atempo` stretches time by overlapping waves that fit (WSOLA), and a pitch is a changed
rate with the time stretched back.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np

from backend.core.types import Samples

SLOWEST = 0.5
"""What one `atempo` can do at least; two in a row do more."""
_PIECE = 48_000  # samples a frame


def is_asked(speed: float, pitch: float) -> bool:
    """Whether there is anything to change."""
    return abs(speed - 1) > 1e-3 or abs(pitch) > 1e-3


def paced(samples: Samples, rate: int, speed: float, pitch: float) -> Samples:
    """`speed` is a ratio, `pitch` semitones; the rate stays. Shape (n,) → about (n / speed,)."""
    if not len(samples) or not is_asked(speed, pitch):
        return samples
    import av
    from av.audio.frame import AudioFrame
    from av.filter import Graph

    turned = 2 ** (pitch / 12)
    steps = [("asetrate", str(round(rate * turned))), *_tempos(speed / turned), ("aresample", str(rate))]
    graph = Graph()
    source = graph.add_abuffer(format="flt", sample_rate=rate, layout="mono", time_base=Fraction(1, rate))
    ends = [source, *(graph.add(name, value) for name, value in steps), graph.add("abuffersink")]
    for one, following in pairwise(ends):
        one.link_to(following)
    graph.configure()
    heard: list[Samples] = []

    def drain() -> None:
        try:
            while True:
                heard.append(graph.pull().to_ndarray()[0])
        except (av.BlockingIOError, av.EOFError):
            return

    for at in range(0, len(samples), _PIECE):
        piece = np.ascontiguousarray(samples[at : at + _PIECE], dtype=np.float32)
        frame = AudioFrame.from_ndarray(piece[None], format="flt", layout="mono")
        frame.sample_rate, frame.pts = rate, at
        graph.push(frame)
        drain()
    graph.push(None)
    drain()
    return np.concatenate(heard) if heard else samples


def _tempos(ratio: float) -> list[tuple[str, str]]:
    """`atempo` as often as the ratio needs."""
    found = []
    while ratio < SLOWEST:
        found.append(("atempo", str(SLOWEST)))
        ratio /= SLOWEST
    return [*found, ("atempo", f"{ratio:.6f}")]
