"""Whisper run by CTranslate2 writes what OpenAI's package writes; packed weights are made once and made good again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import Cancelled
from backend.core.settings import Settings
from backend.core.types import Samples, WordTiming
from backend.downloads.catalog import catalog
from backend.engines import whisper_packing as packing
from backend.engines.listening import RATE, ManyListener
from backend.engines.whisper import WhisperListener
from backend.engines.whisper_quick import QuickWhisper, _meanwhile
from backend.engines.whisper_words import cut, with_punctuation
from tests.reference_sounds import reference_sound
from tests.tiny_whisper import uncompiled, write_tiny_whisper

pytest.importorskip("ctranslate2")
torch = pytest.importorskip("torch")
whisper = pytest.importorskip("whisper")
ROOT = Path(__file__).resolve().parents[2]
FIRST = 50_364
"""Token of time 0."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_tiny_whisper(folder)
    return folder


@pytest.fixture(scope="module")
def theirs(models: Path) -> Any:
    return whisper.load_model(str(models / "whisper" / "tiny.pt"), device="cpu")


@pytest.fixture(scope="module")
def exact(models: Path, theirs: Any, tmp_path_factory: pytest.TempPathFactory) -> QuickWhisper:
    """With weights that are not rounded."""
    source = packing.Source.of(models / "whisper" / "tiny.pt")
    folder = packing.pack(tmp_path_factory.mktemp("state"), "whisper_tiny", source, theirs, "float32")
    return QuickWhisper(folder, 1, "float32")


def sound(seconds: float) -> Samples:
    return (reference_sound(seconds * RATE / 24_000)[: round(seconds * RATE)] * 3).astype(np.float32)


def made(models: Path, state: Path, **more: Any) -> WhisperListener:
    settings = Settings(data_dir=state, models_dir=models, device="cpu", threads=1, **more)
    return WhisperListener(settings, catalog()["whisper_tiny"], checks=False)


@pytest.mark.parametrize("language", ["en", "zh", "auto"])
@pytest.mark.parametrize("seconds", [2.0, 4.0])
def test_the_first_segment_is_what_the_package_writes(
    exact: QuickWhisper, theirs: Any, monkeypatch: pytest.MonkeyPatch, seconds: float, language: str
) -> None:
    uncompiled(monkeypatch)
    wanted = theirs.transcribe(
        sound(seconds),
        language=None if language == "auto" else language,
        temperature=0.0,
        condition_on_previous_text=False,
        word_timestamps=True,
        fp16=False,
        verbose=None,
        compression_ratio_threshold=None,
        logprob_threshold=None,
    )
    row = wanted["segments"][0]
    found = next(exact.transcribe(sound(seconds), seconds, language, lambda: False))
    assert found.text == row["text"].strip() and len(found.text) > 10
    assert found.language == (wanted["language"] if language == "auto" else "")
    assert [word.word for word in found.words] == [word["word"].strip() for word in row["words"]]
    assert np.allclose([word.start for word in found.words], [word["start"] for word in row["words"]], atol=0.021)
    assert (found.start, found.end) == (pytest.approx(row["start"], abs=0.021), pytest.approx(row["end"], abs=0.021))


def test_a_translation_is_what_the_package_writes(exact: QuickWhisper, theirs: Any) -> None:
    def wanted(task: str) -> str:
        told = theirs.transcribe(sound(4.0), language="zh", task=task, temperature=0.0, fp16=False, verbose=None,
                                 compression_ratio_threshold=None, logprob_threshold=None)  # fmt: skip
        return str(told["segments"][0]["text"]).strip()

    assert wanted("translate") != wanted("transcribe")
    assert next(exact.transcribe(sound(4.0), 4.0, "zh", lambda: False, "translate")).text == wanted("translate")


def test_rounded_weights_hear_almost_the_same(models: Path, theirs: Any, tmp_path: Path) -> None:
    import ctranslate2

    folder = packing.pack(tmp_path, "t", packing.Source.of(models / "whisper" / "tiny.pt"), theirs)
    rounded = ctranslate2.models.Whisper(str(folder), "cpu", compute_type="int8", intra_threads=1)
    bands = whisper.log_mel_spectrogram(whisper.pad_or_trim(sound(5.0)))[None]
    with torch.inference_mode():
        wanted = theirs.encoder(bands).numpy()
    view = ctranslate2.StorageView.from_array(np.ascontiguousarray(bands.numpy()))
    heard = np.array(rounded.encode(view))
    assert float((wanted * heard).sum() / np.linalg.norm(wanted) / np.linalg.norm(heard)) > 0.999


