"""The doctor looks a second time, repairs are undone, and both are kept in the record."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import soundfile
from flask.testing import FlaskClient

from backend.core.errors import Conflict
from backend.studio import Studio
from tests.spoken_recording import RATE, sentences


@pytest.fixture
def voice(studio: Studio) -> dict[str, Any]:
    """One that was recorded with a second of silence before it."""
    made = studio.personalities.create("Anna", language="en")
    file = io.BytesIO()
    sound = np.concatenate([np.zeros(RATE), 0.1 * sentences()[0], 0.1 * sentences()[1]])
    soundfile.write(file, sound, RATE, format="WAV")
    return studio.personalities.put_emotion(made["id"], "neutral", file.getvalue(), transcript="When the ferry came.")


def put(client: FlaskClient, **fields: str) -> Any:
    return client.put(
        "/api/personality/anna/emotions/neutral", data=fields, content_type="multipart/form-data"
    )  # fmt: skip


def test_a_second_look_is_kept_in_the_record(client: FlaskClient, studio: Studio, voice: dict[str, Any]) -> None:
    answer = client.post("/api/personality/anna/emotions/neutral/doctor")
    assert answer.status_code == 202
    result = studio.wait(answer.json["job_id"])
    kept = client.get("/api/personality/anna").json
    quality = kept["emotions"]["neutral"]["quality"]
    assert quality == result["quality"] and kept["revision"] == voice["revision"] + 1
    assert quality["measured"]["speakers"] == 1
    open_still = {one["code"]: one["text"] for one in quality["unjudged"]}
    assert "speakers" not in open_still and "reverberation" in open_still
    assert "Whisper" in open_still["words"]


def test_a_recogniser_that_is_named_is_heard(client: FlaskClient, studio: Studio, voice: dict[str, Any]) -> None:
    answer = client.post("/api/personality/anna/emotions/neutral/doctor", json={"engine": "pocketsphinx"})
    result = studio.wait(answer.json["job_id"])
    assert result["heard"]
    assert "transcript-wrong" not in {one["code"] for one in result["quality"]["findings"]}  # it mishears too much


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("anna/emotions/sad", {}, 404),
        ("nobody/emotions/neutral", {}, 404),
        ("anna/emotions/neutral", {"engine": "nobody"}, 404),
        ("anna/emotions/neutral", {"mood": "sad"}, 422),
    ],
)
def test_a_wrong_request_is_refused(
    client: FlaskClient, voice: dict[str, Any], path: str, body: dict[str, Any], status: int
) -> None:
    assert client.post(f"/api/personality/{path}/doctor", json=body).status_code == status


def test_what_was_recorded_anew_meanwhile_is_not_judged(studio: Studio, voice: dict[str, Any]) -> None:
    with pytest.raises(Conflict):
        studio.personalities.judge_emotion("anna", "neutral", "neutral-000000000000.wav", {"score": 1})
    assert studio.personalities.get("anna") == voice


def test_repairs_are_undone_and_made_again_from_the_kept_upload(client: FlaskClient, voice: dict[str, Any]) -> None:
    before = voice["emotions"]["neutral"]
    assert before["repairs"] == ["dc", "polarity", "trim", "level", "closing"]
    undone = put(client, repairs="[]").json["emotions"]["neutral"]
    assert undone["repairs"] == []
    assert undone["duration"] == pytest.approx(before["duration"] + 1 - 0.5, abs=0.2)
    assert undone["loudness_lufs"] < before["loudness_lufs"] - 3
    assert undone["source"]["start"] == before["source"]["start"]
    cut = put(client, start="1.5").json["emotions"]["neutral"]
    assert cut["repairs"] == []  # another cut undoes nothing
    again = put(client, repairs="dc,polarity,trim,level,closing", start="0").json["emotions"]["neutral"]
    assert again["file"] == before["file"]


def test_noise_may_be_lowered(client: FlaskClient, voice: dict[str, Any]) -> None:
    made = put(client, repairs='["trim", "level", "closing", "denoise"]').json["emotions"]["neutral"]
    assert "denoised" in {one["code"] for one in made["quality"]["findings"]}


@pytest.mark.parametrize("repairs", ["shine", '["trim", 3]', "[", '{"trim": true}'])
def test_an_unknown_repair_is_refused(client: FlaskClient, voice: dict[str, Any], repairs: str) -> None:
    assert put(client, repairs=repairs).status_code in (400, 422)
    assert client.get("/api/personality/anna").json == voice
