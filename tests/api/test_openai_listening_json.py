"""Recordings inside JSON, as OpenRouter's clients and Open WebUI send them."""

from __future__ import annotations

import base64

from flask.testing import FlaskClient

from backend.studio import Studio
from tests.tone_speech import SAID, ToneListener, tone_wav


def test_a_recording_may_come_inside_json(client: FlaskClient, studio: Studio) -> None:
    studio.models._listener.listeners = {"tones": ToneListener()}
    sound = {"data": base64.b64encode(tone_wav()).decode(), "format": "wav"}
    told = client.post("/v1/audio/transcriptions", json={"model": "", "input_audio": sound})
    assert told.json["text"] == " ".join(SAID)
    for wrong, field in (({}, "input_audio"), ({"input_audio": {"data": "?"}}, "input_audio.data")):
        refused = client.post("/v1/audio/transcriptions", json=wrong)
        assert (refused.status_code, refused.json["error"]["param"]) == (400, field)


def test_a_recording_inside_json_is_a_short_one(client: FlaskClient, studio: Studio) -> None:
    most = studio.settings.upload_limit * 4 // 3 + 64 * 1024
    asked = {"data": b"{}", "content_type": "application/json", "environ_overrides": {"CONTENT_LENGTH": str(most + 1)}}
    refused = client.post("/v1/audio/transcriptions", **asked)
    assert (refused.status_code, refused.json["error"]["code"]) == (413, "too-large")
