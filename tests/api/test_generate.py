"""Speaking over HTTP: the stream, the waiting form, and every refusal before anything starts."""

from __future__ import annotations

import base64
import io
import json
import threading
import wave
from typing import Any

import pytest
from flask.testing import FlaskClient

from backend.core.settings import Settings
from backend.core.types import GenerationRequest
from backend.studio import Studio

SPEAK = {"text": "[happy] Hi! [sad] Bye.", "voice": {"kind": "preset", "speaker": "Ryan"}, "engine": "fake"}


def events(answer: Any) -> list[dict[str, Any]]:
    """The JSON of every `data:` line."""
    lines = answer.get_data(as_text=True).splitlines()
    return [json.loads(line[6:]) for line in lines if line.startswith("data: ")]


def test_a_stream_reports_and_ends_with_a_url(client: FlaskClient) -> None:
    answer = client.post("/api/generate_stream", json=SPEAK)
    assert answer.status_code == 200
    assert answer.content_type == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert "Content-Security-Policy" in answer.headers
    reports = events(answer)
    assert [report["phase"] for report in reports][-1] == "done"
    assert sum(bool(report.get("done")) for report in reports) == 1
    last = reports[-1]
    assert [segment["emotion"] for segment in last["segments"]] == ["happy", "sad"]
    sound = client.get(last["url"])
    assert sound.mimetype == "audio/wav"
    with wave.open(io.BytesIO(sound.data)) as wav:
        assert (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) == (1, 2, 24_000)
        assert wav.getnframes() / 24_000 == pytest.approx(last["duration"], abs=0.01)


def test_live_sound_comes_unnumbered_and_is_the_take(client: FlaskClient) -> None:
    answer = client.post("/api/generate_stream", json=SPEAK | {"stream_audio": True}).get_data(as_text=True)
    live = [block for block in answer.split("\n\n") if '"audio": ' in block]
    assert live
    assert not [block for block in live if block.startswith("id:")]
    reports = [json.loads(block[6:]) for block in live]
    assert {report["audio_rate"] for report in reports} == {24_000}
    heard = sum(len(base64.b64decode(report["audio"])) for report in reports) / 2 / 24_000
    job_id = reports[0]["job_id"]
    assert heard == pytest.approx(client.get(f"/api/jobs/{job_id}").json["result"]["duration"], abs=1.5)
    assert '"audio"' not in client.get(f"/api/jobs/{job_id}/events").get_data(as_text=True)


def test_events_are_numbered_upwards(client: FlaskClient) -> None:
    text = client.post("/api/generate_stream", json=SPEAK).get_data(as_text=True)
    numbers = [int(line[4:]) for line in text.splitlines() if line.startswith("id: ")]
    assert numbers == sorted(set(numbers))
    assert numbers[0] >= 1


def test_a_stream_can_be_resumed_after_any_event(client: FlaskClient) -> None:
    job_id = events(client.post("/api/generate_stream", json=SPEAK))[0]["job_id"]
    whole = client.get(f"/api/jobs/{job_id}/events").get_data(as_text=True)
    numbers = [int(line[4:]) for line in whole.splitlines() if line.startswith("id: ")]
    middle = numbers[len(numbers) // 2]
    rest = client.get(f"/api/jobs/{job_id}/events?after={middle}").get_data(as_text=True)
    assert [int(line[4:]) for line in rest.splitlines() if line.startswith("id: ")] == [
        n for n in numbers if n > middle
    ]
    assert (
        client.get(f"/api/jobs/{job_id}/events", headers={"Last-Event-ID": str(middle)}).get_data(as_text=True) == rest
    )


def test_waiting_answers_the_sound_with_its_facts(client: FlaskClient) -> None:
    answer = client.post("/api/generate", json=SPEAK | {"seed": 7, "title": "Hi / there"})
    assert answer.status_code == 200
    assert answer.mimetype == "audio/wav"
    assert answer.data[:4] == b"RIFF"
    assert answer.headers["X-Engine"] == "fake"
    assert answer.headers["X-Seed"] == "7"
    assert float(answer.headers["X-Duration"]) > 0
    assert answer.headers["X-Job-Id"]
    assert 'filename="Hi _ there.wav"' in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("accept", "mimetype"),
    [
        (None, "audio/wav"),
        ("*/*", "audio/wav"),
        ("audio/*", "audio/wav"),
        ("audio/mpeg", "audio/wav"),
        ("application/json", "application/json"),
        ("application/json, text/plain, */*", "application/json"),
        ("audio/*, application/json;q=0.5", "audio/wav"),
    ],
)
def test_the_accept_header_chooses_between_sound_and_json(client: FlaskClient, accept: str, mimetype: str) -> None:
    answer = client.post("/api/generate", json=SPEAK, headers={"Accept": accept} if accept else {})
    assert answer.mimetype == mimetype


