"""The model-management document by its recorded requests: voices from recordings, prepared, heard, and let go."""

from __future__ import annotations

import base64
import io
import time
import wave
from typing import Any

import pytest
from flask.testing import FlaskClient

from backend.studio import Studio

VOICES = "/api/tts/qwen3/voices"


def upload(client: FlaskClient, sound: bytes, **fields: Any) -> Any:
    data = {"file": (io.BytesIO(sound), "anna.wav"), **fields}
    return client.post(f"{VOICES}/upload", data=data, content_type="multipart/form-data")


def seconds_of(wav: bytes) -> float:
    with wave.open(io.BytesIO(wav)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        assert any(file.readframes(file.getnframes()))
        return file.getnframes() / file.getframerate()


@pytest.fixture
def voice(client: FlaskClient, voice_wav: bytes) -> dict[str, Any]:
    answer = upload(client, voice_wav, name="Anna", language="Italian", ref_text="Che bella giornata.")
    assert answer.status_code == 201, answer.json
    record: dict[str, Any] = answer.json
    return record


def ended(client: FlaskClient, voice_id: str) -> dict[str, Any]:
    for _ in range(200):
        state: dict[str, Any] = client.get(f"{VOICES}/{voice_id}/clone-status").json
        if state["status"] not in ("queued", "running"):
            return state
        time.sleep(0.05)
    raise AssertionError(state)


def test_the_models_are_listed_and_validated_as_the_document_shows(client: FlaskClient) -> None:
    rows = client.get("/api/tts/qwen3/models").json
    assert {"tokenizer_12hz", "base_0_6b", "custom_0_6b"} <= {row["key"] for row in rows}
    assert all({"key", "path", "exists", "valid", "missing"} <= row.keys() for row in rows)
    found = client.post("/api/tts/qwen3/models/validate", json={"key": "tokenizer_12hz"}).json
    assert (found["valid"], bool(found["missing"])) == (False, True)
    opened = client.get("/api/tts/qwen3/models/open-path?key=tokenizer_12hz").json
    assert opened["path"].endswith("Qwen3-TTS-Tokenizer-12Hz")


def test_a_recording_becomes_a_voice_that_the_whole_studio_knows(client: FlaskClient, voice: dict[str, Any]) -> None:
    assert (voice["voice_id"], voice["name"], voice["language"]) == ("anna", "Anna", "it")
    assert (voice["status"], voice["ref_text"]) == ("ready", "Che bella giornata.")
    assert client.get(VOICES).json == [voice]
    assert client.get(f"{VOICES}/anna").json == voice
    assert client.get("/api/personality/anna").json["emotions"].keys() == {"neutral"}
    heard = client.get(voice["ref_audio_url"])
    assert heard.mimetype == "audio/wav"
    assert seconds_of(heard.data) == pytest.approx(voice["duration"], abs=0.01)


def test_the_name_of_the_file_names_a_voice_without_one(client: FlaskClient, voice_wav: bytes) -> None:
    assert upload(client, voice_wav).json["name"] == "anna"


@pytest.mark.parametrize("sound", [b"", b"RIFF no sound", bytes(2000)])
def test_what_is_no_recording_leaves_no_voice_and_nothing_in_the_trash(
    client: FlaskClient, studio: Studio, sound: bytes
) -> None:
    answer = upload(client, sound, name="Anna")
    assert (answer.status_code, answer.json["code"][:6]) == (422, "audio-")
    assert client.get(VOICES).json == []
    assert not list(studio.settings.trash_dir.glob("personality*"))


def test_a_form_without_a_recording_is_told_so(client: FlaskClient) -> None:
    answer = client.post(f"{VOICES}/upload", data={"name": "Anna"}, content_type="multipart/form-data")
    assert (answer.status_code, answer.json["fields"]) == (422, {"file": "is missing"})


def test_only_files_that_the_record_names_are_sent(client: FlaskClient, voice: dict[str, Any]) -> None:
    folder = voice["ref_audio_url"].rpartition("/")[0]
    for name in ("config.json", "..%2fconfig.json", "%2e%2e/config.json", "..\\config.json", "neutral.wav", "x.wav"):
        answer = client.get(f"{folder}/{name}")
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json"), name
    assert client.get("/uploads/audios/qwen3_tts_voices/nobody/neutral.wav").status_code == 404


def test_a_voice_is_changed_with_the_text_of_its_recording(client: FlaskClient, voice: dict[str, Any]) -> None:
    changed = client.patch(f"{VOICES}/anna", json={"name": "Anna B", "description": "warm", "ref_text": "Altro."})
    assert changed.status_code == 200, changed.json
    assert {name: changed.json[name] for name in ("name", "description", "ref_text", "language")} == {
        "name": "Anna B",
        "description": "warm",
        "ref_text": "Altro.",
        "language": "it",
    }
    assert client.patch(f"{VOICES}/anna", json={"language": "klingon"}).status_code == 422
    assert client.patch(f"{VOICES}/nobody", json={"name": "B"}).status_code == 404


def test_a_deleted_voice_rests_in_the_trash_and_one_with_its_files_is_gone(
    client: FlaskClient, studio: Studio, voice: dict[str, Any], voice_wav: bytes
) -> None:
    assert client.delete(f"{VOICES}/anna").json["files_deleted"] is False
    assert client.get(VOICES).json == []
    assert client.post("/api/personality/anna/restore").status_code == 200
    gone = client.delete(f"{VOICES}/anna?delete_files=true").json
    assert (gone["deleted"], gone["files_deleted"], gone["trash"]) == (True, True, None)
    assert not list(studio.settings.trash_dir.glob("personality*"))
    assert client.post("/api/personality/anna/restore").status_code == 404
    assert client.delete(f"{VOICES}/anna").status_code == 404
    assert upload(client, voice_wav, name="Anna").json["voice_id"] == "anna"


def test_a_voice_is_prepared_and_its_way_can_be_asked_for(client: FlaskClient, voice: dict[str, Any]) -> None:
    client.put("/api/personality/anna/emotions/neutral", data={"repairs": "[]"}, content_type="multipart/form-data")
    started = client.post(f"{VOICES}/anna/clone")
    assert started.status_code == 202, started.json
    assert (started.json["voice_id"], bool(started.json["task_id"])) == ("anna", True)
    state = ended(client, "anna")
    assert (state["status"], state["progress"], state["error"]) == ("ready", 1.0, None)
    record = client.get("/api/personality/anna").json["emotions"]["neutral"]
    assert {"trim", "level", "closing"} <= set(record["repairs"])
    assert record["transcript"] == "Che bella giornata."
    assert client.get(f"/api/jobs/{state['job_id']}").json["kind"] == "clone-voice"


def test_a_new_voice_under_the_id_of_one_that_is_gone_has_not_its_preparation(
    client: FlaskClient, voice: dict[str, Any], voice_wav: bytes
) -> None:
    client.post(f"{VOICES}/{voice['voice_id']}/clone")
    assert ended(client, voice["voice_id"])["task_id"]
    time.sleep(1.1 - time.time() % 1)  # records count whole seconds
    client.delete(f"{VOICES}/{voice['voice_id']}?delete_files=true")
    again = upload(client, voice_wav, name="Anna").json
    assert again["voice_id"] == voice["voice_id"]
    state = client.get(f"{VOICES}/{again['voice_id']}/clone-status").json
    assert (state["status"], state["task_id"]) == ("ready", None)


def test_a_voice_without_a_recording_cannot_be_prepared(client: FlaskClient, studio: Studio) -> None:
    studio.personalities.create("Bo")
    assert client.get(f"{VOICES}/bo/clone-status").json["status"] == "empty"
    answer = client.post(f"{VOICES}/bo/clone")
    assert (answer.status_code, answer.json["code"]) == (404, "emotion-not-found")


def test_the_unified_entry_speaks_with_a_voice_by_its_id(client: FlaskClient, voice: dict[str, Any]) -> None:
    asked = {"text": "Ciao a tutti.", "language": "Italian", "voice_id": "anna", "speed": 1}
    made = client.post("/api/tts/generate", json=asked).json
    assert seconds_of(client.get(made["audio_url"]).data) == pytest.approx(made["duration"], abs=0.01)
    assert made["sample_rate"] == 24_000
    take = client.get(f"/api/history/{made['audio_url'][8:34]}").json
    assert take["segments"][0]["voice"] == "Anna"
    assert take["request"]["client"] == "qwen3"


def test_the_address_of_a_recording_and_base64_are_voices_too(
    client: FlaskClient, voice: dict[str, Any], voice_wav: bytes
) -> None:
    for reference in (voice["ref_audio_url"], base64.b64encode(voice_wav).decode()):
        asked = {"text": "Ciao.", "RefAudio": reference, "model_key": "base_0_6b", "provider": "fake"}
        made = client.post("/api/tts/generate", json=asked)
        assert made.status_code == 200, made.json
        assert made.json["duration"] > 0.2
    for wrong in ("/etc/passwd", "http://127.0.0.1/x.wav", "file:///etc/passwd", f"{voice['ref_audio_url']}x"):
        assert client.post("/api/tts/generate", json={"text": "Ciao.", "ref_audio": wrong}).status_code in (404, 422)


@pytest.mark.parametrize(("key", "field"), [("custom_0_6b", "speaker"), ("base_0_6b", "ref_audio")])
def test_a_model_says_which_voice_it_needs(client: FlaskClient, key: str, field: str) -> None:
    answer = client.post("/api/tts/generate", json={"text": "Hello.", "model_key": key})
    assert (answer.status_code, [*answer.json["fields"]]) == (422, [field])


def test_the_documents_provider_without_its_models_says_what_to_do(client: FlaskClient) -> None:
    answer = client.post("/api/tts/generate", json={"text": "Hello.", "provider": "qwen3_tts", "speaker": "Ryan"})
    assert (answer.status_code, answer.json["code"]) == (503, "engine-unavailable")
    assert answer.json["hint"]


def test_a_preview_greets_in_the_language_of_the_voice(client: FlaskClient, voice: dict[str, Any]) -> None:
    made = client.post("/api/tts/preview", json={"voice_id": "anna"}).json
    take = client.get(f"/api/history/{made['preview_url'][8:34]}").json
    assert take["text"].startswith("Ciao")
    assert seconds_of(client.get(made["preview_url"]).data) > 0.5
