"""The chimera job with real engines: the preview voice, Qwen3-TTS on tiny checkpoints; similarity, the best try."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.signal import resample_poly

from backend.chimera_maker import Clip, Wish, create_chimera_reference
from backend.core.chimera import ChimeraRequest
from backend.core.errors import NotFound
from backend.core.settings import Settings
from backend.downloads.catalog import catalog
from backend.engines.base import SpeechEngine
from backend.engines.embeddings import SpeakerEncoder
from backend.engines.preview.engine import PreviewEngine
from backend.engines.qwen3_tts.engine import Qwen3TtsEngine
from backend.engines.whisper import WhisperListener
from backend.model_manager import ModelManager
from backend.personality_manager import PersonalityManager
from backend.speech.chimera import Bench, make_chimera
from backend.speech.chimera_facts import best_of
from backend.speech.chimera_sessions import ChimeraSessions, wav_bytes
from backend.speech.chimera_words import Listener
from backend.speech.listen import listen
from backend.speech.uploads import UploadStore
from tests.speech.desk import Context
from tests.test_chimera_maker import TEXT, talk
from tests.tiny_checkpoints import tiny_checkpoints
from tests.tiny_whisper import uncompiled, write_tiny_whisper

KINDS: dict[str, dict[str, Any]] = {
    "cloned": {"ai_clone": True},
    "preset": {"ai_speaker": "Ryan"},
    "designed": {"ai_description": "an old sailor, slow and hoarse"},
}
WORDS = "Oh, what a day!"


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Many threads that wait for each other are slower than one where tests run beside each other."""
    with suppress(ImportError):
        import torch

        torch.set_num_threads(1)


def bench(folder: Path, engine: SpeechEngine, encoder: SpeakerEncoder | None = None) -> Bench:
    return Bench(
        ModelManager({engine.info.name: engine}),
        PersonalityManager(folder / "voices", folder / ".trash"),
        UploadStore(folder / "uploads"),
        ChimeraSessions(folder / "chimera"),
        encoder or SpeakerEncoder(),
    )


def result_of(works: Bench, **asked: Any) -> dict[str, Any]:
    upload = works.uploads.keep(wav_bytes(talk()), "me.wav")
    wish = {"user_upload": upload, "transcript": TEXT, "text": WORDS, "seed": 3, "tries": 2, **asked}
    events = list(make_chimera(ChimeraRequest(**wish), Context(), works))
    progress = [event.progress for event in events if event.progress is not None]
    assert progress == sorted(progress)
    with pytest.raises(NotFound):  # what was sent is not kept
        works.uploads.path(upload)
    last = events[-1].result
    assert last is not None
    return last


@pytest.mark.parametrize("kind", KINDS)
def test_the_preview_voice_acts_and_its_words_are_known(tmp_path: Path, kind: str) -> None:
    engine = PreviewEngine()
    if not engine.availability().ok:
        pytest.skip(engine.availability().reason)
    made = result_of(bench(tmp_path, engine), emotion="excited", language="en", **KINDS[kind])
    assert made["engine_note"]
    for one in made["tries"]:
        assert one["transcript"] == f"{one['parts']['user']['transcript']} {WORDS}"
        assert not one["parts"]["ai"]["estimated"]
        assert abs(one["join"]["level_step_db"]) <= 1
    engine.unload()


@pytest.fixture
def qwen(tmp_path: Path) -> Iterator[Qwen3TtsEngine]:
    pytest.importorskip("torch", reason="the studio set is not installed")
    chosen: dict[str, Any] = {"device": "cpu", "dtype": "float32", "threads": 1}
    engine = Qwen3TtsEngine(Settings(data_dir=tmp_path, models_dir=tiny_checkpoints(stops=True), **chosen))
    yield engine
    engine.unload()


