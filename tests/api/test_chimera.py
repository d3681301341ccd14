"""Chimeras over HTTP: what is asked, what is refused by which name, what is kept and what goes."""

from __future__ import annotations

import hashlib
import io
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from flask.testing import FlaskClient

from backend.app import create_app
from backend.core.settings import Settings
from backend.studio import Studio
from tests.chimera_caller import BASE, SPOKEN, made, post, sessions
from tests.conftest import Caller


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Many threads that wait for each other are slower than one where tests run beside each other."""
    with suppress(ImportError):
        import torch

        torch.set_num_threads(1)


@pytest.fixture
def session(client: FlaskClient, studio: Studio, voice_wav: bytes) -> dict[str, Any]:
    return made(client, studio, {"file": voice_wav}, transcript="A line to speak.", seed=5, **SPOKEN)


def as_wav(samples: Any, subtype: str = "PCM_16") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.asarray(samples, np.float32), 24_000, format="WAV", subtype=subtype)
    return file.getvalue()


def test_a_recording_and_a_spoken_part_become_tries_to_listen_to(client: FlaskClient, session: dict[str, Any]) -> None:
    assert [one["index"] for one in session["tries"]] == [0, 1]
    assert session["best"] in (0, 1)
    assert (session["engine"], session["emotion"]) == ("fake", "happy")
    assert len({one["seed"] for one in session["tries"]}) == 2
    for one in session["tries"]:
        assert one["transcript"] == "A line to speak. I am so glad to see you again."
        assert abs(one["join"]["level_step_db"]) <= 1
        assert one["join"]["crossfade_ms"] == 120
        assert {"score", "verdict", "findings"} <= one["quality"].keys()
        sound, rate = soundfile.read(io.BytesIO(client.get(one["audio"]).data))
        assert (rate, len(sound)) == (24_000, pytest.approx(one["duration"] * 24_000, abs=12))
        acted = client.get(one["ai_audio"]).data
        assert hashlib.sha256(acted).hexdigest() == one["ai_sha256"]
    assert client.get(session["user"]["audio"]).status_code == 200
    assert client.get(f"{BASE}/{session['session']}").json == session


def test_a_saved_voice_and_a_file_are_joined_without_speaking(
    client: FlaskClient, studio: Studio, personality: dict[str, Any], voice_wav: bytes
) -> None:
    result = made(
        client, studio, {"ai_file": voice_wav}, personality=personality["name"], user_emotion="happy",
        ai_transcript="Oh!", crossfade_ms=60,
    )  # fmt: skip
    assert len(result["tries"]) == 1
    assert result["tries"][0]["transcript"] == "A line to speak. Oh!"
    assert result["tries"][0]["join"]["crossfade_ms"] == 60
    assert result["recipe"]["user"]["personality"] == personality["id"]
    assert result["recipe"]["ai"]["origin"] == "uploaded"


def test_the_users_own_voice_may_act(client: FlaskClient, studio: Studio, personality: dict[str, Any]) -> None:
    asked = {**SPOKEN, "ai_speaker": "", "ai_clone": True, "tries": 1}
    result = made(client, studio, personality=personality["id"], **asked)
    assert result["recipe"]["ai"]["voice"] == "cloned"
    assert "clone-not-acted" in [notice["code"] for notice in result["notices"]]


def test_an_emotion_that_is_not_recorded_is_stood_in_for_and_said(
    client: FlaskClient, studio: Studio, personality: dict[str, Any]
) -> None:
    result = made(client, studio, personality=personality["id"], user_emotion="excited", **SPOKEN)
    assert result["recipe"]["user"]["emotion"] == "happy"
    assert "emotion-substituted" in [notice["code"] for notice in result["notices"]]


def test_the_same_seed_makes_the_same_and_a_temperature_is_said_to_be_unused(
    client: FlaskClient, studio: Studio, personality: dict[str, Any]
) -> None:
    asked = {**SPOKEN, "personality": personality["id"], "seed": 11, "temperature": 0.4}
    first, second = (made(client, studio, **asked) for _ in range(2))
    assert [one["ai_sha256"] for one in first["tries"]] == [one["ai_sha256"] for one in second["tries"]]
    assert client.get(first["tries"][0]["audio"]).data == client.get(second["tries"][0]["audio"]).data
    assert "temperature-unused" in [notice["code"] for notice in first["notices"]]


def test_unknown_words_leave_the_transcript_empty_and_say_so(
    client: FlaskClient, studio: Studio, voice_wav: bytes
) -> None:
    result = made(client, studio, {"file": voice_wav}, **SPOKEN)
    assert result["tries"][0]["transcript"] == ""
    assert "chimera-words-missing" in [notice["code"] for notice in result["notices"]]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("user_seconds", 0.5), ("user_seconds", 21), ("ai_seconds", 0), ("ai_seconds", -3), ("crossfade_ms", 49),
        ("crossfade_ms", 201), ("temperature", 2.1), ("temperature", -0.1), ("tries", 0), ("tries", 9), ("tries", 1.5),
        ("seed", -1), ("seed", 2**31), ("text", "x" * 601), ("text", "  "), ("engine", "e" * 41), ("language", "xx"),
        ("user_seconds", "five"), ("nonsense", 1), ("emotion", ""), ("emotion", "[x]"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("as_form", [False, True])
def test_what_is_out_of_range_is_refused_by_the_name_of_its_field(
    client: FlaskClient, personality: dict[str, Any], voice_wav: bytes, field: str, value: Any, as_form: bool
) -> None:
    if as_form and value in ("", "  "):
        pytest.skip("an empty field of a form is left out")
    who = {} if as_form else {"personality": personality["id"]}
    answer = post(client, {"file": voice_wav} if as_form else None, **{**SPOKEN, **who, field: value})
    assert 400 <= answer.status_code < 500
    assert field in answer.json["fields"]


@pytest.mark.parametrize(
    ("changes", "status", "fields"),
    [
        ({"personality": ""}, 422, {"file", "personality"}),
        ({"personality": "nobody"}, 404, set()),
        ({"ai_speaker": "Nobody"}, 404, set()),
        ({"engine": "nothing"}, 404, set()),
        ({"ai_description": "a woman"}, 422, {"ai_speaker", "ai_description"}),
        ({"ai_clone": True}, 422, {"ai_speaker", "ai_clone"}),
    ],
)
def test_what_does_not_fit_together_is_refused_before_anything_waits(
    client: FlaskClient, personality: dict[str, Any], changes: dict[str, Any], status: int, fields: set[str]
) -> None:
    answer = post(client, **{**SPOKEN, "personality": personality["id"], **changes})
    assert answer.status_code == status
    assert set(answer.json.get("fields", {})) == fields
    assert client.get("/api/jobs").json["jobs"] == []


def test_a_file_and_a_voice_at_once_or_words_for_a_file_are_refused(
    client: FlaskClient, personality: dict[str, Any], voice_wav: bytes
) -> None:
    both = post(client, {"file": voice_wav}, personality=personality["id"], **SPOKEN)
    assert set(both.json["fields"]) == {"file", "personality"}
    spoken = post(client, {"file": voice_wav, "ai_file": voice_wav}, text="Words")
    assert set(spoken.json["fields"]) == {"text"}


silence = np.zeros(72_000)
broken = np.sin(np.arange(72_000) / 9)
broken[500] = np.nan


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (as_wav(silence), "audio-silent"),
        (as_wav(np.sin(np.arange(9_000) / 9) * 0.3), "audio-too-short"),
        (as_wav(broken, "FLOAT"), "audio-not-finite"),
        (b"no sound at all", "audio-unreadable"),
        (b"", "audio-empty"),
    ],
)
@pytest.mark.parametrize("name", ["file", "ai_file"])
def test_what_is_no_recording_fails_the_job_by_the_name_of_its_field(
    client: FlaskClient, studio: Studio, voice_wav: bytes, data: bytes, code: str, name: str
) -> None:
    answer = post(client, {"file": voice_wav, "ai_file": voice_wav, name: data})
    job = answer.json["job_id"]
    for _ in studio.follow(job):
        pass
    problem = studio.job(job)["problem"]
    assert (problem["code"], list(problem["fields"])) == (code, [name])
    assert not sessions(studio)


def test_a_cancelled_job_leaves_nothing(tmp_path: Path, voice_wav: bytes) -> None:
    settings = Settings(
        data_dir=tmp_path, port=8000, lane_runner="thread", fake_engine="latency=0.5", open_browser=False
    )
    slow = Studio(settings)
    slow.start()
    app = create_app(settings, slow)
    app.test_client_class = Caller
    client = app.test_client()
    job = post(client, {"file": voice_wav}, **{**SPOKEN, "tries": 8}).json["job_id"]
    for item in slow.follow(job):
        if item is not None and item[1].get("stage_code") == "speaking":
            client.delete(f"/api/jobs/{job}")
    assert slow.job(job)["status"] == "cancelled"
    assert not sessions(slow)
    slow.stop(5)
    slow.close()


def test_an_engine_that_fails_for_one_seed_leaves_the_other_tries(tmp_path: Path, voice_wav: bytes) -> None:
    settings = Settings(data_dir=tmp_path, port=8000, lane_runner="thread", fake_engine="empty@1", open_browser=False)
    studio = Studio(settings)
    studio.start()
    app = create_app(settings, studio)
    app.test_client_class = Caller
    result = made(app.test_client(), studio, {"file": voice_wav}, **{**SPOKEN, "tries": 3})
    assert len(result["tries"]) == 2
    studio.stop(5)
    studio.close()
