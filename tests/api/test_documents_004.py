"""The voice-cloning document by its recorded requests: voiceprints, clones at 16 kHz, batches, honest refusals."""

from __future__ import annotations

import base64
import io
import math
import wave
from collections.abc import Sequence
from typing import Any

import pytest
from flask.testing import FlaskClient

from backend.core.wishes import Sample
from backend.engines.embeddings import SpeakerEncoder
from backend.rooms import cloning
from backend.rooms.samples import Joined, joined
from backend.studio import Studio

BASE = "/api/v1"
FORM = "multipart/form-data"
TEXT = "要合成的文本"

needs_encoder = pytest.mark.skipif(not SpeakerEncoder().availability().ok, reason="the studio set is not installed")


def wav_facts(data: bytes) -> tuple[int, int]:
    """Hertz and frames of a WAV that is not silent."""
    with wave.open(io.BytesIO(data)) as file:
        assert any(file.readframes(file.getnframes()))
        return file.getframerate(), file.getnframes()


def recording(sound: bytes, name: str = "me.wav") -> tuple[io.BytesIO, str]:
    return io.BytesIO(sound), name


def test_health_says_how_the_studio_is_and_which_stages_there_are(client: FlaskClient) -> None:
    body = client.get("/health").json
    assert (body["status"], body["models"]["synthesizer"], body["models"]["vocoder"]) == ("ok", False, False)
    assert body["models"]["encoder"] is SpeakerEncoder().availability().ok


@needs_encoder
def test_a_voiceprint_is_256_numbers_of_length_one_and_the_same_each_time(
    client: FlaskClient, voice_wav: bytes
) -> None:
    found = []
    for name in ("audio", "file"):
        answer = client.post(f"{BASE}/extract-embedding", data={name: recording(voice_wav)}, content_type=FORM)
        assert answer.status_code == 200, answer.json
        found.append(answer.json["embedding"])
    assert found[0] == found[1]
    assert (len(found[0]), answer.json["dimension"], answer.json["sample_rate"]) == (256, 256, 16_000)
    assert math.hypot(*found[0]) == pytest.approx(1.0, abs=1e-3)
    assert answer.json["duration"] == pytest.approx(3.0, abs=0.05)


def test_what_holds_no_voice_has_no_voiceprint_and_leaves_no_upload(client: FlaskClient, studio: Studio) -> None:
    answer = client.post(f"{BASE}/extract-embedding", data={"audio": recording(b"no sound")}, content_type=FORM)
    assert (answer.status_code, answer.json["code"]) == (422, "audio-unreadable")
    assert not list((studio.settings.state_dir / "uploads").glob("*"))
    missing = client.post(f"{BASE}/extract-embedding", data={"text": "x"}, content_type=FORM)
    assert (missing.status_code, missing.json["fields"]) == (422, {"audio": "is missing"})


def test_a_recording_and_a_text_become_a_wav_at_16_khz(client: FlaskClient, voice_wav: bytes) -> None:
    form = {"audio": recording(voice_wav), "text": TEXT, "language": "zh", "ref_text": "Words."}
    answer = client.post(f"{BASE}/clone-voice", data=form, content_type=FORM)
    assert (answer.status_code, answer.mimetype) == (200, "audio/wav"), answer.data[:300]
    rate, frames = wav_facts(answer.data)
    assert (rate, answer.headers["X-Sample-Rate"]) == (16_000, "16000")
    assert frames / rate == pytest.approx(float(answer.headers["X-Duration"]), abs=0.01)
    assert client.get("/api/personality").json == {"personalities": []}


def test_the_same_streams_where_that_is_asked(client: FlaskClient, voice_wav: bytes) -> None:
    form = {"audio": recording(voice_wav), "text": "One. Two. Three.", "engine": "fake", "stream": "true", "seed": "4"}
    answer = client.post(f"{BASE}/clone-voice", data=form, content_type=FORM)
    assert (answer.status_code, answer.headers["X-Sample-Rate"]) == (200, "16000")
    assert answer.data[:4] == b"RIFF" and answer.data[40:44] == b"\xff" * 4
    assert int.from_bytes(answer.data[24:28], "little") == 16_000
    assert len(answer.data) > 16_000 and any(answer.data[44:])