def test_packing_leaves_the_model_as_it_was(models: Path, tmp_path: Path) -> None:
    model = whisper.load_model(str(models / "whisper" / "tiny.pt"), device="cpu")
    before = {name: tensor.clone() for name, tensor in model.state_dict().items() if not tensor.is_sparse}
    packing.pack(tmp_path, "t", packing.Source.of(models / "whisper" / "tiny.pt"), model)
    assert all(torch.equal(tensor, model.state_dict()[name]) for name, tensor in before.items())


def test_a_listener_takes_the_quick_way_packs_once_and_says_so(models: Path, tmp_path: Path) -> None:
    one = made(models, tmp_path)
    assert one.device().quantised == "int8" and one.device().kind == "cpu"
    one.load()
    (folder,) = (tmp_path / ".studio" / "packed").iterdir()
    written = (folder / "model.bin").stat().st_mtime_ns
    first = list(one.transcribe(sound(3.0), "auto"))
    assert first and first[0].language and one._model is None
    one.unload()
    one.load()
    assert (folder / "model.bin").stat().st_mtime_ns == written
    assert list(one.transcribe(sound(3.0), "auto")) == first, "the same sound gives the same text"
    assert made(models, tmp_path, whisper_backend="openai").device().quantised == ""


def test_another_checkpoint_is_packed_anew(models: Path, tmp_path: Path) -> None:
    one = made(models, tmp_path)
    one.load()
    about = tmp_path / ".studio" / "packed" / "whisper_tiny-int8" / packing.ABOUT
    facts = json.loads(about.read_text("utf-8"))
    about.write_text(json.dumps({**facts, "changed": 1}), "utf-8")
    written = about.with_name("model.bin").stat().st_mtime_ns
    again = made(models, tmp_path)
    again.load()
    assert json.loads(about.read_text("utf-8")) == facts
    assert about.with_name("model.bin").stat().st_mtime_ns != written
    assert [path.name for path in about.parents[1].iterdir()] == ["whisper_tiny-int8"]


def test_a_damaged_folder_is_left_and_packed_anew_the_next_time(models: Path, tmp_path: Path) -> None:
    one = made(models, tmp_path)
    one.load()
    one.unload()
    weights = tmp_path / ".studio" / "packed" / "whisper_tiny-int8" / "model.bin"
    weights.write_bytes(weights.read_bytes()[:1000])
    one.load()
    assert one._quick is None and one._model is not None and not weights.exists()
    one.unload()
    one.load()
    assert one._quick is not None and weights.exists()


def test_a_state_folder_that_cannot_be_written_is_no_reason_not_to_listen(models: Path, tmp_path: Path) -> None:
    (tmp_path / ".studio").mkdir()
    (tmp_path / ".studio" / "packed").write_text("in the way", "utf-8")
    one = made(models, tmp_path)
    one.load()
    assert one._quick is None and one._model is not None


@pytest.mark.parametrize("seconds", [0.01, 0.3, 1.0, 40.0])
def test_any_length_is_heard_and_nothing_lies_behind_its_end(models: Path, tmp_path: Path, seconds: float) -> None:
    one = made(models, tmp_path)
    one.load()
    for each in one.transcribe(sound(seconds), "en"):
        assert 0 <= each.start <= each.end <= seconds + 1e-6
        assert all(word.start <= word.end <= seconds + 1e-6 for word in each.words)


def test_pieces_heard_together_say_what_each_says_alone(exact: QuickWhisper) -> None:
    lengths = [4.0, 2.0, 33.0]
    alone = [list(exact.transcribe(sound(each), each, "en", lambda: False)) for each in lengths]
    together = exact.transcribe_many([sound(each) for each in lengths], lengths, "en", lambda: False)
    texts = [[[each.text for each in said] for said in heard[:2]] for heard in (together, alone)]  # nothing is drawn
    assert texts[0] == texts[1] and len(together[2]) == len(alone[2]) == 2
    assert [len(each.words) for each in together[0]] == [len(each.words) for each in alone[0]] and together[0]
    with pytest.raises(Cancelled):
        exact.transcribe_many([sound(4.0)] * 2, [4.0, 4.0], "en", lambda: True)


