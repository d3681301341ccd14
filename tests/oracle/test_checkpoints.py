"""Our random checkpoints have every tensor that the official classes make, and no other; tokenizers agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tiny_codec_layout
import tiny_configs
import tiny_layout
import tiny_text

from backend.engines.qwen3_tts.tokens import TextTokenizer
from tests.fuzzed_text import fuzzed_texts
from tests.oracle_environment import run_in_oracle
from tests.tiny_checkpoints import tiny_checkpoints

pytestmark = [pytest.mark.oracle, pytest.mark.timeout(600)]
MODELS = [("0.6B", "base"), ("0.6B", "custom_voice"), ("1.7B", "base"), ("1.7B", "voice_design")]


@pytest.mark.parametrize("scale", ["tiny", "full"])
@pytest.mark.parametrize(("size", "variant"), MODELS)
def test_a_model_has_the_official_tensors(tmp_path: Path, scale: str, size: str, variant: str) -> None:
    words = tiny_text.vocabulary(published_ids=scale == "full")
    config = tiny_configs.model(scale, size, variant, words.control_ids(), words.size)
    assert _shapes(tiny_layout.model(config, 0.0)) == _official(tmp_path, config)


@pytest.mark.parametrize("scale", ["tiny", "full"])
def test_the_codec_has_the_official_tensors(tmp_path: Path, scale: str) -> None:
    config = tiny_configs.codec(scale)
    assert _shapes(tiny_codec_layout.codec(config, 1.0)) == _official(tmp_path, config)


def _shapes(tensors: Any) -> dict[str, list[int]]:
    return {tensor.name: list(tensor.shape) for tensor in tensors}


def _official(folder: Path, config: dict[str, Any]) -> dict[str, list[int]]:
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    run_in_oracle("ask.py", "layout", folder, folder / "out.json")
    found: dict[str, list[int]] = json.loads((folder / "out.json").read_text("utf-8"))
    return found


def test_the_text_tokenizer_gives_the_official_ids_on_a_fuzzed_corpus(tmp_path: Path) -> None:
    folder = tiny_checkpoints() / "Qwen3-TTS-12Hz-0.6B-Base"
    ours, texts = TextTokenizer(folder), fuzzed_texts(4000, seed=2)
    plain = [text for text in texts if not text[: len(text) - len(text.lstrip())].strip(" ")]
    frames = [f"<|im_start|>assistant\n{text}<|im_end|>\n<|im_start|>assistant\n" for text in plain]
    (tmp_path / "texts.json").write_text(json.dumps([*texts, *frames]), "utf-8")
    run_in_oracle("ask.py", "tokens", folder, tmp_path / "texts.json", tmp_path / "out.json")
    official = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert [ours.encode(text) for text in texts] == official[: len(texts)]
    assert [ours.assistant(text) for text in plain] == official[len(texts) :]