@pytest.mark.parametrize(
    ("extension", "mimetype"),
    [("wav", "audio/wav"), ("mp3", "audio/mpeg"), ("ogg", "audio/ogg"), ("opus", "audio/ogg"), ("flac", "audio/flac")],
)
def test_every_format_is_answered_in_its_own_type(client: FlaskClient, extension: str, mimetype: str) -> None:
    answer = client.post("/api/generate", json=SPEAK | {"format": extension})
    assert answer.mimetype == mimetype
    assert len(answer.data) > 500


REFUSALS: list[tuple[dict[str, Any], int, str]] = [
    ({"voice": {"kind": "preset", "speaker": "Nobody"}}, 404, "speaker-not-found"),
    ({"voice": {"kind": "personality", "personality": "nobody"}}, 404, "personality-not-found"),
    ({"voice": {"kind": "personality", "personality": "../../etc/passwd"}}, 404, "personality-not-found"),
    ({"engine": "warp"}, 404, "engine-not-found"),
    ({"text": "[angry]"}, 422, "bad-text"),
    ({"text": "   \n "}, 422, "bad-text"),
    ({"text": "…"}, 422, "bad-text"),
    ({"text": "word " * 50_000}, 422, "text-too-long"),
    ({"language": "klingon"}, 422, "bad-request"),
]


@pytest.mark.parametrize("path", ["/api/generate_stream", "/api/generate"])
@pytest.mark.parametrize(("change", "status", "code"), REFUSALS)
def test_a_wrong_request_is_refused_before_anything_starts(
    client: FlaskClient, path: str, change: dict[str, Any], status: int, code: str
) -> None:
    answer = client.post(path, json=SPEAK | change)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.mimetype == "application/problem+json"
    assert client.get("/api/jobs").json["jobs"] == []


@pytest.mark.parametrize("name", ["ryan", "RYAN", "Uncle Fu", "uncle_fu", "ono-anna"])
def test_speakers_are_known_in_any_letter_case(client: FlaskClient, name: str) -> None:
    assert client.post("/api/generate", json=SPEAK | {"voice": {"kind": "preset", "speaker": name}}).status_code == 200


