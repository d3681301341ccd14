"""Failures as answers: one shape, an id for the log, nothing of the machine in it."""

from __future__ import annotations

import errno
import logging

import pytest
from flask import Flask

from backend.api import problems
from backend.core.errors import Busy, NotFound, all_problem_classes
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