def test_a_long_recording_is_heard_several_pieces_at_once(models: Path, tmp_path: Path) -> None:
    one = made(models, tmp_path)
    assert isinstance(one, ManyListener)
    one.load()
    assert one.beside() > 1
    sounds = [sound(3.0), sound(2.0)]
    found = one.transcribe_many(sounds, "en", lambda: False)
    assert [bool(said) for said in found] == [bool(list(one.transcribe(each, "en"))) for each in sounds]
    assert all(
        not each.words for said in one.transcribe_many(sounds, "zh", lambda: False, "translate") for each in said
    )
    plain = made(models, tmp_path, whisper_backend="openai")
    plain.load()
    assert plain.beside() == 1


def test_a_cancel_does_not_wait_for_the_work() -> None:
    go, asked = threading.Event(), iter([False, False, True])
    with pytest.raises(Cancelled):
        _meanwhile(lambda: go.wait(30), lambda: next(asked))
    go.set()
    with pytest.raises(Cancelled):
        _meanwhile(lambda: pytest.fail("was begun"), lambda: True)
    with pytest.raises(ZeroDivisionError):
        _meanwhile(lambda: 1 / 0, lambda: False)
    assert _meanwhile(lambda: 7, lambda: False) == 7


def test_a_cancelled_listener_listens_again(exact: QuickWhisper) -> None:
    asked = iter([False] + [True] * 1000)
    with pytest.raises(Cancelled):
        list(exact.transcribe(sound(4.0), 4.0, "en", lambda: next(asked)))
    assert list(exact.transcribe(sound(2.0), 2.0, "en", lambda: False))


TIMING = """
import numpy, torch
from backend.engines.whisper import _keep_threads
from whisper.timing import dtw_cpu
for threads in (1, 2):
    torch.set_num_threads(threads)
    _keep_threads()
    before = torch.get_num_threads()
    dtw_cpu(numpy.random.rand(20, 100))
    print(before, torch.get_num_threads())
"""


def test_timing_words_leaves_torch_its_threads() -> None:
    environment = {name: value for name, value in os.environ.items() if "NUM_THREADS" not in name}
    command = [sys.executable, "-c", TIMING]
    answer = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["1", "1", "2", "2"]


T0 = FIRST


@pytest.mark.parametrize(
    ("tokens", "segments", "ahead"),
    [
        ([T0, 5, 6, T0 + 50], [(0.0, 1.0, (5, 6))], 500),
        ([T0, 5, T0 + 50, T0 + 60, 6, T0 + 90], [(0.0, 1.0, (5,)), (1.2, 1.8, (6,))], 500),
        ([T0, 5, T0 + 50, T0 + 50, 6, 7], [(0.0, 1.0, (5,))], 100),
        ([T0, 5, 6], [(0.0, 5.0, (5, 6))], 500),
        ([5, 6], [(0.0, 5.0, (5, 6))], 500),
        ([], [(0.0, 5.0, ())], 500),
        ([T0, 5, T0 + 50, T0 + 60], [(0.0, 1.0, (5,))], 100),
    ],
)
def test_a_window_is_cut_at_the_times_the_model_writes(
    tokens: list[int], segments: list[tuple[float, float, tuple[int, ...]]], ahead: int
) -> None:
    found, step = cut(tokens, FIRST, 500)
    assert [(pytest.approx(one.start), pytest.approx(one.end), one.tokens) for one in found] == segments
    assert step == ahead


@given(st.lists(st.one_of(st.integers(0, 50_000), st.integers(FIRST, FIRST + 1499)), max_size=60))
def test_no_text_before_the_next_window_is_lost(tokens: list[int]) -> None:
    found, ahead = cut(tokens, FIRST, 3000)
    kept = [token for one in found for token in one.tokens]
    text = [token for token in tokens if token < FIRST]
    assert kept == text[: len(kept)]
    ends = [at for at in range(1, len(tokens)) if tokens[at - 1] >= FIRST and tokens[at] >= FIRST]
    behind = tokens[ends[-1] :] if ends and ahead < 3000 else []
    assert len(kept) + sum(token < FIRST for token in behind) == len(text)


def test_punctuation_stays_with_its_word() -> None:
    words = [WordTiming(word, float(at), at + 1.0) for at, word in enumerate([" “", "Hello", ",", " world", "!", "”"])]
    assert [(word.word, word.start, word.end) for word in with_punctuation(words)] == [
        (" “Hello,", 1.0, 2.0),
        (" world!”", 3.0, 4.0),
    ]