@pytest.mark.parametrize("key", ["anna", "Anna"])
def test_a_saved_voice_speaks_by_its_id_or_its_name(client: FlaskClient, personality: dict[str, Any], key: str) -> None:
    voice = {"kind": "personality", "personality": key}
    answer = client.post("/api/generate", json=SPEAK | {"voice": voice}, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.json
    assert {segment["voice"] for segment in answer.json["segments"]} == {personality["name"]}


def test_a_preview_shows_what_a_script_will_become(client: FlaskClient) -> None:
    asked = {"text": "[happy] Hi! [sadd] Bye. [sic]", "voice": SPEAK["voice"]}
    answer = client.post("/api/script/preview", json=asked)
    assert answer.status_code == 200
    assert [segment["emotion"] for segment in answer.json["segments"]][:2] == ["happy", "sad"]
    assert [tag["kind"] for tag in answer.json["tags"]] == ["emotion", "emotion", "unknown"]
    assert answer.json["tags"][0] == {
        "start": 0, "end": 7, "kind": "emotion", "text": "[happy]", "name": "happy", "suggestion": ""
    }  # fmt: skip
    assert answer.json["seconds"] > 0
    assert {"index", "text", "emotion", "voice", "pause_after", "start_char", "end_char"} <= set(
        answer.json["segments"][0]
    )
    assert client.get("/api/jobs").json["jobs"] == []


def test_a_preview_of_nothing_is_no_failure(client: FlaskClient) -> None:
    answer = client.post("/api/script/preview", json={"text": "", "voice": SPEAK["voice"]})
    assert (answer.status_code, answer.json["segments"]) == (200, [])


class TestWithAnEngineThatBreaks:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"fake_engine": "raise@1"})

    def test_waiting_answers_the_jobs_own_problem(self, client: FlaskClient) -> None:
        answer = client.post("/api/generate", json=SPEAK)
        assert answer.status_code == 500
        assert answer.json["code"] == "engine-failed"
        assert "/" not in answer.json["detail"]

    def test_a_stream_ends_with_the_problem(self, client: FlaskClient) -> None:
        last = events(client.post("/api/generate_stream", json=SPEAK))[-1]
        assert (last["phase"], last["done"], last["problem"]["code"]) == ("failed", True, "engine-failed")


class TestWithASlowEngine:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"fake_engine": "latency=0.3", "stream_limit": 2, "heartbeat": 0.1})

    def start(self, studio: Studio) -> str:
        text = "[happy] A line. [sad] Another line. " * 40
        return studio.generate(GenerationRequest.model_validate(SPEAK | {"text": text})).id

    def test_closing_a_stream_cancels_nothing(self, client: FlaskClient, studio: Studio) -> None:
        job_id = self.start(studio)
        answer = client.get(f"/api/jobs/{job_id}/events", buffered=False)
        next(answer.response)
        answer.close()
        assert client.get(f"/api/jobs/{job_id}").json["status"] in ("queued", "running")
        assert client.delete(f"/api/jobs/{job_id}").status_code == 200

    def test_a_quiet_stream_has_heartbeats(self, client: FlaskClient, studio: Studio) -> None:
        job_id = self.start(studio)
        answer = client.get(f"/api/jobs/{job_id}/events", buffered=False)
        pieces = [next(answer.response) for _ in range(8)]
        assert any(piece.startswith(b":") for piece in pieces[1:])
        answer.close()
        client.delete(f"/api/jobs/{job_id}")

    def test_one_stream_too_many_is_429_and_submits_nothing(self, client: FlaskClient, studio: Studio) -> None:
        job_id = self.start(studio)
        open_streams = [client.get(f"/api/jobs/{job_id}/events", buffered=False) for _ in range(2)]
        refused = client.post("/api/generate_stream", json=SPEAK)
        assert (refused.status_code, refused.json["code"]) == (429, "too-many-streams")
        assert "Retry-After" in refused.headers
        assert len(client.get("/api/jobs").json["jobs"]) == 1
        for answer in open_streams:
            answer.close()
        assert client.get("/health").json["streams"] == 0
        client.delete(f"/api/jobs/{job_id}")

    def test_cancelling_ends_the_stream_and_the_waiting(self, client: FlaskClient, studio: Studio) -> None:
        job_id = self.start(studio)
        threading.Timer(0.5, lambda: studio.cancel(job_id)).start()
        last = events(client.get(f"/api/jobs/{job_id}/events"))[-1]
        assert (last["phase"], last["problem"]["code"]) == ("cancelled", "cancelled")
        assert client.get(f"/api/jobs/{job_id}").json["status"] == "cancelled"

    def test_a_head_request_opens_no_stream(self, client: FlaskClient, studio: Studio) -> None:
        job_id = self.start(studio)
        assert client.head(f"/api/jobs/{job_id}/events").status_code == 200
        assert client.get("/health").json["streams"] == 0
        client.delete(f"/api/jobs/{job_id}")
