"""OpenAI's lists and voices of one's own: every client finds what it reads, uploads are kept, wrong ones refused."""

from __future__ import annotations

import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient

from backend.app import create_app
from backend.core.errors import Conflict, NotFound
from backend.core.tables.speakers import SPEAKERS
from backend.studio import Studio

FORM = "multipart/form-data"


def bring(client: FlaskClient, sound: bytes, **fields: str) -> Any:
    form = {"name": "Clara", "consent": "She agreed.", **fields, "audio_sample": (io.BytesIO(sound), "clara.wav")}
    return client.post("/v1/audio/voices", data=form, content_type=FORM)


@pytest.mark.parametrize("path", ["/v1/audio/voices", "/v1/voices"])
def test_every_client_finds_its_member_in_the_list_of_voices(
    client: FlaskClient, personality: dict[str, Any], path: str
) -> None:
    body = client.get(path).json
    assert body["object"] == "list"
    assert body["voices"] == body["data"]
    assert [row["id"] for row in body["voices"]] == [personality["id"], *SPEAKERS]
    assert body["voices"][0].keys() == {"id", "name", "language", "description", "kind", "emotions"}
    assert [row["name"] for row in body["uploaded_voices"]] == ["Anna"]


def test_old_clients_of_kokoro_get_strings(client: FlaskClient, personality: dict[str, Any]) -> None:
    assert client.get("/v1/audio/voices?legacy=true").json["voices"] == [personality["id"], *SPEAKERS]


def test_models_are_listed_as_openai_open_webui_and_speaches_read_them(client: FlaskClient) -> None:
    body = client.get("/v1/models").json
    ids = {row["id"] for row in body["data"]}
    assert {"tts-1", "gpt-4o-mini-tts", "whisper-1", "fake", "preview"} <= ids
    assert all(row["object"] == "model" and isinstance(row["created"], int) for row in body["data"])
    speaking = client.get("/v1/audio/models").json
    assert speaking["models"] == speaking["data"]
    assert "whisper-1" not in {row["id"] for row in speaking["models"]}
    assert client.get("/v1/models/tts-1").json["id"] == "tts-1"
    missing = client.get("/v1/models/openai/none")
    assert missing.status_code == 404
    assert missing.json["error"]["param"] == "model"


def test_an_uploaded_voice_is_answered_in_both_shapes_and_speaks(client: FlaskClient, voice_wav: bytes) -> None:
    body = bring(client, voice_wav, ref_text="A line to speak.", speaker_description="Warm.").json
    assert body["object"] == "audio.voice"
    assert body["name"] == "Clara"
    assert body["success"] is True
    voice = body["voice"]
    assert (voice["ref_text"], voice["speaker_description"], voice["consent"]) == (
        "A line to speak.",
        "Warm.",
        "She agreed.",
    )
    assert voice["file_size"] > 44
    assert client.get("/v1/audio/voices").json["uploaded_voices"] == [voice]
    said = client.post("/v1/audio/speech", json={"input": "Hi.", "voice": "clara", "model": "fake"})
    assert said.status_code == 200


def test_a_spoken_consent_is_kept_and_named_by_the_voice(client: FlaskClient, studio: Studio, voice_wav: bytes) -> None:
    form = {"name": "Clara Voss", "language": "en", "recording": (io.BytesIO(voice_wav), "yes.wav")}
    agreed = client.post("/v1/audio/voice_consents", data=form, content_type=FORM).json
    assert agreed["object"] == "audio.voice_consent"
    assert agreed["id"].startswith("cons_")
    made = bring(client, voice_wav, consent=agreed["id"]).json
    consent = studio.personalities.get(made["id"])["consent"]
    assert (consent["who"], consent["statement"]) == ("Clara Voss", agreed["id"])
    spoken = studio.settings.state_dir / "consents" / f"{agreed['id']}.wav"
    assert spoken.read_bytes()[:4] == b"RIFF"  # stays when what came with requests is swept


