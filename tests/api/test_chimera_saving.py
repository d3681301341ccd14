"""Chimeras that are saved, undone, replaced, forgotten; sessions that outlive the studio."""

from __future__ import annotations

import hashlib
import io
import json
import os
import time
from contextlib import suppress
from typing import Any

import pytest
from flask.testing import FlaskClient

from backend.app import create_app
from backend.core.settings import Settings
from backend.studio import Studio
from tests.chimera_caller import BASE, SPOKEN, made, sessions
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


def test_a_try_is_saved_as_a_new_voice_with_its_recipe(
    client: FlaskClient, studio: Studio, session: dict[str, Any]
) -> None:
    best = session["best"]
    answer = client.post(
        f"{BASE}/{session['session']}/{best}/save", json={"name": "Zoe", "emotion": "felice", "language": "en"}
    )
    assert answer.status_code == 201
    recording = answer.json["emotions"]["happy"]
    assert (recording["origin"], recording["transcript_source"]) == ("chimera", "chimera")
    assert recording["transcript"] == session["tries"][best]["transcript"]
    recipe = recording["recipe"]
    assert recipe["seed"] == session["tries"][best]["seed"]
    assert recipe["ai"]["sha256"] == session["tries"][best]["ai_sha256"]
    assert recipe["user"]["sha256"] == hashlib.sha256(client.get(session["user"]["audio"]).data).hexdigest()
    assert (recipe["crossfade_ms"], recipe["user_seconds"], recipe["ai"]["text"]) == (120, 5, SPOKEN["text"])
    kept = client.get(recording["source"]["url"]).data
    assert kept == client.get(session["tries"][best]["audio"]).data
    voice = {"kind": "personality", "personality": "zoe", "emotion": "happy"}
    spoken = client.post("/api/generate", json={"text": "Now with it.", "voice": voice, "engine": "fake"})
    assert spoken.status_code == 200


def test_a_recording_that_is_there_is_replaced_only_if_that_is_said_and_a_save_can_be_undone(
    client: FlaskClient, personality: dict[str, Any], session: dict[str, Any]
) -> None:
    place, where = f"{BASE}/{session['session']}/0/save", {"personality": personality["id"]}
    refused = client.post(place, json={**where, "emotion": "Felice"})
    assert (refused.status_code, refused.json["code"]) == (409, "emotion-exists")
    assert client.get(f"/api/personality/{personality['id']}").json["emotions"]["happy"]["origin"] == "uploaded"
    added = client.post(place, json={**where, "emotion": "gleeful", "transcript": "My own words."})
    assert (added.status_code, added.json["emotions"]["gleeful"]["transcript"]) == (200, "My own words.")
    assert added.json["emotions"]["gleeful"]["transcript_source"] == "user"
    undone = client.delete(f"/api/personality/{personality['id']}/emotions/gleeful")
    assert set(undone.json["emotions"]) == {"neutral", "happy"}
    replaced = client.post(place, json={**where, "emotion": "happy", "replace": True})
    assert replaced.json["emotions"]["happy"]["origin"] == "chimera"
    rerecorded = client.put(
        f"/api/personality/{personality['id']}/emotions/happy",
        data={"audio": (io.BytesIO(client.get(session["user"]["audio"]).data), "me.wav")},
        content_type="multipart/form-data",
    )
    assert rerecorded.json["emotions"]["happy"]["recipe"] is None  # it is no chimera any more


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"emotion": "happy"}, 422, "name"),
        ({"name": "A", "personality": "b", "emotion": "happy"}, 422, "personality"),
        ({"name": "A"}, 422, "emotion"),
        ({"name": "A", "emotion": "a/b"}, 422, "emotion"),
        ({"name": "A", "emotion": "happy", "transcript": "x" * 5001}, 422, "transcript"),
        ({"personality": "nobody", "emotion": "happy"}, 404, ""),
    ],
)
def test_a_wrong_save_is_refused_and_leaves_no_voice(
    client: FlaskClient, session: dict[str, Any], body: dict[str, Any], status: int, field: str
) -> None:
    answer = client.post(f"{BASE}/{session['session']}/0/save", json=body)
    assert answer.status_code == status
    assert not field or field in answer.json["fields"]
    assert client.get("/api/personality").json["personalities"] == []


def test_what_is_not_there_is_not_found(client: FlaskClient, session: dict[str, Any]) -> None:
    there = session["session"]
    for path in (f"{BASE}/{'0' * 32}", f"{BASE}/../jobs", f"{BASE}/{there}/9.wav", f"{BASE}/{there}/chimera.wav"):
        assert client.get(path).status_code == 404, path
    assert client.post(f"{BASE}/{there}/9/save", json={"name": "A", "emotion": "happy"}).status_code == 404
    assert client.delete(f"{BASE}/{there}").json == {"session": there}
    assert client.delete(f"{BASE}/{there}").status_code == 404
    assert client.get(session["tries"][0]["audio"]).status_code == 404


def test_a_session_outlives_the_studio_and_goes_after_a_week(
    settings: Settings, studio: Studio, session: dict[str, Any]
) -> None:
    def reborn() -> tuple[Studio, FlaskClient]:
        later = Studio(settings)
        later.start()
        app = create_app(settings, later)
        app.test_client_class = Caller
        return later, app.test_client()

    studio.stop(5)
    folder = settings.state_dir / "chimera"
    (folder / ".tmp-0123456789abcdef").mkdir()  # a killed job
    os.utime(folder / ".tmp-0123456789abcdef", (0, 0))
    later, client = reborn()
    assert client.get(f"{BASE}/{session['session']}").json == session
    saved = client.post(f"{BASE}/{session['session']}/1/save", json={"name": "Late", "emotion": "sad"})
    assert saved.status_code == 201
    later.stop(5)
    later.close()
    assert sessions(studio) == [session["session"]]
    week = time.time() - 7.1 * 86_400
    os.utime(folder / session["session"], (week, week))
    later, client = reborn()
    assert client.get(f"{BASE}/{session['session']}").status_code == 404
    assert client.get("/api/personality/late").status_code == 200
    later.stop(5)
    later.close()


def test_a_recipe_that_is_no_json_makes_a_record_unreadable_and_breaks_nothing(
    client: FlaskClient, studio: Studio, personality: dict[str, Any]
) -> None:
    path = studio.settings.personalities_dir / personality["id"] / "config.json"
    record = json.loads(path.read_text("utf-8"))
    record["emotions"]["happy"]["recipe"] = {"seed": 1}
    path.write_text(json.dumps(record).replace('"seed": 1', '"seed": 1e999'), "utf-8")
    assert client.get(f"/api/personality/{personality['id']}").status_code == 404
    path.write_text(json.dumps(record), "utf-8")
    assert client.get(f"/api/personality/{personality['id']}").json["emotions"]["happy"]["recipe"] == {"seed": 1}
