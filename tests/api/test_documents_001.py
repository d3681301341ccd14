"""The deployment guide's speech routes by its recorded requests: numbers as emotions, voices from samples."""

from __future__ import annotations

import base64
import io
import wave
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.conftest import wav_bytes

BASE = "/api/qwen-tts"
RECORDED = {"text": "你好，这是测试", "emotion": {"happiness": 0.8}, "speed": 1.0}
"""The body of the guide's curl line."""


def frames_of(data: bytes) -> int:
    with wave.open(io.BytesIO(data)) as file:
        frames = file.readframes(file.getnframes())
        assert any(frames) and file.getframerate() == 24_000
        return len(frames) // 2


def test_the_guides_curl_line_speaks_happily(client: FlaskClient) -> None:
    answer = client.post(f"{BASE}/generate", json=RECORDED, headers={"Accept": "*/*"})
    assert answer.status_code == 200, answer.json
    body = answer.json
    assert (body["sample_rate"], body["device"], body["emotions"]) == (24_000, "cpu", ["happy"])
    assert frames_of(client.get(body["audio_url"]).data) == pytest.approx(
        24_000 * body["duration"], abs=13
    )  # a duration is told to the millisecond


@pytest.mark.parametrize(
    ("numbers", "heard"),
    [({"happiness": 0.8, "energy": 1.4}, "excited"), ({"sadness": 1, "happiness": 0.2}, "sad"), ({}, "neutral"),
     ({"felice": 0.9}, "happy"), ("whisper", "whisper")],
)  # fmt: skip
def test_numbers_and_words_become_one_emotion(client: FlaskClient, numbers: Any, heard: str) -> None:
    body = client.post(f"{BASE}/generate", json={"text": "Hello.", "emotion": numbers, "engine": "fake"}).json
    assert body["emotions"] == [heard]


def test_the_sound_itself_comes_where_it_is_asked_for(client: FlaskClient) -> None:
    answer = client.post(f"{BASE}/generate", json={"text": "Hello.", "engine": "fake"}, headers={"Accept": "audio/wav"})
    assert answer.mimetype == "audio/wav"
    assert frames_of(answer.data) == pytest.approx(
        24_000 * float(answer.headers["X-Duration"]), abs=13
    )  # a duration is told to the millisecond


def test_the_page_of_the_guide_gets_a_blob_without_naming_a_voice(client: FlaskClient) -> None:
    body = {
        "text": "你好，欢迎使用 Read-Rhyme",
        "emotion": {"happiness": 0.8, "energy": 1.2},
        "speed": 1.0,
        "voice": None,
    }
    accept = {"Accept": "application/json, text/plain, */*"}  # what axios sends
    answer = client.post(f"{BASE}/generate-with-voice", json=body, headers=accept)
    assert answer.mimetype == "audio/wav"
    assert frames_of(answer.data) > 12_000


def test_a_cloned_voice_is_named_or_comes_as_a_file_or_in_base64(
    client: FlaskClient, personality: dict[str, Any], voice_wav: bytes
) -> None:
    json_only = {"Accept": "application/json"}
    named = {"text": "Hello.", "voice_id": personality["id"], "engine": "fake"}
    assert client.post(f"{BASE}/generate-with-voice", json=named, headers=json_only).json["duration"] > 0.2
    form = {
        "text": "Hello.",
        "engine": "fake",
        "emotion": '{"happiness": 0.9}',
        "reference": (io.BytesIO(voice_wav), "me.wav"),
    }
    made = client.post(f"{BASE}/generate-with-voice", data=form, content_type="multipart/form-data", headers=json_only)
    assert made.status_code == 200, made.json
    assert client.get(f"/api/history/{made.json['audio_url'][8:34]}").json["request"]["voice"]["kind"] == "reference"
    inline = {"text": "Hello.", "engine": "fake", "reference_audio": base64.b64encode(voice_wav).decode()}
    assert frames_of(client.post(f"{BASE}/generate-with-voice", json=inline).data) > 4000
    assert client.post(f"{BASE}/generate-with-voice", json={"text": "Hi.", "voice": "Nobody"}).status_code == 404


def test_samples_become_one_voice_and_each_is_told_about(client: FlaskClient, voice_wav: bytes) -> None:
    silence = wav_bytes([0] * 48_000, 24_000)
    given = [base64.b64encode(sound).decode() for sound in (voice_wav, silence, voice_wav)]
    body = {"voice_samples": given, "voice_name": "我的声音", "description": "温暖男声"}
    answer = client.post(f"{BASE}/clone-voice", json=body)
    assert answer.status_code == 201, answer.json
    assert answer.json["status"] == "ready"
    assert [row["used"] for row in answer.json["samples"]] == [True, False, True]
    assert answer.json["samples"][1]["problem"]["code"] == "audio-silent"
    record = client.get(f"/api/personality/{answer.json['voice_id']}").json
    assert (record["name"], record["description"]) == ("我的声音", "温暖男声")
    assert 5.5 < record["emotions"]["neutral"]["duration"] < 8


def test_samples_come_as_files_too(client: FlaskClient, voice_wav: bytes) -> None:
    files = [(io.BytesIO(voice_wav), f"sample{n}.wav") for n in (1, 2)]
    form = {"voice_samples": files, "voice_name": "Bo", "sample_texts": ["One.", "Two."]}
    answer = client.post(f"{BASE}/clone-voice", data=form, content_type="multipart/form-data")
    assert answer.status_code == 201, answer.json
    assert [row["name"] for row in answer.json["samples"]] == ["sample1.wav", "sample2.wav"]
    assert client.get("/api/personality/bo").json["emotions"]["neutral"]["transcript"] == "One. Two."


def test_samples_that_hold_no_voice_leave_none(client: FlaskClient) -> None:
    body = {"voice_samples": [base64.b64encode(b"nothing").decode()] * 2, "voice_name": "Bo"}
    answer = client.post(f"{BASE}/clone-voice", json=body)
    assert (answer.status_code, answer.json["code"]) == (422, "audio-unreadable")
    assert client.post(f"{BASE}/clone-voice", json={"voice_name": "Bo"}).status_code == 422
    assert client.get("/api/personality").json == {"personalities": []}


def test_voices_languages_and_facts_are_listed(client: FlaskClient, personality: dict[str, Any]) -> None:
    voices = client.get(f"{BASE}/voices").json
    by_id = {row["voice_id"]: row for row in voices["voices"]}
    assert (by_id["anna"]["type"], by_id["Ryan"]["type"], voices["total"]) == ("cloned", "preset", 10)
    languages = client.get(f"{BASE}/languages").json["languages"]
    assert {"code": "zh", "name": "Chinese", "native_name": "中文"} in languages and len(languages) == 10
    info = client.get(f"{BASE}/info").json
    assert (info["sample_rate"], info["voices"], info["features"]["voice_cloning"]) == (24_000, 10, True)


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "text"), ({"text": ""}, "text"), ({"text": "Hi.", "speed": 9}, "speed"),
     ({"text": "Hi.", "emotion": 3}, "emotion"), ({"text": "Hi.", "language": "klingon"}, "language"),
     ({"text": "Hi.", "emotion": {"joy": "much"}}, "emotion")],
)  # fmt: skip
def test_a_wrong_request_names_the_field(client: FlaskClient, body: dict[str, Any], field: str) -> None:
    answer = client.post(f"{BASE}/generate", json=body)
    assert answer.status_code == 422
    assert any(name.startswith(field) for name in answer.json["fields"]), answer.json
