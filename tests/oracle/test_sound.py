"""Speaker vectors, codes of a sound and decoded sound equal the official ones, at full size too."""

from __future__ import annotations

import json
from pathlib import Path

import make_tiny_checkpoints
import numpy as np
import pytest
import tiny_configs
import tiny_layout
import tiny_text
import tiny_weights
import torch

from backend.engines.qwen3_tts.codec.decoder import CodecDecoder
from backend.engines.qwen3_tts.codec.encoder import CodecEncoder
from backend.engines.qwen3_tts.speaker_encoder import SpeakerEncoder
from tests.oracle_environment import run_in_oracle
from tests.reference_sounds import reference_sound

pytestmark = [pytest.mark.oracle, pytest.mark.timeout(900)]
CODES = {"tiny": 256, "full": 2048}


@pytest.mark.parametrize(("scale", "size"), [("tiny", "0.6B"), ("full", "0.6B"), ("full", "1.7B")])
def test_vectors_codes_and_sound_are_the_official_ones(tmp_path: Path, scale: str, size: str) -> None:
    recipe = make_tiny_checkpoints.Recipe(scale, "f32")
    codec = make_tiny_checkpoints.make(tmp_path, "tokenizer_12hz", recipe)
    voice = _speaker_encoder_only(tmp_path / "voice", scale, size)
    sound = reference_sound(seed=3)
    codes = np.random.default_rng(0).integers(0, CODES[scale], (30, 16))
    np.savez(tmp_path / "asked.npz", sound=sound, codes=codes)
    run_in_oracle("ask.py", "sound", voice, codec, tmp_path / "asked.npz", tmp_path / "said.npz", threads=2)
    with np.load(tmp_path / "said.npz") as official:
        vector = SpeakerEncoder.load(voice).embed(sound).numpy()
        np.testing.assert_allclose(vector, official["vector"], atol=1e-4)
        np.testing.assert_array_equal(CodecEncoder.load(codec).encode(sound).numpy(), official["codes"])
        decoder = CodecDecoder.load(codec)
        decoded = decoder.push(torch.from_numpy(codes).T[None], decoder.start())[0].numpy()
        np.testing.assert_allclose(decoded, official["sound"], atol=1e-4)


def _speaker_encoder_only(folder: Path, scale: str, size: str) -> Path:
    """A Base folder without the billion weights of its talker."""
    folder.mkdir()
    words = tiny_text.vocabulary(published_ids=False)
    config = tiny_configs.model(scale, size, "base", words.control_ids(), words.size)
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    tensors = list(tiny_layout.speaker_encoder(config["speaker_encoder_config"]))
    tiny_weights.write(folder / "model.safetensors", tensors, "f32", seed=0)
    return folder
