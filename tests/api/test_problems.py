"""Failures as answers: one shape, an id for the log, nothing of the machine in it."""

from __future__ import annotations

import errno
import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.api import problems
from backend.api.dialects import deepgram_listening, elevenlabs
from backend.core.errors import Busy, EngineUnavailable, NotFound, PreviousFailure, all_problem_classes
from backend.core.settings import PROJECT_DIR

SECRET = f"{PROJECT_DIR}/secret token"


@pytest.fixture
def broken() -> Flask:
    """An app of which every address fails in its own way."""
    app = Flask("broken")
    failures = {
        "/bug": RuntimeError(SECRET),
        "/path": FileNotFoundError(errno.ENOENT, "gone", SECRET),
        "/full": OSError(errno.ENOSPC, "No space left on device", SECRET),
        "/missing": PreviousFailure(EngineUnavailable("No model.").as_dict()),
        "/busy": Busy("Too much.", hint="Wait."),
        "/fields": NotFound("No.", fields={"x" * 500: "is unknown"}),
    }

    def fail(failure: Exception) -> str:
        raise failure

    for path, failure in failures.items():
        app.add_url_rule(path, path, lambda failure=failure: fail(failure))
    problems.install(app)
    return app


def test_a_bug_is_told_by_its_id_and_the_log_knows_the_rest(broken: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = broken.test_client().get("/bug", environ_overrides={"studio.request_id": "abc123"})
    assert (answer.status_code, answer.json["code"]) == (500, "internal-error")
    assert answer.json["request_id"] == "abc123"
    assert "secret" not in answer.get_data(as_text=True)
    assert "Traceback" not in answer.get_data(as_text=True)
    assert "abc123" in caplog.text
    assert "secret" in caplog.text


@pytest.mark.parametrize(("path", "status", "code"), [("/path", 500, "internal-error"), ("/full", 507, "disk-full")])
def test_failures_of_the_system_tell_no_path(broken: Flask, path: str, status: int, code: str) -> None:
    answer = broken.test_client().get(path)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert str(PROJECT_DIR) not in answer.get_data(as_text=True)


def test_what_no_waiting_mends_asks_clients_not_to_try_again(broken: Flask) -> None:
    asked = {
        path: broken.test_client().get(path).headers.get("X-Should-Retry") for path in ("/missing", "/full", "/busy")
    }
    assert asked == {"/missing": "false", "/full": "false", "/busy": None}


def test_clients_that_repeat_every_503_get_a_400(client: FlaskClient, voice_wav: bytes) -> None:
    """Those of Deepgram and ElevenLabs know no header against it."""
    answers = [
        client.post(f"{deepgram_listening.PATH}?language=de", data=voice_wav, content_type="audio/wav"),
        client.post(f"{elevenlabs.PREFIX}/v1/text-to-speech/Ryan", json={"text": "Hello.", "model_id": "qwen3_tts"}),
    ]
    for answer in answers:
        assert (answer.status_code, answer.headers["X-Should-Retry"]) == (400, "false")
        assert "engine" in answer.get_data(as_text=True).lower()


def test_what_a_document_promises_and_nobody_serves_says_so(client: FlaskClient) -> None:
    for path in ("/api/rag", "/api/rag/query", "/api/rag/documents"):
        answer = client.get(path)
        assert (answer.status_code, answer.json["code"]) == (404, "not-found")
        assert "this version" in answer.json["detail"]
    assert "this version" not in client.get("/api/ragtime").json["detail"]


def test_busy_says_when_to_come_back(broken: Flask) -> None:
    answer = broken.test_client().get("/busy")
    assert (answer.status_code, answer.headers["Retry-After"], answer.json["hint"]) == (429, "5", "Wait.")


def test_long_names_of_fields_are_cut(broken: Flask) -> None:
    (name,) = broken.test_client().get("/fields").json["fields"]
    assert len(name) == 80


def test_every_problem_answers_with_a_status_of_its_own() -> None:
    for cls in all_problem_classes():
        assert 400 <= cls.status < 600
        assert cls.code
        assert cls.title