@pytest.mark.parametrize("name", ["Clara", "clara", "CLARA"])
def test_a_name_that_is_taken_is_refused(client: FlaskClient, voice_wav: bytes, name: str) -> None:
    bring(client, voice_wav)
    refused = bring(client, voice_wav, name=name)
    assert refused.status_code == 409
    assert refused.json["error"]["param"] == "name"
    assert len(client.get("/v1/audio/voices").json["uploaded_voices"]) == 1


def test_a_recording_that_is_none_leaves_no_half_voice(client: FlaskClient, studio: Studio) -> None:
    assert bring(client, b"no sound").status_code == 400
    missing = client.post("/v1/audio/voices", data={"name": "Clara"}, content_type=FORM)
    assert (missing.status_code, missing.json["error"]["param"]) == (400, "audio_sample")
    assert studio.personalities.list() == []
    with pytest.raises(NotFound):  # nor is there an empty one to be brought back
        studio.personalities.restore("clara")


def test_of_two_uploads_of_one_name_at_the_same_moment_one_is_refused(studio: Studio, voice_wav: bytes) -> None:
    ready = threading.Barrier(4)

    def brought(_number: int) -> str:
        ready.wait(10)
        try:
            return str(studio.enrolling.bring("Clara", voice_wav, {"transcript": "A line."})["name"])
        except Conflict:
            return "taken"

    with ThreadPoolExecutor(4) as threads:
        found = sorted(threads.map(brought, range(4)))
    assert found == ["Clara", "taken", "taken", "taken"]


def test_a_deleted_voice_rests_in_the_trash(client: FlaskClient, studio: Studio, voice_wav: bytes) -> None:
    made = bring(client, voice_wav).json
    gone = client.delete("/v1/audio/voices/CLARA")
    assert gone.json == {
        "object": "audio.voice.deleted",
        "id": made["id"],
        "deleted": True,
        "success": True,
        "message": "Voice 'Clara' deleted successfully",
    }
    assert client.delete("/v1/audio/voices/Clara").status_code == 404
    assert studio.personalities.restore(made["id"])["name"] == "Clara"


@pytest.mark.parametrize("created", ["yesterday", "0001-01-01T00:00:00", "9999-12-31T23:59:59-23:59"])
def test_a_record_whose_time_cannot_be_read_hides_no_voice(
    client: FlaskClient, studio: Studio, voice_wav: bytes, created: str
) -> None:
    made = bring(client, voice_wav).json
    path = studio.personalities.emotion_path(made["id"], "neutral").with_name("config.json")
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "created": created}), "utf-8")
    assert [row["id"] for row in client.get("/v1/audio/voices").json["uploaded_voices"]] == [made["id"]]
    state = client.get(f"/api/tts/qwen3/voices/{made['id']}/clone-status")
    assert (state.status_code, state.json["status"]) == (200, "ready")


def test_a_speaker_cannot_be_deleted(client: FlaskClient) -> None:
    assert client.delete("/v1/audio/voices/Ryan").status_code == 409


def test_failures_under_v1_have_openais_shape_and_others_do_not(client: FlaskClient) -> None:
    for path in ("/v1/nothing", "/v1/audio/nothing"):
        assert client.get(path).json["error"].keys() == {"message", "type", "param", "code"}
    refused = client.post("/v1/audio/speech", data=b"x", content_type="text/plain")
    assert refused.status_code == 415
    assert refused.json["error"]["code"] == "wrong-content-type", "the gate speaks it, too"
    assert client.get("/api/nothing").json["code"] == "not-found"


def test_an_open_list_tells_those_without_the_key_names_and_no_more(
    studio: Studio, personality: dict[str, Any]
) -> None:
    studio.personalities.update(personality["id"], {"description": "private words"})
    settings = studio.settings.model_copy(update={"token": "a long secret", "open_lists": True})
    caller = create_app(settings, studio).test_client()
    base = f"http://127.0.0.1:{settings.port}"
    shown = caller.get("/v1/audio/voices", base_url=base)
    assert shown.json["uploaded_voices"] == [] and personality["id"] in [row["id"] for row in shown.json["data"]]
    assert "private words" not in shown.text and "A line to speak." not in shown.text
    known = caller.get("/v1/audio/voices", base_url=base, headers={"Authorization": "Bearer a long secret"})
    assert "private words" in known.text and "A line to speak." in known.text
