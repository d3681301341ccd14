"""References get their transcripts from a recogniser that hears well enough."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from backend.core.errors import Conflict
from backend.jobs.runner import JobContext
from backend.rooms.listening import reference_transcribed
from backend.studio import Studio
from tests.tone_speech import WORDS, ToneListener, tone_wav


@pytest.fixture
def listener(studio: Studio) -> ToneListener:
    """The only one who listens: it hears tone words exactly."""
    one = ToneListener()
    studio.models._listener.listeners = {"tones": one}
    return one


@pytest.mark.usefixtures("listener")
def test_a_reference_gets_its_transcript_and_says_who_wrote_it(
    client: FlaskClient, studio: Studio, personality: dict[str, Any]
) -> None:
    anna = studio.personalities.put_emotion(personality["id"], "happy", tone_wav(WORDS[:12]))
    assert anna["emotions"]["happy"]["transcript"] == ""
    answer = client.post(f"/api/personality/{anna['id']}/emotions/happy/transcribe", json={"engine": "tones"})
    assert answer.status_code == 202
    result = studio.wait(answer.json["job_id"])
    assert result["text"].split()[1:-1] == WORDS[1:11]  # what cutting the silence took from the ends is not asked here
    kept = client.get(f"/api/personality/{anna['id']}").json
    assert kept == result["personality"]
    assert kept["emotions"]["happy"]["transcript"] == result["text"]
    assert kept["emotions"]["happy"]["transcript_source"] == "tones"
    assert kept["emotions"]["neutral"]["transcript_source"] == "user"


def test_a_recogniser_that_mishears_does_not_write_a_reference_down_unasked(
    client: FlaskClient, personality: dict[str, Any]
) -> None:
    answer = client.post(f"/api/personality/{personality['id']}/emotions/happy/transcribe")
    assert answer.status_code == 503
    assert "Whisper" in answer.json["hint"]


@pytest.mark.usefixtures("listener")
def test_a_reference_that_was_recorded_anew_meanwhile_keeps_no_foreign_transcript(
    studio: Studio, personality: dict[str, Any], voice_wav: bytes
) -> None:
    key = personality["id"]
    request = {"personality": key, "emotion": "happy", "file": "another.wav", "asked": {"engine": "tones"}}
    with pytest.raises(Conflict):
        list(reference_transcribed(studio, request, JobContext("job", 1)))
    assert studio.personalities.get(key)["emotions"]["happy"]["transcript"] == "A line to speak."


@pytest.mark.parametrize("path", ["nobody/emotions/happy", "{id}/emotions/furious"])
def test_what_is_not_recorded_cannot_be_transcribed(
    client: FlaskClient, personality: dict[str, Any], path: str
) -> None:
    answer = client.post(f"/api/personality/{path.format(id=personality['id'])}/transcribe")
    assert answer.status_code == 404
