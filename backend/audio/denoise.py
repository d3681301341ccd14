"""Steady noise beneath a voice lowered a little, by FFmpeg's spectral denoiser. Mono float32 at 24 kHz."""

from __future__ import annotations

import numpy as np

from backend.audio import probe, prosody
from backend.core.types import STUDIO_RATE, Samples

REDUCTION = 10.0  # decibels at most: more is heard as a voice under water
_FLOORS = (-80.0, -20.0)  # decibels that the filter takes for the noise
_OVER = 3.0  # decibels over the quietest tenth, which is not the whole of the noise
_CENTRES = (80, 120, 180, 270, 410, 620, 930, 1400, 2100, 3150, 4750, 7100, 10700, 16000, 24000)
"""Hertz of the filter's fifteen bands."""
_COLOUR = 24.0  # decibels by which a band of the noise may differ from white
_LATE = 600  # samples by which its sound comes later
_BLOCK = 4800


def noise_floor(samples: Samples) -> float:
    """Decibels, relative to full scale, of what is heard where nobody speaks."""
    return float(np.percentile(probe.frame_levels(samples, STUDIO_RATE, 0.02), 5))


def denoised(samples: Samples) -> Samples:
    """The same length, shape (n_samples,), its steady noise up to 10 dB lower."""
    import av
    from av.filter import Graph

    graph = Graph()
    layout = f"sample_rate={STUDIO_RATE}:sample_fmt=flt:channel_layout=mono:time_base=1/{STUDIO_RATE}"
    source, sink = graph.add("abuffer", layout), graph.add("abuffersink")
    cleaner = graph.add("afftdn", _profile(samples))
    source.link_to(cleaner)
    cleaner.link_to(sink)
    graph.configure()
    heard: list[Samples] = []

    def pull() -> None:
        while True:
            try:
                piece = sink.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            assert isinstance(piece, av.AudioFrame), "what goes in as sound comes out as sound"
            heard.append(piece.to_ndarray().reshape(-1).astype(np.float32))

    padded = np.concatenate([samples, np.zeros(_LATE, np.float32)]).astype(np.float32)
    for start in range(0, len(padded), _BLOCK):
        frame = av.AudioFrame.from_ndarray(padded[None, start : start + _BLOCK], format="flt", layout="mono")
        frame.sample_rate, frame.pts = STUDIO_RATE, start
        source.push(frame)
        pull()
    source.push(None)
    pull()
    return np.concatenate(heard)[_LATE : _LATE + len(samples)]


def _profile(samples: Samples) -> str:
    """The filter's arguments: level and colour of the quietest tenth of the recording."""
    power, hertz = prosody.powers(samples)
    level = power.sum(axis=1)
    quiet = power[level <= np.percentile(level, 10)].mean(axis=0) + 1e-15
    floor = float(10 * np.log10(quiet.sum())) + _OVER
    edges = np.sqrt(np.multiply(_CENTRES[:-1], _CENTRES[1:]))
    bands = np.minimum(np.searchsorted(edges, hertz), len(_CENTRES) - 1)
    colour = [
        float(np.clip(10 * np.log10(quiet[bands == band].mean() / quiet.mean()), -_COLOUR, _COLOUR))
        if (bands == band).any()
        else 0.0
        for band in range(len(_CENTRES))
    ]
    told = "|".join(f"{value:.1f}" for value in colour)
    return f"nr={REDUCTION}:nf={min(_FLOORS[1], max(_FLOORS[0], floor)):.1f}:nt=c:bn={told}"
