"""Whisper's own code on a checkpoint of random numbers: what we answer is what the package answers."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import whisper

from backend.core.errors import Cancelled, EngineUnavailable
from backend.core.settings import Settings
from backend.downloads.catalog import catalog
from backend.engines import whisper as ours
from backend.engines.listening import RATE, Task, TranscriptionEngine, make_listeners
from backend.engines.whisper import WhisperListener
from tests.reference_sounds import reference_sound
from tests.tiny_whisper import uncompiled, write_tiny_whisper

TINY = catalog()["whisper_tiny"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_tiny_whisper(folder)
    return folder


@pytest.fixture
def settings(models: Path, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, models_dir=models, device="cpu", threads=1, whisper_backend="openai")


@pytest.fixture
def one(settings: Settings) -> WhisperListener:
    made = WhisperListener(settings, TINY, checks=False)
    made.load()
    return made


@pytest.fixture(autouse=True)
def _plain_python(monkeypatch: pytest.MonkeyPatch) -> None:
    uncompiled(monkeypatch)


def sound(seconds: float = 4.0) -> np.ndarray:
    return reference_sound(seconds * RATE / 24_000)[: round(seconds * RATE)] * 3  # read as if it were at 16 kHz


@pytest.mark.parametrize(
    ("language", "task"), [("en", "transcribe"), ("zh", "transcribe"), ("auto", "transcribe"), ("zh", "translate")]
)
def test_what_is_written_down_is_what_the_package_writes(
    one: WhisperListener, models: Path, language: str, task: Task
) -> None:
    theirs = whisper.load_model(str(models / "whisper" / "tiny.pt"), device="cpu")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(ours.SEED)
        wanted: dict[str, Any] = theirs.transcribe(sound(), **one.options(language, task))
    found = list((one.translate if task == "translate" else one.transcribe)(sound(), language))
    assert found, "the tiny checkpoint says something"
    assert [each.text for each in found] == [
        str(row["text"]).strip() for row in wanted["segments"] if row["text"].strip() and row["start"] < 4
    ]
    assert found[0].language == (wanted["language"] if language == "auto" else "")
    told = [word for row in wanted["segments"] for word in row.get("words", ())]
    times = [word for each in found for word in each.words]
    assert [word.word for word in times] == [word["word"].strip() for word in told][: len(times)]
    assert all(word.start == pytest.approx(min(4.0, row["start"])) for word, row in zip(times, told, strict=False))


def test_the_same_sound_gives_the_same_text(one: WhisperListener) -> None:
    first = list(one.transcribe(sound(), "en"))
    torch.rand(3)
    assert list(one.transcribe(sound(), "en")) == first


def test_listening_leaves_the_dice_of_others_alone(one: WhisperListener) -> None:
    torch.manual_seed(7)
    before = torch.random.get_rng_state()
    list(one.transcribe(sound(), "en"))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_times_lie_within_the_sound_and_do_not_run_back(one: WhisperListener) -> None:
    found = list(one.transcribe(sound(2.5), "en"))
    words = [word for each in found for word in each.words]
    assert words
    assert all(0 <= word.start <= word.end <= 2.5 for word in words)
    assert all(a.start <= b.start for a, b in itertools.pairwise(words))
    assert all(each.end <= 2.5 for each in found)


@pytest.mark.parametrize("count", [0, 1, 160, 800, 22 * RATE])
def test_a_piece_of_any_length_is_no_fault(one: WhisperListener, count: int) -> None:
    for each in one.transcribe(sound(22)[:count], "en"):
        assert 0 <= each.start <= each.end <= count / RATE


def test_it_stops_at_the_next_word(one: WhisperListener) -> None:
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 4

    with pytest.raises(Cancelled):
        list(one.transcribe(sound(), "en", cancelled))
    assert len(asked) == 5
    assert list(one.transcribe(sound(), "en")), "and it listens again afterwards"


def test_a_file_of_another_content_than_the_published_one_is_not_opened(settings: Settings) -> None:
    with pytest.raises(EngineUnavailable, match="not the published one"):
        WhisperListener(settings, TINY).load()


def test_the_published_file_gets_the_heads_that_follow_the_sound(
    settings: Settings, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = models / "whisper" / "tiny.pt"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    entry = replace(TINY, files=(replace(TINY.files[0], sha256=digest),))
    given: list[str] = []
    monkeypatch.setattr(whisper.Whisper, "set_alignment_heads", lambda self, dump: given.append(dump))
    made = WhisperListener(settings, entry)
    made.load()
    assert given == [whisper._ALIGNMENT_HEADS["tiny"]]


def test_a_pickle_that_runs_code_is_refused_and_does_not_run(settings: Settings, tmp_path: Path) -> None:
    victim = tmp_path / "ran"

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (victim,)

    own = settings.model_copy(update={"models_dir": tmp_path / "models"})
    path = tmp_path / "models" / "whisper" / "tiny.pt"
    path.parent.mkdir(parents=True)
    torch.save({"dims": Evil(), "model_state_dict": {}}, path)
    with pytest.raises(EngineUnavailable, match="cannot be read"):
        WhisperListener(own, TINY, checks=False).load()
    assert not victim.exists()


@pytest.mark.parametrize("content", [b"", b"no checkpoint", {"dims": {}}, {"dims": {"n_mels": 80}, "x": 1}])
def test_a_damaged_file_is_told_as_one(settings: Settings, tmp_path: Path, content: object) -> None:
    own = settings.model_copy(update={"models_dir": tmp_path / "models"})
    path = tmp_path / "models" / "whisper" / "tiny.pt"
    path.parent.mkdir(parents=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    with pytest.raises(EngineUnavailable) as told:
        WhisperListener(own, TINY, checks=False).load()
    assert told.value.hint


def test_all_published_sizes_are_offered_and_say_what_they_lack(tmp_path: Path) -> None:
    found = make_listeners(Settings(data_dir=tmp_path))
    sizes = [name for name in found if name.startswith("whisper_")]
    assert len(sizes) == 6
    for name in sizes:
        assert isinstance(found[name], TranscriptionEngine)
        assert not found[name].availability().ok
        assert f"download {name}" in found[name].availability().hint
    assert "yue" in found["whisper_large_v3"].info.languages
    assert "yue" not in found["whisper_base"].info.languages


def test_unloading_gives_the_model_back(one: WhisperListener) -> None:
    one.unload()
    one.unload()
    one.load()
    assert list(one.transcribe(sound(), "en"))
