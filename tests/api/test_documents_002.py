"""The architecture document by its recorded requests: its page's stream, the change of models, its personalities."""

from __future__ import annotations

import io
import json
import wave
from typing import Any

from flask.testing import FlaskClient


def events_of(data: bytes) -> list[dict[str, Any]]:
    lines = data.decode().split("\n\n")
    return [json.loads(line.partition("data: ")[2]) for line in lines if "data: " in line]


def test_the_stream_tells_stages_and_ends_with_done_and_an_address(
    client: FlaskClient, personality: dict[str, Any]
) -> None:
    asked = {
        "text": "[felice] Ciao [triste] Addio",
        "voice": {"kind": "personality", "personality": personality["id"]},
        "language": "it",
        "format": "mp3",
    }
    answer = client.post("/api/generate_stream", json=asked)
    assert answer.mimetype == "text/event-stream"
    events = events_of(answer.data)
    assert {"preparing", "speaking", "encoding", "done"} <= {event["stage_code"] for event in events}
    assert all(event["stage"] for event in events)
    last = events[-1]
    assert (last["done"], [row["asked_emotion"] for row in last["segments"]]) == (True, ["happy", "sad"])
    assert not any(event.get("done") for event in events[:-1])
    sound = client.get(last["url"])
    assert sound.mimetype == "audio/mpeg" and len(sound.data) > 2000


def test_the_page_may_name_the_model_as_the_document_does(client: FlaskClient) -> None:
    for name in ("model", "modelType", "model_type", "target_type"):
        answer = client.post("/api/switch_model", json={name: "custom"})
        assert answer.status_code == 503, answer.json  # it is not installed: what to do is told
        assert answer.json["hint"]
    assert client.post("/api/switch_model", json={}).status_code == 422
    assert client.post("/api/switch_model", json={"model": "large"}).status_code == 404


def test_personalities_are_made_read_changed_and_deleted(client: FlaskClient, voice_wav: bytes) -> None:
    assert client.post("/api/personality", json={"name": "Così fan tutte"}).json["id"] == "cosi-fan-tutte"
    form = {"audio": (io.BytesIO(voice_wav), "felice.wav"), "transcript": "Evviva!"}
    put = client.put("/api/personality/cosi-fan-tutte/emotions/felice", data=form, content_type="multipart/form-data")
    assert [*put.json["emotions"]] == ["happy"]
    with wave.open(io.BytesIO(client.get("/api/personality/cosi-fan-tutte/emotions/happy").data)) as file:
        assert file.getframerate() == 24_000 and file.getnframes() > 24_000
    assert client.patch("/api/personality/cosi-fan-tutte", json={"language": "it"}).json["language"] == "it"
    assert client.delete("/api/personality/cosi-fan-tutte").status_code == 200
    assert client.get("/api/personality").json == {"personalities": []}
