"""The mel scale of speech models: a bank of triangles over the bins of a Fourier transform."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_LINEAR = 200 / 3  # hertz a mel below the bend
_BEND = 1000.0  # hertz
_STEP = np.log(6.4) / 27  # of the logarithmic part


def _to_mel(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    high = _BEND / _LINEAR + np.log(np.maximum(hertz, _BEND) / _BEND) / _STEP
    return np.where(hertz < _BEND, hertz / _LINEAR, high)


def _to_hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    bend = _BEND / _LINEAR
    return np.where(mel < bend, mel * _LINEAR, _BEND * np.exp(_STEP * (mel - bend)))


def filterbank(
    rate: int, n_fft: int, bands: int, lowest: float = 0.0, highest: float | None = None
) -> NDArray[np.float32]:
    """Weights, shape (bands, n_fft // 2 + 1): triangles of equal area, evenly spaced on Slaney's mel scale.

    M. Slaney, "Auditory Toolbox", 1998: linear to 1 kHz, then logarithmic. Equal to librosa's `filters.mel`.
    """
    ends = _to_mel(np.array([lowest, highest or rate / 2]))
    corners = _to_hertz(np.linspace(ends[0], ends[1], bands + 2))
    bins = np.linspace(0, rate / 2, n_fft // 2 + 1)
    distance = corners[:, None] - bins[None, :]
    width = np.diff(corners)[:, None]
    triangles = np.maximum(0, np.minimum(-distance[:-2] / width[:-1], distance[2:] / width[1:]))
    area = 2 / (corners[2:] - corners[:-2])
    return np.asarray(triangles * area[:, None], dtype=np.float32)
