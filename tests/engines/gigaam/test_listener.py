"""GigaAM as a recogniser on tiny random checkpoints: what it says is missing, how it stops, what it makes of damage."""

from __future__ import annotations

import contextlib
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tiny_gigaam

from backend.core.errors import EngineUnavailable
from backend.core.settings import Settings
from backend.core.types import Samples
from backend.downloads.catalog import catalog
from backend.engines.gigaam import checkpoint
from backend.engines.gigaam.listener import GigaAMListener, listeners
from backend.engines.listening import RATE, TranscriptionEngine, make_listeners, pick
from tests.cancelled_listening import is_cancelled

torch = pytest.importorskip("torch")
KEYS = ("gigaam_v2_rnnt", "gigaam_v2_ctc", "gigaam_v3_rnnt", "gigaam_v3_e2e_rnnt")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    for key in KEYS:
        tiny_gigaam.make(root, catalog()[key].size_label)
    return root


def made(models: Path, key: str = "gigaam_v2_rnnt") -> GigaAMListener:
    return GigaAMListener(Settings(models_dir=models, data_dir=models, device="cpu", threads=1), catalog()[key])


def sound(seconds: float) -> Samples:
    rng = np.random.default_rng(3)
    time = np.arange(round(seconds * RATE)) / RATE
    return (0.3 * np.sin(2 * np.pi * (150 + 120 * time) * time) + 0.05 * rng.standard_normal(len(time))).astype("f4")


@pytest.mark.parametrize("key", KEYS)
def test_words_follow_each_other_and_lie_within_the_sound(models: Path, key: str) -> None:
    one = made(models, key)
    one.load()
    samples = sound(3.0)
    (heard,) = one.transcribe(samples, "ru")
    assert heard.text == " ".join(word.word for word in heard.words)
    edges = [edge for word in heard.words for edge in (word.start, word.end)]
    starts = [word.start for word in heard.words]
    assert min(edges) >= 0.0 and max(edges) <= 3.0 + 1e-6 and starts == sorted(starts)
    assert all(word.start < word.end for word in heard.words)
    assert (heard.start, heard.language) == (heard.words[0].start, "")


def test_a_breath_of_sound_is_heard_too(models: Path) -> None:
    one = made(models, "gigaam_v3_rnnt")
    one.load()
    for count in (1, 100, 1599):
        assert all(heard.end <= count / RATE for heard in one.transcribe(sound(0.1)[:count], "ru"))


@pytest.mark.parametrize("calls", [0, 1, 5, 30])
def test_a_cancel_is_heard_between_layers_and_between_frames(models: Path, calls: int) -> None:
    one = made(models)
    one.load()
    is_cancelled(one, sound(2.0), "ru", calls)


def test_it_gives_its_memory_back_and_comes_again(models: Path) -> None:
    one = made(models)
    one.load()
    kept = one._model
    one.load()
    assert one._model is kept
    first = list(one.transcribe(sound(1.0), "ru"))
    one.unload()
    assert one._model is None
    one.load()
    assert list(one.transcribe(sound(1.0), "ru")) == first


def test_it_says_what_is_missing_and_where_it_belongs(tmp_path: Path) -> None:
    one = made(tmp_path, "gigaam_v3_e2e_rnnt")
    state = one.availability()
    assert not state.ok and "not here" in state.reason
    for word in ("v3_e2e_rnnt.ckpt", "v3_e2e_rnnt_tokenizer.model", "gigaam", "https://"):
        assert word in state.hint
    with pytest.raises(EngineUnavailable, match="not here"):
        one.load()


def test_it_is_asked_for_russian_only(models: Path) -> None:
    settings = Settings(models_dir=models, data_dir=models)
    found = make_listeners(settings)
    assert [one.info.name for one in listeners(settings)] == list(KEYS)
    assert set(KEYS) <= set(found) and all(isinstance(found[key], TranscriptionEngine) for key in KEYS)
    assert pick(found, "auto", "ru").info.name == "gigaam_v3_e2e_rnnt"
    assert pick(found, "gigaam", "ru").info.name == "gigaam_v3_e2e_rnnt"
    with contextlib.suppress(EngineUnavailable):  # nobody else may be here
        assert not pick(found, "auto", "en").info.name.startswith("gigaam")


def test_settings_written_by_omegaconf_itself_are_read_without_it() -> None:
    """`omegaconf.ckpt` was saved by torch and omegaconf 2.3; their classes are in no environment of ours."""
    read = checkpoint.read(Path(__file__).with_name("omegaconf.ckpt"))
    assert read.settings["decoding"]["vocabulary"] == tiny_gigaam.LETTERS
    assert read.settings["encoder"]["n_layers"] == 16 and read.settings["encoder"]["flash_attn"] is False
    assert (read.settings["x"], read.settings["mel_norm"]) == (1.5, None)
    assert list(read.tensors) == ["a"]


class Harmful:
    """Would make a file when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (str(self.target), "w")


@pytest.mark.parametrize("place", ["cfg", "state_dict"])
def test_a_checkpoint_that_wants_to_run_something_is_refused(tmp_path: Path, place: str) -> None:
    path, target = tmp_path / "v2_rnnt.ckpt", tmp_path / "harm"
    content = {"cfg": {}, "state_dict": {"a": torch.zeros(1)}}
    torch.save(content | {place: {"x": Harmful(target)}}, path)
    with pytest.raises(EngineUnavailable):
        checkpoint.read(path)
    assert not target.exists()
    assert pickle.dumps(Harmful(target)), "and it is harm that could be done"


@pytest.mark.parametrize(
    "harm", ["cut", "flipped", "text", "no state", "odd settings", "deep", "positions", "tensor gone", "vocabulary"]
)
def test_a_damaged_file_is_told_as_damaged(models: Path, tmp_path: Path, harm: str) -> None:
    path = tiny_gigaam.make(tmp_path, "v2_rnnt")
    raw = bytearray(path.read_bytes())
    settings = tiny_gigaam.configuration("v2_rnnt", tiny_gigaam.TINY)
    state = {name: torch.from_numpy(values) for name, values in tiny_gigaam.tensors(settings, 0)}
    if harm == "cut":
        path.write_bytes(raw[: len(raw) // 2])
    elif harm == "flipped":
        with zipfile.ZipFile(path) as parts:
            largest = max(parts.infolist(), key=lambda part: part.file_size)
        raw[largest.header_offset + largest.file_size // 2 + 100] ^= 1
        path.write_bytes(raw)
    elif harm == "text":
        path.write_text("not found", "utf-8")
    elif harm == "no state":
        torch.save({"cfg": settings}, path)
    elif harm == "odd settings":
        torch.save({"cfg": [1, 2], "state_dict": state}, path)
    elif harm == "deep":
        nested: object = 1
        for _ in range(100):
            nested = [nested]
        torch.save({"cfg": {"x": nested}, "state_dict": state}, path)
    elif harm == "positions":
        settings["encoder"]["self_attention_model"] = "rel_pos"
        torch.save({"cfg": settings, "state_dict": state}, path)
    elif harm == "tensor gone":
        del state["encoder.layers.1.norm_out.bias"]
        torch.save({"cfg": settings, "state_dict": state}, path)
    else:
        settings["decoding"]["vocabulary"] = settings["decoding"]["vocabulary"][:-1]
        torch.save({"cfg": settings, "state_dict": state}, path)
    one = made(tmp_path)
    with pytest.raises(EngineUnavailable) as caught:
        one.load()
    assert "opy" in caught.value.hint and str(tmp_path) not in caught.value.detail
    assert one._model is None