def test_a_clone_needs_both_its_parts(client: FlaskClient, voice_wav: bytes) -> None:
    for form, field in (({"audio": recording(voice_wav)}, "text"), ({"text": TEXT}, "audio")):
        answer = client.post(f"{BASE}/clone-voice", data=form, content_type=FORM)
        assert (answer.status_code, [*answer.json["fields"]]) == (422, [field])


def test_a_voiceprint_alone_is_refused_with_what_to_do(client: FlaskClient) -> None:
    recorded = {"embedding": "[0.123, 0.456]", "text": TEXT}
    answer = client.post(f"{BASE}/synthesize-with-embedding", data=recorded)
    assert answer.request.content_type == "application/x-www-form-urlencoded"
    assert (answer.status_code, answer.json["code"]) == (503, "engine-unavailable")
    assert "/api/v1/clone-voice" in answer.json["hint"]
    assert client.post(f"{BASE}/synthesize-with-embedding", data={"text": TEXT}).status_code == 422


def test_plain_forms_of_other_pages_and_other_routes_stay_out(client: FlaskClient) -> None:
    form = {"embedding": "[]"}
    ours = {"Origin": "http://127.0.0.1:8000"}
    assert client.post(f"{BASE}/synthesize-with-embedding", data=form, headers=ours).status_code == 403
    assert (
        client.post(f"{BASE}/synthesize-with-embedding", data=form, headers={**ours, "X-Studio": "1"}).status_code
        == 422
    )
    assert client.post("/api/generate", data=form).status_code == 415


def test_a_batch_speaks_every_text_and_says_what_failed(client: FlaskClient) -> None:
    body = {
        "texts": ["第一句。", "第二句。"],
        "voice_id": "Vivian",
        "items": [{"text": "[happy] Three.", "voice": "Ryan"}],
    }
    answer = client.post(f"{BASE}/batch-synthesize", json=body)
    assert answer.status_code == 200, answer.json
    assert (answer.json["total"], answer.json["succeeded"], answer.json["failed"]) == (3, 3, 0)
    for row in answer.json["results"]:
        rate, frames = wav_facts(client.get(row["audio_url"]).data)
        assert (rate, row["status"]) == (16_000, "completed")
        assert frames / rate == pytest.approx(row["duration"], abs=0.01)
    assert [row["text"] for row in answer.json["results"]] == ["[happy] Three.", "第一句。", "第二句。"]


def test_a_batch_clones_a_recording_and_takes_no_voiceprint(client: FlaskClient, voice_wav: bytes) -> None:
    form = {"audio": recording(voice_wav), "texts": ["One.", "Two."], "engine": "fake"}
    answer = client.post(f"{BASE}/batch-synthesize", data=form, content_type=FORM)
    assert answer.status_code == 200, answer.json
    assert answer.json["succeeded"] == 2
    inline = {"texts": ["One."], "engine": "fake", "reference_audio": base64.b64encode(voice_wav).decode()}
    assert client.post(f"{BASE}/batch-synthesize", json=inline).json["succeeded"] == 1
    prints = {"items": [{"text": "One.", "embedding": [0.1] * 256}]}
    assert client.post(f"{BASE}/batch-synthesize", json=prints).status_code == 503


def test_the_recordings_of_a_batch_are_joined_once_however_many_texts_there_are(
    client: FlaskClient, voice_wav: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    joins: list[int] = []

    def counted(samples: Sequence[Sample]) -> Joined:
        joins.append(len(samples))
        return joined(samples)

    monkeypatch.setattr(cloning, "joined", counted)
    form = {"audio": [recording(voice_wav), recording(voice_wav)], "texts": ["One.", "Two.", "3."], "engine": "fake"}
    answer = client.post(f"{BASE}/batch-synthesize", data=form, content_type=FORM)
    assert (answer.status_code, answer.json["succeeded"]) == (200, 3)
    assert joins == [2]


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 422), ({"texts": []}, 422), ({"texts": ["a"] * 51}, 422), ({"texts": ["a", "[happy]"]}, 422),
     ({"texts": ["a"], "voice_id": "Nobody"}, 404)],
)  # fmt: skip
def test_a_wrong_batch_speaks_nothing(client: FlaskClient, body: dict[str, Any], status: int) -> None:
    assert client.post(f"{BASE}/batch-synthesize", json=body).status_code == status
    assert client.get("/api/jobs").json == {"jobs": []}
