"""Kokoro-FastAPI's tags, aliases and dialogues, against a running server; seconds are measured on the sound."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from backend.api.dialects.kokoro_tags import VoiceAlias, aliased, read_tags
from backend.core.errors import BadRequest, NotFound
from backend.core.types import PersonalityVoice, PresetVoice, VoiceSpec
from benchmarks.soak.own_server import OwnServer

TEXT = "The weather in the city is very good today."
SLOWPOKE = {"Slowpoke": {"voice": "Ryan", "rate": 0.8}}


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of nobody's API."""
    with (
        OwnServer(tmp_path_factory.mktemp("kokoro")) as server,
        httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=60) as made,
    ):
        yield made


def find(name: str) -> VoiceSpec:
    known: dict[str, VoiceSpec] = {"anna": PersonalityVoice(personality="anna"), "Ryan": PresetVoice(speaker="Ryan")}
    if name not in known:
        raise NotFound("There is no voice of this name.")
    return known[name]


def test_tags_become_our_script() -> None:
    text = " [rate:0.5] One. [voice:anna] Two. [VOICE:narrator] Three. [happy] [voice: four"
    told = read_tags(text, {"Narrator": "Ryan"}, find)
    assert told == (" One. [anna: neutral] Two. [Ryan: neutral] Three. [happy] [voice: four", 0.5)


@pytest.mark.parametrize(
    "text", ["[voice:nobody] x", "One. [rate:0.5] Two.", "[rate:9] x", "[rate:1] [rate:2] x", "[voice:slow] x"]
)
def test_a_tag_that_cannot_be_kept_is_refused_before_anything_is_heard(text: str) -> None:
    with pytest.raises(BadRequest):
        read_tags(text, {"slow": VoiceAlias(voice="Ryan", rate=0.5)}, find)


def test_an_alias_is_known_in_any_letter_case() -> None:
    assert aliased(" SLOW ", {"slow": "Ryan"}) == VoiceAlias(voice="Ryan")
    assert aliased("Ryan", {"slow": "anna"}).voice == "Ryan"


def test_paces_of_tag_alias_and_request_multiply(http: httpx.Client) -> None:
    usual = seconds(http, {"voice": "Ryan"})
    slow = seconds(http, {"voice": "slowpoke", "voice_aliases": SLOWPOKE})
    assert slow / usual == pytest.approx(1 / 0.8, rel=0.1)
    tagged = {"input": f"[rate:0.75] {TEXT}", "allow_voice_tags": True, "voice": "slowpoke", "voice_aliases": SLOWPOKE}
    assert seconds(http, {**tagged, "speed": 1.2}) / usual == pytest.approx(1 / (0.75 * 0.8 * 1.2), rel=0.1)


def test_without_being_asked_for_a_tag_is_text(http: httpx.Client) -> None:
    text = f"[voice:nobody] {TEXT}"
    assert http.post("/v1/audio/speech", json={"input": text, "voice": "Ryan"}).status_code == 200
    refused = http.post("/v1/audio/speech", json={"input": text, "voice": "Ryan", "allow_voice_tags": True})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "input")


def test_a_dialogue_is_spoken_by_its_voices_with_its_pauses(http: httpx.Client) -> None:
    asked = {"turns": [{"voice": "af_bella", "text": TEXT}, {"voice_id": "bob", "text": "[happy] Yes!"}]}
    shared = {"voice_aliases": {"bob": "am_michael"}, "stream": False, "response_format": "wav"}
    made = http.post("/dev/dialogue", json={**asked, **shared, "pause_between_turns": 2})
    assert made.status_code == 200
    assert made.content.startswith(b"RIFF")
    take = http.get("/api/history?limit=1").json()["takes"][0]
    first, second = take["segments"]
    assert [first["voice"], second["voice"], second["emotion"]] == ["Serena", "Ryan", "happy"]
    assert second["start"] - first["end"] == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"turns": []},
        {"turns": [{"voice": "Ryan", "text": " "}]},
        {"turns": [{"voice": "a]b", "text": "x"}]},
        {"turns": [{"voice": "Ryan", "text": "Fine."}, {"voice": "nobody", "text": "No."}]},
    ],
)
def test_a_dialogue_that_cannot_be_spoken_is_refused(http: httpx.Client, wrong: dict[str, Any]) -> None:
    refused = http.post("/dev/dialogue", json=wrong)
    assert refused.status_code == 400
    assert refused.json()["error"]["message"]


def seconds(http: httpx.Client, more: dict[str, Any]) -> float:
    asked = {"input": TEXT, "response_format": "pcm", "stream": False, "seed": 1, **more}
    answer = http.post("/v1/audio/speech", json=asked)
    assert answer.status_code == 200, answer.text
    return len(answer.content) / 48_000