@pytest.mark.parametrize("kind", KINDS)
def test_qwen3_tts_acts_by_every_kind_of_model(tmp_path: Path, qwen: Qwen3TtsEngine, kind: str) -> None:
    variants = {"cloned": "base_", "preset": "custom_", "designed": "design_"}
    asked = {"emotion": "happy", "language": "en", "temperature": 0.7, "tries": 1, **KINDS[kind]}
    made = result_of(bench(tmp_path, qwen), **asked)
    assert made["recipe"]["ai"]["model"].startswith(variants[kind])
    assert made["recipe"]["ai"]["temperature"] == 0.7
    codes = [notice["code"] for notice in made["notices"]]
    assert "temperature-unused" not in codes
    assert ("clone-not-acted" in codes) == (kind == "cloned")
    again = result_of(bench(tmp_path, qwen), **asked)
    assert [one["ai_sha256"] for one in again["tries"]] == [one["ai_sha256"] for one in made["tries"]]
    hotter = result_of(bench(tmp_path, qwen), **{**asked, "temperature": 1.6})
    assert [one["ai_sha256"] for one in hotter["tries"]] != [one["ai_sha256"] for one in made["tries"]]


def test_the_users_own_voice_is_nearer_than_another(tmp_path: Path) -> None:
    encoder = SpeakerEncoder()
    if not encoder.availability().ok:
        pytest.skip(encoder.availability().reason)
    works = bench(tmp_path, PreviewEngine(), encoder)

    def similarity(**asked: Any) -> dict[str, Any]:
        upload = works.uploads.keep(wav_bytes(asked.pop("ai")), "ai.wav")
        row: dict[str, Any] = result_of(works, text="", ai_upload=upload, ai_transcript=WORDS)["tries"][0]
        return row

    same, other = similarity(ai=talk(seed=8)), similarity(ai=talk(pitch=260, seed=8))
    assert same["similarity"] > other["similarity"] + 0.05
    assert other["similarity_joined"] > other["similarity"]  # the user's own part is in it


def test_without_an_encoder_similarity_is_null_and_the_reason_is_said(tmp_path: Path) -> None:
    works = bench(tmp_path, PreviewEngine(), SpeakerEncoder(tmp_path / "missing.pt"))
    upload = works.uploads.keep(wav_bytes(talk(pitch=200, seed=2)), "ai.wav")
    made = result_of(works, text="", ai_upload=upload, ai_transcript=WORDS)
    assert made["tries"][0]["similarity"] is None
    assert [notice["text"] for notice in made["notices"] if notice["code"] == "similarity-unavailable"]


def test_words_that_nobody_wrote_are_heard_by_the_recogniser_that_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tiny Whisper of random numbers: what it says is nonsense, but it is said, and kept as an estimate."""
    pytest.importorskip("whisper")
    write_tiny_whisper(tmp_path / "models")
    uncompiled(monkeypatch)
    settings = Settings(
        data_dir=tmp_path, models_dir=tmp_path / "models", device="cpu", threads=1, whisper_backend="openai"
    )
    tiny = catalog()["whisper_tiny"]
    models = ModelManager({}, listeners={"whisper_tiny": WhisperListener(settings, tiny, checks=False)})
    user, ai = Clip(talk()), Clip(talk(pitch=190, seed=1), TEXT)
    listener = Listener(models, "en", lambda: False)
    made = listener.with_words(create_chimera_reference(user, ai, Wish(3, 20)), user, ai)
    first = slice(int((made.user.start - 0.1) * 24_000), int((made.user.end + 0.1) * 24_000))
    heard = listen(np.asarray(resample_poly(user.samples[first], 2, 3), np.float32), models, "whisper_tiny", "en").text
    assert heard and made.user.transcript == heard
    assert made.user.estimated
    assert made.transcript == f"{heard} {TEXT}"
    deaf = Listener(ModelManager({}), "en", lambda: False)
    assert deaf.with_words(made, user, ai).user.transcript == made.user.transcript  # nothing is lost
    known = Clip(talk(), TEXT)  # nonsense does not say where a known text ends
    cut = create_chimera_reference(known, ai, Wish(3, 20))
    assert listener.with_words(cut, known, ai).user == cut.user


def test_the_best_is_the_most_alike_of_those_without_a_problem() -> None:
    rows: list[dict[str, Any]] = [
        {"index": 0, "similarity": 0.5, "problems": []},
        {"index": 1, "similarity": 0.9, "problems": ["too-long"]},
        {"index": 2, "similarity": 0.7, "problems": []},
        {"index": 3, "similarity": None, "problems": []},
    ]
    assert best_of(rows) == 2
    assert best_of(rows[3:]) == 3
    assert best_of(rows[1:2]) == 1
