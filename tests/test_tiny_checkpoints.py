"""The random checkpoints are the same bytes everywhere, have the published layout, and are made without torch."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import make_tiny_checkpoints
import numpy as np
import pytest
import tiny_text
import tiny_weights
from safetensors import safe_open

from tests.tiny_checkpoints import ROOT, tiny_checkpoints


def test_the_generator_gives_the_values_written_down_here() -> None:
    (values,) = tiny_weights.draw(tiny_weights.Tensor("talker.model.norm.weight", (4,), -1.0, 1.0), "f32", 0)
    assert values.tolist() == [-0.6002044677734375, -0.7831268310546875, -0.4087677001953125, -0.8731536865234375]


def test_the_merges_learnt_are_the_ones_that_the_golden_codes_were_made_with() -> None:
    words = tiny_text.vocabulary(published_ids=False)
    assert hashlib.sha256(repr(words.merges).encode()).hexdigest()[:16] == "4ce436f894bc49e2"
    assert len(words.merges) > 1000 and {"assistant", "user", "system", "Ċ"} <= set(words.ids)


def test_full_size_checkpoints_keep_the_published_ids() -> None:
    words = tiny_text.vocabulary(published_ids=True)
    assert words.control_ids() == {
        "assistant_token_id": 77091,
        "im_start_token_id": 151644,
        "im_end_token_id": 151645,
        "tts_pad_token_id": 151671,
        "tts_bos_token_id": 151672,
        "tts_eos_token_id": 151673,
    }
    assert words.size == 151936 and words.ids["Ċ"] == 198
    assert len(set(words.ids.values()) | set(words.special.values())) == len(words.ids) + len(words.special)


def test_every_variant_has_the_published_files() -> None:
    names = {kind.folder for kind in make_tiny_checkpoints.KINDS.values()}
    assert {folder.name for folder in tiny_checkpoints().iterdir()} == names
    for folder in tiny_checkpoints().iterdir():
        files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        speech = {"config.json", "model.safetensors", "preprocessor_config.json"}
        if folder.name == "Qwen3-TTS-Tokenizer-12Hz":
            assert files == speech
            continue
        text = {"generation_config.json", "vocab.json", "merges.txt", "tokenizer_config.json"}
        assert files == speech | text | {f"speech_tokenizer/{name}" for name in speech}


def test_a_checkpoint_is_made_twice_the_same(tmp_path: Path) -> None:
    folder = make_tiny_checkpoints.make(tmp_path, "base_1_7b", make_tiny_checkpoints.Recipe("tiny", "f32"))
    assert _digests(folder) == _digests(tiny_checkpoints() / folder.name)


def test_another_seed_gives_other_weights(tmp_path: Path) -> None:
    folder = make_tiny_checkpoints.make(tmp_path, "tokenizer_12hz", make_tiny_checkpoints.Recipe("tiny", "f32", seed=1))
    ours, kept = _digests(folder), _digests(tiny_checkpoints() / folder.name)
    assert ours["config.json"] == kept["config.json"]
    assert ours["model.safetensors"] != kept["model.safetensors"]


def test_bf16_values_are_the_float32_ones_rounded_to_nearest_even(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    make_tiny_checkpoints.make(tmp_path, "custom_0_6b", make_tiny_checkpoints.Recipe("tiny", "bf16"))
    name = "Qwen3-TTS-12Hz-0.6B-CustomVoice/model.safetensors"
    with (
        safe_open(str(tmp_path / name), "pt") as rounded,
        safe_open(str(tiny_checkpoints() / name), "pt") as exact,
    ):
        assert set(rounded.keys()) == set(exact.keys())
        for tensor in rounded.keys():  # noqa: SIM118 - not a dict
            assert torch.equal(rounded.get_tensor(tensor), exact.get_tensor(tensor).to(torch.bfloat16)), tensor


def test_the_end_token_scores_nothing_unless_asked_for() -> None:
    name = "Qwen3-TTS-12Hz-0.6B-Base"
    assert not _end_row(tiny_checkpoints() / name).any()
    assert _end_row(tiny_checkpoints(stops=True) / name).all()


def test_all_of_them_are_made_without_torch_and_in_seconds(tmp_path: Path) -> None:
    program = (
        "import sys, time; sys.modules['torch'] = None; sys.path.insert(0, 'scripts'); start = time.process_time();"
        f"import make_tiny_checkpoints as maker; maker.main(['--out', {str(tmp_path)!r}]);"
        "assert time.process_time() - start < 10"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True)
    assert sum(path.stat().st_size for path in tmp_path.rglob("*")) < 50e6


def _end_row(folder: Path) -> np.ndarray:
    end = json.loads((folder / "config.json").read_text("utf-8"))["talker_config"]["codec_eos_token_id"]
    with safe_open(str(folder / "model.safetensors"), "numpy") as file:
        return file.get_tensor("talker.codec_head.weight")[end]


def _digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
