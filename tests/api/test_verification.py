"""Verified speech over HTTP: headers in one word, the report in full, one line spoken again."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from backend.studio import Studio

SPEAK = {"text": "[happy] Hi there! [sad] Bye, see you.", "voice": {"kind": "preset", "speaker": "Ryan"}}


def report_of(client: FlaskClient, answer: Any) -> Any:
    """The JSON of the take that an answer names."""
    return client.get(answer.headers["X-Verification-Report"]).json


def spoken(client: FlaskClient, **asked: Any) -> Any:
    return client.post("/api/generate", json=SPEAK | {"engine": "fake"} | asked)


@pytest.mark.parametrize(("mode", "word"), [("auto", "ok"), ("full", "ok"), ("off", "off")])
def test_the_answer_says_in_one_word_what_the_checks_found(client: FlaskClient, mode: str, word: str) -> None:
    answer = spoken(client, verify=mode)
    assert answer.headers["X-Verification"] == word
    report = report_of(client, answer)
    assert report["verification"]["mode"] == mode
    assert report["verification"]["checked"] == (0 if mode == "off" else 2)


@pytest.mark.parametrize(("faults", "word"), [("clip@1", "redone"), ("clip@*", "doubtful")])
def test_a_faulty_line_is_redone_or_told(client: FlaskClient, studio: Studio, faults: str, word: str) -> None:
    from backend.engines.fake import FakeEngine

    studio.models.engines["fake"] = FakeEngine(faults)
    answer = spoken(client)
    assert (answer.status_code, answer.headers["X-Verification"]) == (200, word)


def test_every_check_says_what_it_measured_and_its_limit_in_words(client: FlaskClient) -> None:
    report = report_of(client, spoken(client))
    for row in report["segments"]:
        assert row["takes"] == 1 and row["similarity"] is None and row["heard"] is None
        codes = {check["code"] for check in row["checks"]}
        assert {
            "silent",
            "pause",
            "too-short",
            "too-long",
            "repetition",
            "stuck",
            "noise",
            "cut-end",
            "clipped",
        } <= codes
        for check in row["checks"]:
            assert set(check) == {"code", "ok", "measured", "limit", "text"}
            assert check["ok"] and check["text"].endswith(".") and check["limit"] is not None


def test_full_says_why_words_were_not_judged(client: FlaskClient) -> None:
    report = report_of(client, spoken(client, verify="full"))
    notices = {notice["code"]: notice["text"] for notice in report["verification"]["notices"]}
    assert "Whisper" in notices["words-not-judged"] or "recogniser" in notices["words-not-judged"]


def test_one_line_is_spoken_again_as_a_job_whose_result_is_a_new_take(client: FlaskClient, studio: Studio) -> None:
    take = report_of(client, spoken(client))
    answer: Any = client.post(f"/api/output/{take['id']}/segments/1/redo", json={"seed": 5})
    assert answer.status_code == 202 and answer.json["segment"] == 1
    result = studio.wait(answer.json["job_id"])
    assert result["id"] != take["id"] and result["segments"][1]["seed"] == 5
    assert client.get(result["url"]).status_code == 200
    stream = client.post(f"/api/output/{take['id']}/segments/0/redo", headers={"Accept": "text/event-stream"})
    assert stream.mimetype == "text/event-stream" and b'"phase":"done"' in stream.data.replace(b": ", b":")


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("{id}/segments/2/redo", {}, 404, "segment-not-found"),
        ("{id}/segments/-1/redo", {}, 404, "not-found"),
        ("0123/segments/0/redo", {}, 404, "take-not-found"),
        ("{id}/segments/0/redo", {"seed": -1}, 422, "bad-request"),
        ("{id}/segments/0/redo", {"speed": 2}, 422, "bad-request"),
    ],
)
def test_a_wrong_wish_is_refused_at_once(client: FlaskClient, path: str, body: Any, status: int, code: str) -> None:
    take = report_of(client, spoken(client))
    answer: Any = client.post("/api/output/" + path.format(id=take["id"]), json=body)
    assert (answer.status_code, answer.json["code"]) == (status, code)
