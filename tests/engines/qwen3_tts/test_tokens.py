"""Text becomes the ids that the official tokenizer would give, and never a control token."""

from __future__ import annotations

import json
import shutil
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from backend.core.errors import EngineUnavailable
from backend.engines.qwen3_tts.tokens import TextTokenizer
from tests.fuzzed_text import CONTROLS, PIECES, SCRIPTS, fuzzed_texts

FOLDER = "Qwen3-TTS-12Hz-0.6B-Base"


@pytest.fixture(scope="module")
def folder(tiny_models: Path) -> Path:
    return tiny_models / FOLDER


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> TextTokenizer:
    return TextTokenizer(folder)


@pytest.fixture(scope="module")
def official(folder: Path) -> Any:
    """The class that the official package uses, from whatever transformers is here."""
    transformers = pytest.importorskip("transformers", reason="transformers comes with the studio set")
    return transformers.Qwen2Tokenizer.from_pretrained(str(folder))


def test_a_fuzzed_corpus_in_twenty_scripts_gives_the_official_ids(tokenizer: TextTokenizer, official: Any) -> None:
    assert len(SCRIPTS) >= 20
    for text in fuzzed_texts(3000):
        assert tokenizer.encode(text) == official(text)["input_ids"], ascii(text)


def test_frames_equal_the_official_ones_unless_the_text_starts_with_a_line_break(
    tokenizer: TextTokenizer, official: Any
) -> None:
    for text in fuzzed_texts(1000, seed=1):
        if "\n" in _leading_blanks(text) or "\r" in _leading_blanks(text):
            continue
        whole = official(f"<|im_start|>assistant\n{text}<|im_end|>\n<|im_start|>assistant\n")["input_ids"]
        assert tokenizer.assistant(text) == whole, ascii(text)
        assert tokenizer.reference(text) == whole[: -len(tokenizer.opening)]
        spoken = official(f"<|im_start|>user\n{text}<|im_end|>\n")["input_ids"]
        assert tokenizer.instruction(text) == spoken


def _leading_blanks(text: str) -> str:
    return text[: len(text) - len(text.lstrip())]


def test_the_cut_of_the_official_prompt_finds_the_text_between_the_frames(tokenizer: TextTokenizer) -> None:
    for text in ("Hello there.", " with a blank", "你好", "🙂", "a\n\nb"):
        ids = tokenizer.assistant(text)
        assert tuple(ids[:3]) == tokenizer.opening and ids[3:-5] == tokenizer.encode(text)
        assert tokenizer.reference(text)[3:-2] == tokenizer.encode(text)


def test_a_text_that_starts_with_line_breaks_keeps_its_words_and_the_three_ids_of_the_frame(
    tokenizer: TextTokenizer,
) -> None:
    ids = tokenizer.assistant("\n\nHello")
    assert tuple(ids[:3]) == tokenizer.opening
    assert ids[3:-5][-len(tokenizer.encode("Hello")) :] == tokenizer.encode("Hello")


@pytest.mark.parametrize("control", CONTROLS)
def test_a_spelling_of_a_control_token_in_a_script_stays_text(tokenizer: TextTokenizer, control: str) -> None:
    ids = tokenizer.encode(f"before {control} after")
    assert not set(ids) & set(tokenizer.specials.values())
    assert tokenizer.assistant(control).count(tokenizer.specials["<|im_end|>"]) == 1


def test_look_alikes_are_spelt_like_any_other_signs(tokenizer: TextTokenizer, official: Any) -> None:
    for control in CONTROLS:
        spelt = official.backend_tokenizer.pre_tokenizer.pre_tokenize_str(control)
        joined = [token for piece, _ in spelt for token in official.backend_tokenizer.model.tokenize(piece)]
        assert tokenizer.encode(control) == [token.id for token in joined]


def test_composed_and_decomposed_text_are_the_same_text(tokenizer: TextTokenizer) -> None:
    for text in (*SCRIPTS.values(), *PIECES["marks"]):
        assert tokenizer.encode(unicodedata.normalize("NFD", text)) == tokenizer.encode(text)


def test_half_a_surrogate_pair_is_read_as_a_question_mark(tokenizer: TextTokenizer) -> None:
    assert tokenizer.encode("a\ud83d b") == tokenizer.encode("a? b")


def test_merges_matter_here(tokenizer: TextTokenizer) -> None:
    text = SCRIPTS["latin"] + SCRIPTS["cyrillic"]
    assert len(tokenizer.encode(text)) < 0.7 * len(text.encode("utf-8"))


def test_full_size_files_with_published_ids_are_read_too(tmp_path: Path) -> None:
    import tiny_text

    tiny_text.write(tmp_path, tiny_text.vocabulary(published_ids=True))
    assert TextTokenizer(tmp_path).opening == (151644, 77091, 198)


@pytest.mark.parametrize("name", ["vocab.json", "merges.txt", "tokenizer_config.json"])
def test_a_missing_or_damaged_file_is_named(folder: Path, tmp_path: Path, name: str) -> None:
    _copied(folder, tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(EngineUnavailable, match=f"{name} is missing"):
        TextTokenizer(tmp_path)
    (tmp_path / name).write_bytes(b"\xff\xfe{")
    with pytest.raises(EngineUnavailable, match=name):
        TextTokenizer(tmp_path)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("vocab.json", lambda table: table.pop("assistant"), "sistant"),
        ("vocab.json", lambda table: table.pop("Ċ"), "Ċ|256 bytes"),
        ("tokenizer_config.json", lambda table: table.pop("added_tokens_decoder"), "im_start"),
        ("tokenizer_config.json", lambda table: table.update(added_tokens_decoder={"x": {"content": "a"}}), "control"),
    ],
)
def test_files_that_do_not_fit_are_refused_with_a_sentence(
    folder: Path, tmp_path: Path, name: str, change: Any, words: str
) -> None:
    _copied(folder, tmp_path)
    table = json.loads((tmp_path / name).read_text("utf-8"))
    change(table)
    (tmp_path / name).write_text(json.dumps(table), "utf-8")
    with pytest.raises(EngineUnavailable, match=words):
        TextTokenizer(tmp_path)


def _copied(folder: Path, target: Path) -> None:
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        shutil.copy(folder / name, target / name)
