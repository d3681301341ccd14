"""Spectral colour on mel bands: matrices between bands and spectrum bins, smoothing, warping. Levels are decibels.

A colour is an array of shape (BANDS,): decibels at points equally spaced in mel from 0 Hz to half the rate.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from backend.core.types import STUDIO_RATE

Array = NDArray[np.float64]

BANDS = 80
FFT_SIZE = 1024
BINS = FFT_SIZE // 2 + 1
NYQUIST = STUDIO_RATE / 2  # hertz
WARP_KNEE = 0.8  # of Nyquist: above it the warp is bent back so that Nyquist stays where it is
DECIBEL = 10 / np.log(10)  # decibels in one neper of power


def mel(hertz: Array | float) -> Array:
    return np.asarray(1127.0 * np.log1p(np.asarray(hertz) / 700.0))


@lru_cache(maxsize=1)
def band_frequencies() -> Array:
    """Hertz of the mel points, shape (BANDS,)."""
    points = np.linspace(0.0, float(mel(NYQUIST)), BANDS)
    return np.asarray(700.0 * np.expm1(points / 1127.0))


@lru_cache(maxsize=1)
def bin_frequencies() -> Array:
    """Hertz of the spectrum bins, shape (BINS,)."""
    return np.linspace(0.0, NYQUIST, BINS)


def to_bands(spectrum: Array) -> Array:
    """(n, BINS) sampled at the mel points → (n, BANDS)."""
    position = band_frequencies() / NYQUIST * (BINS - 1)
    low = np.minimum(position.astype(int), BINS - 2)
    part = position - low
    return np.asarray(spectrum[..., low] * (1 - part) + spectrum[..., low + 1] * part)


@lru_cache(maxsize=1)
def _spread() -> Array:
    """Linear interpolation from bands to bins, shape (BANDS, BINS)."""
    return np.stack([np.interp(bin_frequencies(), band_frequencies(), row) for row in np.eye(BANDS)])


def to_bins(colour: Array) -> Array:
    """(..., BANDS) → (..., BINS)."""
    return np.asarray(colour @ _spread())


def warp_positions(frequencies: Array, alpha: float) -> Array:
    """Where warped frequencies come from: Y(f) = X(f / alpha), piecewise linear (VTLN after Lee & Rose 1998)."""
    knee = WARP_KNEE * NYQUIST * min(1.0, alpha)
    slope = (NYQUIST - knee / alpha) / (NYQUIST - knee)
    return np.where(frequencies <= knee, frequencies / alpha, knee / alpha + (frequencies - knee) * slope)


def warp_bins(log_spectrum: Array, alpha: float) -> Array:
    """(n, BINS) with formants moved up by the ratio alpha."""
    position = warp_positions(bin_frequencies(), alpha) / NYQUIST * (BINS - 1)
    low = np.clip(position.astype(int), 0, BINS - 2)
    part = position - low
    return np.asarray(log_spectrum[:, low] * (1 - part) + log_spectrum[:, low + 1] * part)


def warp_bands(colour: Array, alpha: float) -> Array:
    """(BANDS,) with formants moved up by the ratio alpha."""
    return np.interp(warp_positions(band_frequencies(), alpha), band_frequencies(), colour)


@lru_cache(maxsize=8)
def _lifter(order: int) -> Array:
    """Projection on the first `order` cosines, shape (BANDS, BANDS)."""
    basis = np.cos(np.pi * np.outer(np.arange(order), np.arange(BANDS) + 0.5) / BANDS)
    basis /= np.linalg.norm(basis, axis=1, keepdims=True)
    return np.asarray(basis.T @ basis)


def lifter(colour: Array, order: int) -> Array:
    """Smoothed over bands by keeping `order` cosines."""
    return np.asarray(colour @ _lifter(order))


def tilt(decibels_an_octave: float, pivot: float = 500.0) -> Array:
    """A slope above the pivot, at most ±18 dB, shape (BANDS,)."""
    octaves = np.log2(np.maximum(band_frequencies(), pivot) / pivot)
    return np.clip(decibels_an_octave * octaves, -18.0, 18.0)


def cosine_colour(weights: tuple[float, ...]) -> Array:
    """A smooth colour from the weights, in decibels, of cosines 2, 3, 4… over the mel axis, shape (BANDS,)."""
    place = (np.arange(BANDS) + 0.5) / BANDS
    return np.asarray(sum((w * np.cos(np.pi * (k + 2) * place) for k, w in enumerate(weights)), np.zeros(BANDS)))
