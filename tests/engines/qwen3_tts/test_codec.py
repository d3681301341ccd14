"""The codec hears and speaks in pieces of any length exactly as in one, and forgets what it cannot need any more."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.core.errors import BadAudio, EngineUnavailable
from backend.engines.qwen3_tts.codec.decoder import CodecDecoder
from backend.engines.qwen3_tts.codec.encoder import CodecEncoder
from backend.engines.qwen3_tts.speaker_encoder import SpeakerEncoder

MODEL = "Qwen3-TTS-12Hz-0.6B-Base"
FRAMES = 40


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def decoder(tiny_models: Path) -> CodecDecoder:
    return CodecDecoder.load(tiny_models / MODEL / "speech_tokenizer")


@pytest.fixture(scope="module")
def encoder(tiny_models: Path) -> CodecEncoder:
    return CodecEncoder.load(tiny_models / MODEL / "speech_tokenizer")


def codes(rows: int = 1, frames: int = FRAMES, seed: int = 0) -> torch.Tensor:
    return torch.randint(0, 256, (rows, 16, frames), generator=torch.Generator().manual_seed(seed))


def in_one(decoder: CodecDecoder, wanted: torch.Tensor) -> torch.Tensor:
    return decoder.push(wanted, decoder.start(len(wanted)))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.sets(st.integers(1, FRAMES - 1), max_size=12))
def test_sound_is_the_same_however_the_codes_are_cut(decoder: CodecDecoder, cuts: set[int]) -> None:
    wanted, state = codes(), decoder.start()
    edges = [0, *sorted(cuts), FRAMES]
    pieces = [decoder.push(wanted[:, :, a:b], state) for a, b in pairwise(edges)]
    assert (torch.cat(pieces, dim=1) - in_one(decoder, wanted)).abs().max() < 1e-5


def test_in_double_precision_nothing_is_lost_at_all(tiny_models: Path) -> None:
    exact = CodecDecoder.load(tiny_models / MODEL / "speech_tokenizer", dtype=torch.float64)
    wanted, state = codes(), exact.start()
    pieces = [exact.network(wanted[:, :, at : at + 1], state) for at in range(FRAMES)]
    whole = exact.network(wanted, exact.start())
    assert (torch.cat(pieces, dim=1) - whole).abs().max() < 1e-9


def test_what_weights_were_made_of_is_not_kept(decoder: CodecDecoder) -> None:
    assert all(buffer.grad_fn is None for buffer in decoder.network.buffers())


def test_a_frame_is_1920_samples_within_full_scale(decoder: CodecDecoder) -> None:
    sound = in_one(decoder, codes())
    assert sound.shape == (1, FRAMES * 1920) and sound.dtype == torch.float32
    assert 0.01 < sound.pow(2).mean().sqrt() < 0.7 and sound.abs().max() <= 1


def test_rows_do_not_hear_each_other(decoder: CodecDecoder) -> None:
    both = codes(rows=2)
    together = in_one(decoder, both)
    for row in range(2):
        assert (together[row] - in_one(decoder, both[row : row + 1])[0]).abs().max() < 1e-5


def test_a_row_can_be_dropped_and_a_state_can_be_kept_for_later(decoder: CodecDecoder) -> None:
    both = codes(rows=2)
    state = decoder.start(2)
    decoder.push(both[:, :, :10], state)
    kept = state.clone()
    state.select([1])
    rest = decoder.push(both[1:, :, 10:], state)
    assert (rest - in_one(decoder, both)[1:, 10 * 1920 :]).abs().max() < 1e-5
    again = decoder.push(both[:, :, 10:], kept)
    assert (again - in_one(decoder, both)[:, 10 * 1920 :]).abs().max() < 1e-5


def test_what_is_remembered_stays_bounded_however_long_it_speaks(decoder: CodecDecoder) -> None:
    state = decoder.start()
    decoder.push(codes(), state)
    before = state.bytes
    for turn in range(10):
        decoder.push(codes(seed=turn), state)
    assert state.bytes == before and state.steps == 11 * FRAMES


def test_half_precision_sounds_nearly_the_same(tiny_models: Path, decoder: CodecDecoder) -> None:
    half = CodecDecoder.load(tiny_models / MODEL / "speech_tokenizer", dtype=torch.bfloat16)
    exact, rough = in_one(decoder, codes()), in_one(half, codes())
    assert (exact - rough).pow(2).mean() < 0.02 * exact.pow(2).mean()


@pytest.mark.parametrize("shape", [(1, 15, 4), (2, 16, 4), (16, 4)])
def test_codes_of_another_shape_are_refused(decoder: CodecDecoder, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="codes of shape"):
        decoder.push(torch.zeros(shape, dtype=torch.long), decoder.start())


@pytest.mark.parametrize("samples", [1, 1919, 1920, 1921, 24_000, 100_001])
def test_every_begun_frame_of_a_recording_has_codes(encoder: CodecEncoder, samples: int) -> None:
    sound = np.random.default_rng(samples).normal(0, 0.1, samples).astype(np.float32)
    found = encoder.encode(sound)
    assert found.shape == (-(-samples // 1920), 16) and found.dtype == torch.int64
    assert int(found.min()) >= 0 and int(found.max()) < 256


def test_a_long_recording_heard_in_pieces_gives_the_codes_of_the_whole(encoder: CodecEncoder) -> None:
    sound = np.random.default_rng(5).normal(0, 0.1, 24_000 * 9 + 777).astype(np.float32)
    pieces = encoder.encode(sound)
    whole = encoder.network(torch.from_numpy(sound)[None, None], len(sound) + 1)
    assert torch.equal(pieces, whole[: len(pieces)])


def test_a_voice_has_one_vector_whatever_its_length(tiny_models: Path) -> None:
    speaker = SpeakerEncoder.load(tiny_models / MODEL)
    for seconds in (0.1, 1.0, 7.3):
        sound = np.random.default_rng(1).normal(0, 0.1, int(24_000 * seconds)).astype(np.float32)
        vector = speaker.embed(sound)
        assert vector.shape == (64,) and bool(torch.isfinite(vector).all())
    with pytest.raises(BadAudio):
        speaker.embed(np.zeros(100, np.float32))


def test_files_that_are_missing_or_of_another_build_are_told(tiny_models: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="speaker encoder"):
        SpeakerEncoder.load(tiny_models / "Qwen3-TTS-12Hz-0.6B-CustomVoice")
    copy = tmp_path / "speech_tokenizer"
    shutil.copytree(tiny_models / MODEL / "speech_tokenizer", copy)
    (copy / "config.json").write_text("{}")
    for part in (CodecDecoder, CodecEncoder):
        with pytest.raises(EngineUnavailable, match="codec"):
            part.load(copy)
    (copy / "config.json").unlink()
    with pytest.raises(EngineUnavailable, match=r"config\.json"):
        CodecDecoder.load(copy)
