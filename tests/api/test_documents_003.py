"""The console document's HTTP routes by its recorded requests: OGG on the disk, WAV with its headers, two texts."""

from __future__ import annotations

import base64
import io
import wave
from pathlib import Path
from typing import Any

import pytest
import soundfile
from flask.testing import FlaskClient

from backend.app import create_app
from backend.core.host_paths import shown_path
from backend.core.settings import Settings
from backend.studio import Studio
from tests.conftest import Caller, wav_bytes

RECORDED = {"text": "Новый текст для синтеза."}
"""The document's own request."""


def kind_of(client: FlaskClient, answer: Any) -> dict[str, Any]:
    """The voice that a take was asked for."""
    take = client.get(f"/api/history/{answer.json['url'][8:34]}").json
    voice: dict[str, Any] = take["request"]["voice"]
    return voice


def test_the_recorded_request_leaves_an_ogg_on_the_disk(client: FlaskClient) -> None:
    answer = client.post("/tts", json=RECORDED)
    assert answer.status_code == 200, answer.json
    assert answer.json["processed_text"] == "Новый текст для синтеза."
    samples, rate = soundfile.read(answer.json["path"])
    assert Path(answer.json["path"]).suffix == ".ogg"
    assert len(samples) / rate == pytest.approx(answer.json["duration"], abs=0.05)
    assert abs(samples).max() > 0.01
    assert client.get(answer.json["url"]).mimetype == "audio/ogg"


def test_tags_are_acted_and_are_not_in_the_processed_text(client: FlaskClient) -> None:
    body = client.post("/tts", json={"text": "[happy] Hello. [pause 1s] Bye.", "voice": "Ryan"}).json
    assert body["processed_text"] == "Hello. Bye."
    assert body["duration"] > 1.5


def test_wav_comes_with_the_documents_headers_at_the_asked_rate(client: FlaskClient) -> None:
    for wanted, rate in ((None, 24_000), (48_000, 48_000), (16_000, 16_000)):
        answer = client.post("/tts/wav", json={**RECORDED, "sample_rate": wanted, "seed": 3, "engine": "fake"})
        assert answer.mimetype == "audio/wav"
        assert answer.headers["X-Processed-Text-Length"] == str(len(RECORDED["text"]))
        assert answer.headers["X-Sample-Rate"] == str(rate)
        with wave.open(io.BytesIO(answer.data)) as file:
            assert (file.getframerate(), file.getnchannels()) == (rate, 1)
            assert file.getnframes() / rate == pytest.approx(float(answer.headers["X-Duration"]), abs=0.01)
            assert any(file.readframes(file.getnframes()))
        assert b"AI-generated" in answer.data


def test_the_voice_comes_by_recording_name_or_description(
    client: FlaskClient, personality: dict[str, Any], voice_wav: bytes
) -> None:
    coded = base64.b64encode(voice_wav).decode()
    ways: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"reference_audio_base64": coded, "reference_text": "Said."}, {"kind": "reference", "transcript": "Said."}),
        ({"references": [{"audio": coded, "text": "One."}]}, {"kind": "reference", "transcript": "One."}),
        ({"reference_audio_base64": f"data:audio/wav;base64,{coded}", "voice": "Ryan"}, {"kind": "reference"}),
        ({"voice_id": "anna"}, {"kind": "personality", "personality": "anna"}),
        ({"voice_description": "an old sailor"}, {"kind": "designed", "description": "an old sailor"}),
        ({"language": "Chinese"}, {"kind": "preset", "speaker": "Vivian"}),
    ]
    for given, expected in ways:
        answer = client.post("/tts", json={"text": "Hello.", "engine": "fake", **given})
        assert answer.status_code == 200, answer.json
        assert expected.items() <= kind_of(client, answer).items()


