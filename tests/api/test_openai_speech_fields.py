"""What vLLM-Omni's and Kokoro's clients add to a request for speech, against a running server: sound is listened to."""

from __future__ import annotations

import base64
import io
import json
import wave
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from benchmarks.soak.own_server import OwnServer
from tests.hearing import heard, is_speech

TEXT = "The weather in the city is very good today."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServer]:
    with OwnServer(tmp_path_factory.mktemp("speaking")) as running:
        yield running


@pytest.fixture(scope="module")
def http(server: OwnServer) -> Iterator[httpx.Client]:
    """A client of nobody's API."""
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=60) as made:
        yield made


def test_a_recording_in_the_request_is_the_voice(server: OwnServer, http: httpx.Client, voice_wav: bytes) -> None:
    data = f"data:audio/wav;base64,{base64.b64encode(voice_wav).decode()}"
    answer = _post(http, {"input": TEXT, "task_type": "Base", "ref_audio": data, "ref_text": "A line.",
                           "response_format": "WAV", "language": "English", "max_new_tokens": 500})  # fmt: skip
    assert is_speech(*heard(answer.content, "wav"), 1, 9)
    assert _latest(server)["request"]["voice"]["kind"] == "reference"


def test_a_voice_is_described_in_words(server: OwnServer, http: httpx.Client) -> None:
    asked = {
        "input": TEXT,
        "task_type": "VoiceDesign",
        "instructions": "An old sailor, slow and hoarse.",
        "stream": True,
    }
    events = _post(http, asked | {"response_format": "pcm"}).text.split("\n\n")
    last = json.loads(events[-2].removeprefix("data: "))
    assert last["type"] == "speech.audio.done", "vLLM-Omni's `stream` means events"
    assert _latest(server)["request"]["voice"]["kind"] == "designed"


def test_a_rate_is_met_and_unknown_fields_and_nulls_do_not_count(http: httpx.Client) -> None:
    others = {"instructions": None, "normalization_options": {"normalize": True}, "wave_hand": 3}
    asked = {"input": TEXT, "speaker": "Ryan", "response_format": "wav", "sample_rate": 16_000}
    answer = _post(http, asked | others)
    samples, rate = heard(answer.content, "wav")
    assert rate == 16_000 and is_speech(samples, rate, 1.5, 6)


def test_a_finished_take_has_its_true_length_and_times_of_words(http: httpx.Client) -> None:
    asked = {"input": TEXT, "voice": "alloy", "response_format": "wav", "stream": False, "word_timestamps": True}
    answer = _post(http, asked)
    with wave.open(io.BytesIO(answer.content)) as file:
        seconds = file.getnframes() / file.getframerate()
    times = json.loads(answer.headers["X-Word-Timestamps"])
    assert [row["word"].strip(".") for row in times] == TEXT.strip(".").split()
    assert 0 <= times[0]["start_ms"] < times[-1]["end_ms"] <= 1000 * seconds + 50


def test_kokoros_clients_get_captions_and_links(http: httpx.Client) -> None:
    said = _post(http, {"input": TEXT, "voice": "af_bella"}, "/dev/captioned_speech").json()
    assert is_speech(*heard(base64.b64decode(said["audio"]), "mp3"), 1.5, 6)
    assert said["audio_format"] == "audio/mpeg"
    assert [row["word"].strip(".") for row in said["timestamps"]] == TEXT.strip(".").split()
    linked = _post(http, {"input": TEXT, "voice": "bm_george", "return_download_link": True, "return_timing": True})
    path = f"/v1{linked.headers['X-Download-Path']}"
    assert http.get(path).content == linked.content
    named = http.get(path, params={"name": "evil.html"}).headers["Content-Disposition"]
    assert named.rstrip('"').endswith(".mp3"), "a link may name the file, not say what it is"
    chunks = http.get(linked.headers["X-Timing-Path"]).json()["chunks"]
    assert chunks[0]["text"] == TEXT
    assert chunks[0]["end"] > 1


def _post(http: httpx.Client, asked: dict[str, Any], path: str = "/v1/audio/speech") -> httpx.Response:
    answer = http.post(path, json=asked)
    assert answer.status_code == 200, answer.text
    return answer


def _latest(server: OwnServer) -> Any:
    return server.get("/api/history?limit=1")["takes"][0]
