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
from tests.fuzzed_text import SCRIPTS, fuzzed_texts
from tests.golden_cases import ENGLISH, LANGUAGES, MIXED
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


def test_the_ten_languages_read_alike_where_the_official_tokenizer_takes_the_files_for_a_mistral_model(
    tmp_path: Path,
) -> None:
    """With a vocabulary of the published size in a local folder, transformers 4.57 cuts text by another rule."""
    words = tiny_text.vocabulary(published_ids=True)
    tiny_text.write(tmp_path, words)
    config = tiny_configs.model("full", "0.6B", "base", words.control_ids(), words.size)
    (tmp_path / "config.json").write_text(json.dumps(config), "utf-8")
    texts = [*LANGUAGES.values(), ENGLISH, MIXED, SCRIPTS["devanagari"]]
    (tmp_path / "texts.json").write_text(json.dumps(texts), "utf-8")
    run_in_oracle("ask.py", "tokens", tmp_path, tmp_path / "texts.json", tmp_path / "out.json")
    official = json.loads((tmp_path / "out.json").read_text("utf-8"))
    ours = [TextTokenizer(tmp_path).encode(text) for text in texts]
    assert ours[:-1] == official[:-1]
    assert ours[-1] != official[-1], "the rule is the same by now: tokens.py need not speak of it any longer"


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