def test_several_references_are_joined_with_their_texts(client: FlaskClient, voice_wav: bytes) -> None:
    other = wav_bytes([int(6000 * ((n // 80) % 2 - 0.5)) for n in range(48_000)], 24_000)
    given = [
        {"audio": base64.b64encode(sound).decode(), "text": text}
        for sound, text in ((voice_wav, "One."), (other, "Two."))
    ]
    answer = client.post("/tts", json={"text": "Hello.", "engine": "fake", "references": given})
    assert answer.status_code == 200, answer.json
    assert kind_of(client, answer)["transcript"] == "One. Two."


def test_without_a_voice_the_recording_of_the_settings_speaks(tmp_path: Path, voice_wav: bytes) -> None:
    reference = tmp_path / "me.wav"
    reference.write_bytes(voice_wav)
    settings = Settings(
        data_dir=tmp_path, port=8000, lane_runner="thread", fake_engine="on", open_browser=False,
        voice_clone_ref_audio=reference, voice_clone_ref_text="My words.", tts_engine="fake", sample_rate=48_000,
    )  # fmt: skip
    studio = Studio(settings)
    studio.start()
    try:
        app = create_app(settings, studio)
        app.test_client_class = Caller
        client = app.test_client()
        answer = client.post("/tts", json=RECORDED)
        assert (kind_of(client, answer)["transcript"], answer.json["engine"]) == ("My words.", "fake")
        assert client.post("/tts/wav", json=RECORDED).headers["X-Sample-Rate"] == "48000"
        reference.unlink()
        assert client.post("/tts", json=RECORDED).json["code"] == "engine-unavailable"
    finally:
        studio.stop(5)
        studio.close()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [({}, 422, "bad-request"), ({"text": "[happy]"}, 422, "bad-text"),
     ({"text": "a", "voice": "Nobody"}, 404, "voice-not-found"),
     ({"text": "a", "engine": "tape"}, 404, "engine-not-found"),
     ({"text": "a", "reference_audio_base64": "%%%"}, 422, "bad-request"),
     ({"text": "a", "tts_engine": "qwen"}, 503, "engine-unavailable"),
     ({"text": "a", "sample_rate": 10**9}, 422, "bad-request"),
     ({"text": "a", "reference_audio_base64": "aGVsbG8="}, 422, "audio-unreadable")],
)  # fmt: skip
def test_what_cannot_be_spoken_is_refused_with_the_reason(
    client: FlaskClient, body: dict[str, Any], status: int, code: str
) -> None:
    answer = client.post("/tts", json=body)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert client.post("/tts/wav", json=body).status_code == status


def test_a_recording_becomes_a_raw_and_a_mended_text_with_their_files(client: FlaskClient, voice_wav: bytes) -> None:
    spoken = client.post("/tts/wav", json={"text": "Good morning. How are you today?", "voice": "Ryan"}).data
    form = {"file": (io.BytesIO(spoken), "hello.wav"), "context": "A greeting", "language": "en", "use_llm": "false"}
    answer = client.post("/stt", data=form, content_type="multipart/form-data")
    assert answer.status_code == 200, answer.json
    body = answer.json
    assert body["raw_text"] and body["text"] == body["processed_text"]
    assert Path(body["raw_path"]).read_text("utf-8").strip() == body["raw_text"]
    assert Path(body["path"]).read_text("utf-8").strip() == body["text"]
    assert (Path(body["raw_path"]).name.startswith("stt_"), body["raw_path"].endswith("_raw.txt")) == (True, True)


def test_silence_gives_empty_texts_and_no_files(client: FlaskClient) -> None:
    form = {"audio": (io.BytesIO(wav_bytes([0] * 48_000, 24_000)), "quiet.wav")}
    body = client.post("/stt", data=form, content_type="multipart/form-data").json
    assert (body["raw_text"], body["text"], body["raw_path"], body["path"]) == ("", "", None, None)
    assert client.post("/stt", data={"context": "x"}, content_type="multipart/form-data").status_code == 422


def test_paths_are_told_as_windows_opens_them_inside_wsl() -> None:
    assert shown_path(Path("/home/me/x.ogg"), "") == str(Path("/home/me/x.ogg"))
    assert shown_path("/home/me/x.ogg", "Ubuntu") == "\\\\wsl.localhost\\Ubuntu\\home\\me\\x.ogg"
    assert shown_path("/mnt/c/Users/me/x.ogg", "Ubuntu") == "C:\\Users\\me\\x.ogg"
