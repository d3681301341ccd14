"""A described voice is heard, locked by its take, and cloned from then on."""

from __future__ import annotations

import io
from typing import Any

import pytest
import soundfile
from flask.testing import FlaskClient

SAILOR = {"kind": "designed", "description": "an old sailor, slow and hoarse"}
TEXT = "The wind has turned, and we sail at dawn."


def speak(client: FlaskClient, text: str = TEXT, **asked: Any) -> Any:
    body = {"text": text, "voice": SAILOR, "engine": "fake", "seed": 4, **asked}
    return client.post("/api/generate", json=body, headers={"Accept": "application/json"}).json


def lock(client: FlaskClient, take: str, **facts: Any) -> Any:
    return client.post("/api/personality", json={"name": "Sailor", "take": take, **facts})


def test_a_take_becomes_a_voice_that_is_cloned_from_then_on(client: FlaskClient) -> None:
    take = speak(client)
    answer = lock(client, take["id"], language="en")
    assert answer.status_code == 201, answer.json
    voice: Any = answer.json
    recording = voice["emotions"]["neutral"]
    assert (voice["description"], voice["language"]) == (SAILOR["description"], "en")
    assert (recording["origin"], recording["transcript"], recording["transcript_source"]) == (
        "designed", TEXT, "designed",
    )  # fmt: skip
    recipe = recording["recipe"]
    assert (recipe["description"], recipe["seed"], recipe["engine"]) == (SAILOR["description"], 4, "fake")
    assert (recipe["model"], recipe["take"]) == (take["model"], take["id"])
    assert client.get(recording["source"]["url"]).data == client.get(f"/output/{take['id']}.wav").data
    spoken = speak(client, voice={"kind": "personality", "personality": voice["id"]})
    assert spoken["model"] == "base"
    assert client.delete(f"/api/history/{take['id']}").status_code == 200  # the voice does not need it any more
    assert client.get(recording["url"]).status_code == 200


def test_an_acted_take_is_kept_as_the_emotion_it_acts(client: FlaskClient) -> None:
    take = speak(client, f"[angry] {TEXT}")
    emotions = lock(client, take["id"]).json["emotions"]  # type: ignore[index]  # an answer in JSON
    assert list(emotions) == ["angry"]


def test_of_a_long_take_the_beginning_is_kept_with_its_words(client: FlaskClient) -> None:
    sentence = "This is a sentence that goes on for quite a while, until it ends in a long and quiet afternoon."
    take = speak(client, "[pause 1s]".join([f"{sentence} "] * 9))
    assert take["duration"] > 40
    answer: Any = lock(client, take["id"]).json
    recording = answer["emotions"]["neutral"]
    assert 5 < recording["duration"] < 21
    kept = [line for line in take["segments"] if line["end"] <= 20]
    assert recording["transcript"] == " ".join(line["text"] for line in kept)


@pytest.mark.parametrize(
    ("text", "voice"),
    [
        (TEXT, {"kind": "preset", "speaker": "Ryan"}),
        (f"[Serena] {TEXT}", SAILOR),
        (f"[Anna] {TEXT}", SAILOR),
    ],
)
def test_a_take_that_somebody_else_spoke_is_not_locked(
    client: FlaskClient, personality: dict[str, Any], text: str, voice: dict[str, Any]
) -> None:
    take = speak(client, text, voice=voice)
    if {line["voice"] for line in take["segments"]} == {"designed"}:
        pytest.skip("the script names nobody")
    answer = lock(client, take["id"])
    assert (answer.status_code, list(answer.json["fields"])) == (422, ["take"])  # type: ignore[index]  # JSON
    assert [row["id"] for row in client.get("/api/personality").json["personalities"]] == [personality["id"]]  # type: ignore[index]  # JSON


def test_a_take_that_is_not_there_or_cannot_be_used_leaves_no_voice(client: FlaskClient) -> None:
    assert lock(client, "0" * 26).status_code == 404
    assert lock(client, "../../etc/passwd").status_code == 404
    take = speak(client, "Oh!")
    sound, _ = soundfile.read(io.BytesIO(client.get(f"/output/{take['id']}.wav").data))
    answer: Any = lock(client, take["id"])
    if len(sound) < 24_000:
        assert (answer.status_code, answer.json["code"]) == (422, "audio-too-short")
        assert client.get("/api/personality").json == {"personalities": []}
