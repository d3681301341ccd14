"""Ours hears and sounds as the official package did on the same checkpoints (`make golden` asks it anew)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from backend.engines.qwen3_tts.codec.decoder import CodecDecoder
from backend.engines.qwen3_tts.codec.encoder import CodecEncoder
from backend.engines.qwen3_tts.speaker_encoder import SpeakerEncoder
from tests.golden_cases import LENGTHS, STRIDE
from tests.reference_sounds import reference_sound

GOLDEN = Path(__file__).parent / "golden" / "official.npz"
CODEC = "Qwen3-TTS-Tokenizer-12Hz"
NEAR = 1e-4


@pytest.fixture(scope="module")
def golden() -> Iterator[dict[str, np.ndarray]]:
    torch.set_num_threads(1)
    with np.load(GOLDEN) as file:
        yield dict(file)


@pytest.fixture(scope="module")
def encoder(tiny_models: Path) -> CodecEncoder:
    return CodecEncoder.load(tiny_models / CODEC)


@pytest.mark.parametrize("size", ["0.6B", "1.7B"])
def test_speaker_vectors_equal_the_official_ones(tiny_models: Path, golden: dict[str, np.ndarray], size: str) -> None:
    speaker = SpeakerEncoder.load(tiny_models / f"Qwen3-TTS-12Hz-{size}-Base")
    vectors = [speaker.embed(reference_sound(seed=seed)).numpy() for seed in (0, 1)]
    for seed, vector in enumerate(vectors):
        np.testing.assert_allclose(vector, golden[f"vector-of-{size}-{seed}"], atol=NEAR)
    assert np.abs(vectors[0] - vectors[1]).max() > 100 * NEAR


@pytest.mark.parametrize("seed", [0, 1])
def test_codes_of_a_reference_equal_the_official_ones(
    encoder: CodecEncoder, golden: dict[str, np.ndarray], seed: int
) -> None:
    codes = golden[f"codes-of-{seed}"]
    assert len(np.unique(codes)) > 100
    np.testing.assert_array_equal(encoder.encode(reference_sound(seed=seed)).numpy(), codes)


@pytest.mark.parametrize("length", LENGTHS)
def test_sounds_that_end_beside_a_frame_give_the_official_codes(
    encoder: CodecEncoder, golden: dict[str, np.ndarray], length: int
) -> None:
    codes = encoder.encode(reference_sound(seed=2)[:length]).numpy()
    np.testing.assert_array_equal(codes, golden[f"codes-of-{length}-samples"])


@pytest.mark.parametrize("piece", [1, 3, 38])
def test_decoded_sound_equals_the_official_one_in_pieces_of_any_length(
    tiny_models: Path, golden: dict[str, np.ndarray], piece: int
) -> None:
    decoder = CodecDecoder.load(tiny_models / CODEC)
    codes = torch.from_numpy(golden["codes-of-1"].astype(np.int64)).T[None]
    state = decoder.start()
    sound = torch.cat([decoder.push(part, state) for part in codes.split(piece, dim=-1)], dim=-1)[0].numpy()
    assert sound.shape == (codes.shape[-1] * 1920,)
    np.testing.assert_allclose(sound[::STRIDE], golden["sound-of-1"], atol=NEAR)
    assert 0.05 < np.sqrt(np.mean(sound**2)) < 0.3
