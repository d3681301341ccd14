"""Models over HTTP: what this machine has, switching among them, and what cannot be done said in words."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.core.settings import Settings
from backend.studio import Studio
from tests.conftest import ADDRESS, Caller
from tests.tiny_checkpoints import tiny_checkpoints

pytest.importorskip("torch", reason="the studio set is not installed")

SPEECH = ("base_0_6b", "custom_0_6b", "base_1_7b", "custom_1_7b", "design_1_7b")
VOICES: dict[str, dict[str, str]] = {
    "custom": {"kind": "preset", "speaker": "Ryan"},
    "design": {"kind": "designed", "description": "an old sailor"},
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path, models_dir=tiny_checkpoints(stops=True), port=8000, lane_runner="thread", device="cpu",
        dtype="float32", threads=1, qwen_size="0.6b", open_browser=False,
    )  # fmt: skip


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Caller]:
    """A caller of a studio without any model."""
    from backend.app import create_app

    chosen = Settings(data_dir=tmp_path, models_dir=tmp_path / "models", port=8000, lane_runner="thread")
    made = Studio(chosen)
    made.start()
    app = create_app(chosen, made)
    app.test_client_class = Caller
    yield app.test_client()
    made.stop(5)
    made.close()


def ended(client: Caller, job_id: str) -> dict[str, Any]:
    for _ in range(400):
        job = client.get(f"/api/jobs/{job_id}").json
        if job["status"] in ("done", "failed", "cancelled"):
            return dict(job)
        time.sleep(0.05)
    raise AssertionError("the job did not end")


def test_the_overview_tells_the_machine_its_models_and_what_to_take(client: Caller) -> None:
    told = client.get("/api/models").json
    assert told["machine"]["memory"]["total_mb"] > 1000 and told["machine"]["disk"]["free_mb"] > 0
    assert told["recommendation"]["text"] and told["folder"]
    rows = {row["key"]: row for row in told["models"]}
    assert all(rows[key]["state"] == "installed" and not rows[key]["missing"] for key in SPEECH)
    assert rows["whisper_tiny"]["state"] == "missing" and rows["whisper_tiny"]["downloadable"]
    assert not rows["sv2tts_encoder"]["downloadable"]


def test_auto_takes_qwen_for_what_is_installed_and_the_catalog_says_so(client: Caller) -> None:
    assert client.get("/api/catalog").json["engine_for"] == dict.fromkeys(("cloned", "preset", "designed"), "qwen3_tts")


def test_without_models_the_preview_voice_speaks_and_says_so(bare: Caller) -> None:
    assert bare.get("/api/catalog").json["engine_for"]["designed"] == "preview"
    answer = bare.post(
        "/api/generate", json={"text": "Hi.", "voice": VOICES["custom"]}, headers={"Accept": "application/json"}
    )
    assert answer.json["engine"] == "preview" and answer.json["engine_note"]


def test_where_one_variant_is_missing_the_preview_voice_takes_its_part(tmp_path: Path) -> None:
    models = tmp_path / "models"
    name = "Qwen3-TTS-12Hz-0.6B-CustomVoice"
    shutil.copytree(tiny_checkpoints(stops=True) / name, models / name)
    studio = Studio(Settings(data_dir=tmp_path, models_dir=models, lane_runner="thread"))
    assert studio.catalog()["engine_for"] == {"cloned": "preview", "preset": "qwen3_tts", "designed": "preview"}
    studio.close()


def test_three_kinds_of_voice_are_spoken_in_one_run_each_by_its_own_model(client: Caller, studio: Studio) -> None:
    anna = studio.personalities.create("Anna")["id"]
    from benchmarks.soak.good_recordings import by_soundfile

    studio.personalities.put_emotion(anna, "neutral", by_soundfile("WAV", "PCM_16"), transcript="one two")
    voices = {**VOICES, "base": {"kind": "personality", "personality": anna}}
    for variant, voice in voices.items():
        asked = {"text": "[happy] Hi! [sad] Bye.", "voice": voice, "seed": 3, "stream_audio": True}
        answer = client.post("/api/generate_stream", json=asked)
        import json

        events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
        switching = [event for event in events if event.get("stage_code") == "switching"]
        with_sound = [number for number, event in enumerate(events) if event.get("audio")]
        last = events[-1]
        assert last["engine"] == "qwen3_tts" and last["model"].startswith(variant) and last["device"] == "cpu (float32)"
        assert switching and switching[0]["params"]["engine"] == "Qwen3-TTS"
        assert len(with_sound) > 3 and with_sound[0] < len(events) - 3
    states = {row["variant"]: row["state"] for row in client.get("/api/models").json["resident"]}
    assert states.pop("base") == "resident" and set(states.values()) <= {"parked"}


def test_a_model_is_switched_to_and_unloaded_as_jobs(client: Caller) -> None:
    answer = client.post("/api/switch_model", json={"model": "design"})
    assert answer.status_code == 202
    assert ended(client, answer.json["job_id"])["result"]["model"] == "design_1_7b"
    assert client.get("/api/models").json["machine"]["device"]["reason"]
    streamed = client.post("/api/models/unload", headers={"Accept": "text/event-stream"})
    assert '"phase": "done"' in streamed.text
    assert client.get("/api/models").json["resident"] == []


def test_switching_to_what_is_not_there_is_refused_at_once(client: Caller, bare: Caller) -> None:
    unknown = client.post("/api/switch_model", json={"model": "nonsense"})
    assert unknown.status_code == 404 and "base, custom, design" in unknown.json["hint"]
    missing = bare.post("/api/switch_model", json={"model": "base"})
    assert missing.status_code == 503 and "Download" in missing.json["hint"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/api/models/nothing/download", {"provider": "auto"}, 404),
        ("POST", "/api/models/nothing/open", {}, 404),
        ("DELETE", "/api/models/nothing/partial", {}, 404),
        ("POST", "/api/models/base_0_6b/download", {"provider": "elsewhere"}, 422),
        ("POST", "/api/models/sv2tts_encoder/download", {"provider": "auto"}, 409),
        ("POST", "/api/models/install", {"keys": ["nothing"]}, 404),
        ("POST", "/api/models/folder", {"path": "/anywhere"}, 409),
        ("DELETE", "/api/models/whisper_tiny", None, 404),
        ("POST", "/api/switch_model", {}, 422),
        ("POST", "/api/tts/qwen3/models/download", {"key": "nothing"}, 404),
        ("GET", "/api/tts/qwen3/models/open-path", None, 422),
    ],
)
def test_what_cannot_be_done_is_a_problem_with_a_way_out(
    client: Caller, method: str, path: str, body: Any, status: int
) -> None:
    answer = client.open(path, method=method, json=body)
    assert answer.status_code == status, answer.text
    assert answer.json["code"] and (answer.json["hint"] or answer.json.get("fields"))


def test_a_model_of_our_own_folder_is_deleted_and_one_of_another_program_is_not(
    bare: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "Qwen3-TTS-Tokenizer-12Hz"
    shutil.copytree(tiny_checkpoints() / name, tmp_path / "models" / name)
    assert bare.post("/api/models/tokenizer_12hz/validate").json["valid"]
    assert bare.delete("/api/models/tokenizer_12hz").json["freed"] > 100_000
    assert not (tmp_path / "models" / name).exists()
    cache = tmp_path / "cache"
    shutil.copytree(tiny_checkpoints() / name, cache / f"models--Qwen--{name}/snapshots/abc")
    monkeypatch.setenv("HF_HUB_CACHE", str(cache))
    refused = bare.delete("/api/models/tokenizer_12hz")
    assert refused.status_code == 409 and str(cache) in refused.json["hint"]


def test_the_routes_of_the_model_document_answer_in_its_words(client: Caller) -> None:
    rows = client.get("/api/tts/qwen3/models").json
    assert {row["key"] for row in rows} == {"tokenizer_12hz", *SPEECH}
    assert all(set(row) == {"key", "path", "exists", "valid", "missing"} for row in rows)
    valid = client.post("/api/tts/qwen3/models/validate", json={"key": "base_0_6b"}).json
    assert valid["valid"] is True and valid["missing"] == []
    path = client.get("/api/tts/qwen3/models/open-path?key=base_0_6b").json["path"]
    assert Path(path).name == "Qwen3-TTS-12Hz-0.6B-Base"


def test_the_models_folder_moves_with_all_that_is_in_it(tmp_path: Path) -> None:
    from backend.app import create_app

    chosen = Settings(data_dir=tmp_path / "data", port=8000, lane_runner="thread")
    name = "Qwen3-TTS-Tokenizer-12Hz"
    shutil.copytree(tiny_checkpoints() / name, tmp_path / "data/models" / name)
    made = Studio(chosen)
    made.start()
    app = create_app(chosen, made)
    app.test_client_class = Caller
    client = app.test_client()
    target = tmp_path / "elsewhere"
    job = client.post("/api/models/folder", json={"path": str(target)}, base_url=ADDRESS).json["job_id"]
    assert ended(client, job)["status"] == "done"
    told = client.get("/api/models").json
    row = next(row for row in told["models"] if row["key"] == "tokenizer_12hz")
    assert told["folder"] == str(target) and row["valid"] and row["path"] == str(target / name)
    assert not (tmp_path / "data/models" / name).exists()
    assert Settings(data_dir=tmp_path / "data").models_root == target
    made.stop(5)
    made.close()
