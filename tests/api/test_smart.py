"""Smart mode over HTTP: a long recording goes in, clips come back, and a voice is made of them."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from flask.testing import FlaskClient

from backend.core.errors import NotFound
from backend.core.settings import Settings
from backend.core.types import Samples
from backend.jobs.runner import JobContext
from backend.model_manager import ModelManager
from backend.speech.smart import Asked, cut_up
from backend.speech.smart_sessions import SmartSessions
from backend.speech.uploads import UploadStore
from backend.studio import Studio
from tests.spoken_recording import RATE, recording, sentences


def flac(samples: Samples) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format="FLAC")
    return file.getvalue()


@pytest.fixture(scope="session")
def monologue() -> bytes:
    """A minute of one voice in three moods."""
    return flac(recording(sentences("Ryan", ("neutral", "neutral ", "sad", "excited")), 60).samples)


def send(client: FlaskClient, sound: bytes, **fields: str) -> Any:
    form = {"file": (io.BytesIO(sound), "talk.flac"), "engine": "none"} | fields
    return client.post("/api/smart", data=form, content_type="multipart/form-data")


def cut(client: FlaskClient, studio: Studio, sound: bytes, **fields: str) -> dict[str, Any]:
    """The finished session."""
    answer = send(client, sound, **fields)
    assert answer.status_code == 202, answer.json
    return studio.wait(answer.json["job_id"])


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory, monologue: bytes) -> tuple[dict[str, Any], Path]:
    """A finished session, and its folder."""
    folder = tmp_path_factory.mktemp("smart")
    uploads, sessions = UploadStore(folder / "uploads"), SmartSessions(folder / "sessions")
    asked = Asked(uploads.keep(monologue, "talk.flac"), "talk.flac", "en", "none")
    last = list(cut_up(asked, JobContext("job", 1), ModelManager({}), uploads, sessions))[-1]
    assert last.result is not None
    return last.result, folder / "sessions" / last.result["session"]


@pytest.fixture
def session(settings: Settings, kept: tuple[dict[str, Any], Path]) -> dict[str, Any]:
    """The same in this studio."""
    record, folder = kept
    shutil.copytree(folder, settings.state_dir / "smart" / folder.name)
    return record


def make(client: FlaskClient, session: dict[str, Any], **asked: Any) -> Any:
    return client.post(f"/api/smart/{session['session']}/personality", json=asked)


def test_a_recording_becomes_clips_with_scores_and_suggestions(
    client: FlaskClient, studio: Studio, monologue: bytes
) -> None:
    session = cut(client, studio, monologue)
    assert session["duration"] > 60
    assert session["speakers"] == 1
    assert session["median"]["pitch"] > 50
    assert len(session["peaks"]) == 1200
    clips = session["clips"]
    assert [clip["id"] for clip in clips] == [f"c{number:03d}" for number in range(1, len(clips) + 1)]
    for clip in clips:
        assert clip["end"] - clip["start"] == pytest.approx(clip["duration"], abs=0.002)
        assert 0 <= clip["score"] <= 100 and clip["verdict"]
        assert 0 <= clip["confidence"] <= 1
        assert clip["speaker"] == 1
        assert set(clip["features"]) == {"pitch", "spread", "energy", "rate", "tilt"} == set(clip["relative"])
        assert len(clip["peaks"]) == 60


def test_one_clip_of_each_emotion_is_proposed(session: dict[str, Any]) -> None:
    proposed = [clip for clip in session["clips"] if clip["proposed"]]
    assert {clip["emotion"]: clip["id"] for clip in proposed} == session["proposed"]
    assert "neutral" in session["proposed"] and len(session["proposed"]) >= 2
    assert all(3 <= clip["duration"] <= 15.2 for clip in proposed)


def test_a_session_is_there_until_it_is_dropped(client: FlaskClient, session: dict[str, Any]) -> None:
    address = f"/api/smart/{session['session']}"
    assert client.get(address).json == session
    assert client.delete(address).status_code == 200
    gone = client.get(address)
    assert gone.status_code == 404 and gone.json["code"] == "session-not-found"
    assert client.delete(address).status_code == 404


def test_what_is_open_is_listed_with_how_far_it_is_sorted(client: FlaskClient, session: dict[str, Any]) -> None:
    address = f"/api/smart/{session['session']}"
    (one,) = client.get("/api/smart").json["sessions"]
    assert (one["session"], one["name"], one["sorted"]) == (session["session"], "talk.flac", False)
    assert (one["clips"], one["placed"]) == (len(session["clips"]), len(session["proposed"]))
    desk = {"placed": {"neutral": "c001"}, "words": {"c001": "Мои слова."}}
    assert client.put(f"{address}/desk", json=desk).status_code == 200
    assert client.get(address).json["desk"] == desk
    (one,) = client.get("/api/smart").json["sessions"]
    assert (one["placed"], one["sorted"]) == (1, True)
    client.delete(address)
    assert client.get("/api/smart").json == {"sessions": [], "jobs": []}


def test_a_desk_names_clips_that_are_there(client: FlaskClient, session: dict[str, Any]) -> None:
    address = f"/api/smart/{session['session']}/desk"
    assert client.put(address, json={"placed": {"sad": "c999"}}).status_code == 422
    assert client.put(address, json={"placed": {"sad": ["c001"]}}).status_code == 422
    assert client.put(f"/api/smart/{'0' * 32}/desk", json={"placed": {}}).status_code == 404
    assert "desk" not in client.get(f"/api/smart/{session['session']}").json


@pytest.mark.parametrize("damaged", ["{}", "[]", '{"session": 5, "clips": {}, "created": "", "duration": 1}', "5"])
def test_a_damaged_session_is_gone_and_hides_no_other(
    client: FlaskClient, session: dict[str, Any], settings: Settings, damaged: str
) -> None:
    folder = settings.state_dir / "smart" / ("b" * 32)
    folder.mkdir()
    (folder / "clips.json").write_text(damaged)
    listed = client.get("/api/smart")
    assert [one["session"] for one in listed.json["sessions"]] == [session["session"]]
    assert client.get(f"/api/smart/{folder.name}").status_code == 404
    assert client.put(f"/api/smart/{folder.name}/desk", json={"placed": {}}).status_code == 404


@pytest.mark.parametrize("damaged", ["[1]", '"x"', "5", "{}", '{"placed": 5}'])
def test_a_damaged_desk_is_as_none(
    client: FlaskClient, session: dict[str, Any], settings: Settings, damaged: str
) -> None:
    (settings.state_dir / "smart" / session["session"] / "desk.json").write_text(damaged)
    (one,) = client.get("/api/smart").json["sessions"]
    assert (one["sorted"], one["placed"]) == (False, len(session["proposed"]))
    assert client.get(f"/api/smart/{session['session']}").json == session


def test_a_desk_of_a_session_that_goes_meanwhile_is_refused(
    session: dict[str, Any], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = SmartSessions(settings.state_dir / "smart")
    look = sessions.get

    def then_another_tab_drops_it(name: str) -> dict[str, Any]:
        found = look(name)
        sessions.drop(name)
        return found

    monkeypatch.setattr(sessions, "get", then_another_tab_drops_it)
    with pytest.raises(NotFound, match="no longer here"):
        sessions.lay(session["session"], {"placed": {}})
    assert not list((settings.state_dir / "smart").iterdir())


def test_a_recording_that_is_still_being_cut_is_listed(client: FlaskClient, studio: Studio, monologue: bytes) -> None:
    job = send(client, monologue).json["job_id"]
    (one,) = client.get("/api/smart").json["jobs"]
    assert (one["id"], one["name"]) == (job, "talk.flac")
    studio.cancel(job)


def test_a_clip_can_be_heard(client: FlaskClient, session: dict[str, Any]) -> None:
    clip = session["clips"][0]
    answer = client.get(clip["audio"])
    sound, rate = soundfile.read(io.BytesIO(answer.data))
    assert answer.mimetype == "audio/wav" and rate == RATE
    assert len(sound) / RATE == pytest.approx(clip["duration"], abs=0.002)
    assert np.abs(sound).max() > 0.1
    part = client.get(clip["audio"], headers={"Range": "bytes=0-99"})
    assert part.status_code == 206 and len(part.data) == 100
    missing = client.get(clip["audio"].replace("c001", "c999"))
    assert missing.status_code == 404 and missing.json["code"] == "clip-not-found"


def test_a_voice_is_made_of_clips(client: FlaskClient, studio: Studio, session: dict[str, Any]) -> None:
    first, second = session["clips"][0], session["clips"][1]
    answer = make(
        client, session, name="Anna", language="en", description="From one talk.",
        consent={"who": "Anna", "when": "2026-11-21", "statement": "Yes."},
        emotions={"neutral": {"clip": first["id"]}, "happy": {"clip": second["id"], "transcript": "My own words."}},
    )  # fmt: skip
    assert answer.status_code == 201 and answer.headers["ETag"]
    record = answer.json
    assert (record["name"], record["language"], record["consent"]["who"]) == ("Anna", "en", "Anna")
    neutral, happy = record["emotions"]["neutral"], record["emotions"]["happy"]
    assert happy["transcript"] == "My own words." and happy["transcript_source"] == "user"
    assert neutral["duration"] == pytest.approx(first["duration"] + 0.5, abs=0.25)  # closing silence, trimmed ends
    kept = studio.personalities.source_path(record["id"], "neutral")
    assert soundfile.info(kept).duration > first["duration"] + 0.5  # what lies around is kept for another cut
    again = client.put(
        f"/api/personality/{record['id']}/emotions/neutral",
        data={"start": str(neutral["source"]["start"] + 1)},
        content_type="multipart/form-data",
    )
    assert again.json["emotions"]["neutral"]["duration"] == pytest.approx(neutral["duration"] - 1, abs=0.25)


def test_clips_go_to_a_voice_that_is_there(
    client: FlaskClient, personality: dict[str, Any], session: dict[str, Any]
) -> None:
    clip = session["clips"][0]
    wish = {"clip": clip["id"], "start": clip["start"] + 1, "end": clip["end"] - 1}
    answer = make(client, session, personality=personality["id"], emotions={"sad": wish})
    assert answer.status_code == 201
    assert set(answer.json["emotions"]) == {"neutral", "happy", "sad"}
    assert answer.json["emotions"]["sad"]["duration"] == pytest.approx(clip["duration"] - 1.5, abs=0.25)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"name": "Anna", "emotions": {}}, 422),
        ({"emotions": {"sad": {"clip": "c001"}}}, 422),
        ({"name": "Anna", "emotions": {"sad": {"clip": "c999"}}}, 404),
        ({"name": "Anna", "emotions": {"sad": {"clip": "c001", "start": 9, "end": 8}}}, 422),
        ({"name": "Anna", "emotions": {"neutral": {"clip": "c001"}, "sad": {"clip": "c001", "end": 0.9}}}, 422),
        ({"name": "Anna", "emotions": {"neutral": {"clip": "c001"}, "sad": {"clip": "c001", "end": 30000}}}, 422),
        ({"personality": "nobody", "emotions": {"sad": {"clip": "c001"}}}, 404),
        ({"name": "Anna", "mood": "sad", "emotions": {"sad": {"clip": "c001"}}}, 422),
    ],
)
def test_a_wrong_wish_makes_no_voice(
    client: FlaskClient, session: dict[str, Any], asked: dict[str, Any], status: int
) -> None:
    answer = make(client, session, **asked)
    assert answer.status_code == status and answer.json["detail"]
    assert client.get("/api/personality").json["personalities"] == []


def test_a_wrong_request_is_refused_before_any_job(client: FlaskClient, monologue: bytes) -> None:
    assert client.post("/api/smart", data={}, content_type="multipart/form-data").status_code == 422
    assert client.post("/api/smart", json={}).status_code == 415
    assert send(client, monologue, engine="nobody").status_code == 404
    assert send(client, monologue, mood="sad").status_code == 422
    assert client.get("/api/jobs").json["jobs"] == []


@pytest.mark.parametrize("session", ["0" * 32, "..", "%2e%2e%2fjobs.sqlite", "x"])
def test_no_name_leads_out_of_the_folder(client: FlaskClient, session: str) -> None:
    assert client.get(f"/api/smart/{session}").status_code == 404
    assert client.get(f"/api/smart/{session}/clips/c001.wav").status_code == 404


def test_without_a_trusted_recogniser_the_transcripts_stay_empty_and_it_is_said(
    client: FlaskClient, studio: Studio, monologue: bytes
) -> None:
    made = cut(client, studio, monologue, engine="auto")
    assert all(clip["transcript"] == "" and clip["transcript_source"] == "" for clip in made["clips"])
    assert "not-transcribed" in {notice["code"] for notice in made["notices"]}


def test_a_recogniser_that_is_named_writes_down_what_is_said(client: FlaskClient, studio: Studio) -> None:
    made = cut(client, studio, flac(recording(sentences(), 20).samples), engine="pocketsphinx", language="en")
    assert all(clip["transcript"] for clip in made["clips"])
    assert {clip["transcript_source"] for clip in made["clips"]} == {"pocketsphinx"}
    said = " ".join(clip["transcript"] for clip in made["clips"]).lower().split()
    assert {"the", "she", "old"} & set(said)
