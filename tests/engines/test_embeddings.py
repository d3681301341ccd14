"""The speaker encoder hears who speaks: one voice twice is alike, two voices are not."""

from __future__ import annotations

import sys
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from backend.audio import voices
from backend.audio.mel import filterbank
from backend.core.errors import BadAudio, EngineUnavailable
from backend.core.types import PresetVoice, Segment
from backend.engines.base import SpeakOptions
from backend.engines.embeddings import SIZE, SpeakerEncoder, bundled, likeness
from backend.engines.preview.engine import PreviewEngine

pytest.importorskip("torch", reason="the studio set is not installed")
if bundled() is None:
    pytest.skip("the speaker encoder's weights are not installed", allow_module_level=True)

TEXT = "When the ferry came in at last, the people on the pier had gone home."


@cache
def spoken(speaker: str, text: str = TEXT) -> NDArray[np.float32]:
    engine = PreviewEngine()
    engine.load("preset")
    try:
        chunks = list(engine.speak([Segment(0, text)], PresetVoice(speaker=speaker), SpeakOptions(seed=1)))
    finally:
        engine.unload()
    return np.concatenate([chunk.samples for chunk in chunks])


@pytest.fixture(scope="module")
def encoder() -> SpeakerEncoder:
    return SpeakerEncoder()


def test_a_voice_is_nearer_to_itself_than_to_another(encoder: SpeakerEncoder) -> None:
    ryan, again = spoken("Ryan"), spoken("Ryan", "Two lamps were burning, and a man with a red scarf tied the rope.")
    same = likeness(encoder.embed(ryan), encoder.embed(again))
    assert same > likeness(encoder.embed(ryan), encoder.embed(spoken("Vivian"))) + 0.05
    assert same <= 1 + 1e-5


def test_level_does_not_change_who_speaks(encoder: SpeakerEncoder) -> None:
    ryan = spoken("Ryan")
    assert likeness(encoder.embed(ryan), encoder.embed(ryan * 0.05)) == pytest.approx(1, abs=1e-4)


def test_it_hears_the_same_as_the_package_whose_weights_it_uses(encoder: SpeakerEncoder) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that package stands on old names
        resemblyzer = pytest.importorskip("resemblyzer", exc_type=ImportError)
        theirs = resemblyzer.VoiceEncoder("cpu", verbose=False)
    from scipy.signal import resample_poly

    heard = resample_poly(spoken("Ryan").astype(np.float64), 2, 3)
    heard = (heard * 10 ** (-30 / 20) / np.sqrt((heard**2).mean())).astype(np.float32)
    _, parts, _ = theirs.embed_utterance(heard, return_partials=True, rate=2.5)
    looks = encoder.looks(spoken("Ryan")).vectors
    assert np.abs(parts[:3] - looks[:3]).max() < 1e-5


def test_a_look_is_a_unit_vector_of_256_and_a_short_word_still_gives_one(encoder: SpeakerEncoder) -> None:
    looks = encoder.looks(spoken("Ryan")[:12_000])
    assert looks.vectors.shape == (1, SIZE)
    assert np.linalg.norm(looks.vectors[0]) == pytest.approx(1, abs=1e-5)


def test_two_voices_after_each_other_are_told_apart_and_one_is_not(encoder: SpeakerEncoder) -> None:
    one, other = spoken("Ryan"), spoken("Serena")
    looks = encoder.looks(np.concatenate([one, other]))
    found = voices.split(looks.vectors)
    assert found.is_two
    edge = len(one) / 24_000
    second = looks.seconds[found.second]
    assert second.max() < edge + 0.8 or second.min() > edge - 0.8
    assert not voices.split(encoder.looks(np.concatenate([one, one])).vectors).is_two


def test_silence_is_refused_and_a_damaged_file_is_named(encoder: SpeakerEncoder, tmp_path: Path) -> None:
    with pytest.raises(BadAudio):
        encoder.embed(np.zeros(24_000, np.float32))
    broken = tmp_path / "encoder.pt"
    broken.write_bytes(b"PK\x03\x04 not a checkpoint")
    with pytest.raises(EngineUnavailable, match="damaged"):
        SpeakerEncoder(broken).embed(spoken("Ryan"))


def test_without_the_file_it_says_what_to_install(tmp_path: Path) -> None:
    availability = SpeakerEncoder(tmp_path / "none.pt").availability()
    assert not availability.ok and "setup" in availability.hint


@pytest.mark.parametrize("bank", [(16_000, 400, 40, 0, None), (24_000, 1024, 128, 0, 12_000)])
def test_the_mel_bank_equals_the_one_of_the_field(bank: tuple) -> None:
    librosa = pytest.importorskip("librosa")
    rate, n_fft, bands, low, high = bank
    theirs = librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=bands, fmin=low, fmax=high)
    assert np.abs(theirs - filterbank(*bank)).max() < 1e-7


def test_without_torch_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(EngineUnavailable, match="torch is not installed"):
        SpeakerEncoder()._encoded(np.zeros((1, 160, 40), np.float32))
