"""The catalog holds what the product names, and says nothing of a model that it does not know."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import urlsplit

import pytest

from backend.downloads.catalog import catalog

NAMED = """tokenizer_12hz base_0_6b custom_0_6b base_1_7b custom_1_7b design_1_7b whisper_tiny whisper_base
whisper_small whisper_medium whisper_large_v3 whisper_large_v3_turbo qwen3_asr_0_6b qwen3_asr_1_7b gigaam_v2_rnnt
gigaam_v2_ctc gigaam_v3_rnnt gigaam_v3_e2e_rnnt silero_v4_ru orpheus_3b snac_24khz minilm
sv2tts_encoder sv2tts_synthesizer sv2tts_vocoder""".split()


def test_every_model_that_the_product_names_is_there() -> None:
    assert list(catalog()) == NAMED


@pytest.mark.parametrize("key", NAMED)
def test_a_model_says_what_it_gives_what_it_weighs_and_under_which_licence(key: str) -> None:
    entry = catalog()[key]
    assert entry.title and entry.gives.endswith(".") and entry.licence and entry.local
    assert entry.bytes > 10**7 and min(entry.memory_mb.values()) > 0 and set(entry.memory_mb) == {"cpu", "cuda"}
    assert entry.packages and set(entry.requires) <= set(catalog())


@pytest.mark.parametrize("key", NAMED)
def test_files_stay_in_their_folder_and_are_of_kinds_that_hold_no_program(key: str) -> None:
    for file in catalog()[key].files:
        path = PurePosixPath(file.path)
        assert not path.is_absolute() and ".." not in path.parts
        assert path.suffix in {".json", ".safetensors", ".txt", ".pt", ".ckpt", ".bin", ".model"}


def test_what_comes_from_an_address_of_its_own_is_secure_and_has_a_sha256() -> None:
    addressed = [file for entry in catalog().values() for file in entry.files if file.url]
    assert len(addressed) == 6
    for file in addressed:
        assert urlsplit(file.url).scheme == "https" and len(file.sha256) == 64


def test_a_qwen_model_is_on_both_hubs_and_knows_its_variant() -> None:
    spoken = [entry for entry in catalog().values() if entry.engine == "qwen3_tts" and entry.kind == "speech"]
    assert {(entry.variant, entry.size_label) for entry in spoken} == {
        ("base", "0.6B"), ("custom", "0.6B"), ("base", "1.7B"), ("custom", "1.7B"), ("design", "1.7B"),
    }  # fmt: skip
    assert all(entry.hf == entry.ms and entry.local == entry.hf.split("/")[1] for entry in spoken)
