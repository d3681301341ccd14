"""OpenAI's speech by OpenAI's own client and by curl, against a running server: sound is decoded and listened to."""

from __future__ import annotations

import base64
import io
import json
import shutil
import socket
import subprocess
import time
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI

from benchmarks.soak.own_server import OwnServer
from tests.hearing import RATE, heard, is_speech
from tests.running_studio import RunningStudio

TEXT = "The weather in the city is very good today."
LONG = " ".join([TEXT] * 15)
FORMATS = ("mp3", "opus", "aac", "flac", "wav", "pcm")
MEDIA = {
    "mp3": "audio/mpeg", "opus": "audio/opus", "aac": "audio/aac", "flac": "audio/flac",
    "wav": "audio/wav", "pcm": "audio/pcm",
}  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServer]:
    with OwnServer(tmp_path_factory.mktemp("speaking"), fake_engine="on") as running:
        yield running


@pytest.fixture(scope="module")
def sdk(server: OwnServer) -> Iterator[OpenAI]:
    base = f"http://127.0.0.1:{server.port}/v1"
    with OpenAI(base_url=base, api_key="unused", max_retries=0, timeout=60) as made:
        yield made


@pytest.fixture(scope="module")
def http(server: OwnServer) -> Iterator[httpx.Client]:
    """A client of nobody's API."""
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=60) as made:
        yield made


@pytest.mark.parametrize("format_name", FORMATS)
def test_openais_client_gets_speech_in_every_format(sdk: OpenAI, format_name: Any) -> None:
    answer = sdk.audio.speech.create(model="tts-1", voice="alloy", input=TEXT, response_format=format_name)
    assert answer.response.headers["Content-Type"] == MEDIA[format_name]
    assert is_speech(*heard(answer.content, format_name), 1.5, 6)


@pytest.mark.parametrize("rate", [24_000, 16_000])
def test_a_wav_that_is_kept_has_its_true_length(sdk: OpenAI, rate: int) -> None:
    """The client waits for the whole, and says so: nobody hears anything later for it."""
    asked: dict[str, Any] = {"model": "tts-1", "voice": "alloy", "input": TEXT, "response_format": "wav"}
    content = sdk.audio.speech.create(**asked, extra_body={"sample_rate": rate}).content
    assert int.from_bytes(content[4:8], "little") + 8 == len(content)
    with wave.open(io.BytesIO(content)) as sound:
        assert sound.getframerate() == rate
        assert 1.5 < sound.getnframes() / rate < 6
    long = sdk.audio.speech.create(**{**asked, "input": f"{LONG} {LONG}"}).content
    assert long[40:44] == b"\xff\xff\xff\xff", "a slow engine would be silent for too long"


def test_mp3_is_what_comes_where_no_format_is_named(sdk: OpenAI) -> None:
    answer = sdk.audio.speech.create(model="gpt-4o-mini-tts", voice="nova", input=TEXT, instructions="Speak warmly.")
    assert answer.response.headers["Content-Type"] == "audio/mpeg"
    assert answer.content[:3] == b"ID3" or answer.content[0] == 0xFF


def test_the_sound_comes_while_it_is_spoken(sdk: OpenAI) -> None:
    began, first, pieces = time.monotonic(), 0.0, []
    asked = {"model": "tts-1", "voice": "onyx", "input": LONG, "response_format": "wav"}
    with sdk.audio.speech.with_streaming_response.create(**asked) as answer:
        for piece in answer.iter_bytes(4096):
            first = first or time.monotonic() - began
            pieces.append(piece)
    whole = time.monotonic() - began
    data = b"".join(pieces)
    assert data[4:8] == data[40:44] == b"\xff\xff\xff\xff", "nobody knows the length yet"
    assert is_speech(*heard(data, "wav"), 20, 90)
    assert first < whole / 2


def test_events_carry_the_same_bytes_and_end_with_the_usage(sdk: OpenAI) -> None:
    asked = {"model": "tts-1", "voice": "echo", "input": TEXT, "response_format": "pcm", "extra_body": {"seed": 5}}
    with sdk.audio.speech.with_streaming_response.create(**asked, stream_format="sse") as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        events = [json.loads(line.removeprefix("data: ")) for line in answer.iter_lines() if line]
    *deltas, done = events
    sound = b"".join(base64.b64decode(event["audio"]) for event in deltas)
    assert {event["type"] for event in deltas} == {"speech.audio.delta"}
    assert done["type"] == "speech.audio.done"
    usage = done["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"] > 20
    assert sound == sdk.audio.speech.create(**asked).content


@pytest.mark.parametrize(
    "voice",
    "alloy ash ballad coral echo fable onyx nova sage shimmer verse marin cedar Ryan uncle_fu VIVIAN af_heart".split(),
)
def test_no_name_that_clients_have_built_in_is_refused(sdk: OpenAI, voice: str) -> None:
    answer = sdk.audio.speech.create(model="fake", voice=voice, input="Hi there.", response_format="pcm")
    assert is_speech(*heard(answer.content, "pcm"), 0.1, 3)


def test_speed_is_heard(sdk: OpenAI) -> None:
    asked: dict[str, Any] = {"model": "tts-1", "voice": "alloy", "input": TEXT, "response_format": "pcm"}
    usual, quick = (len(sdk.audio.speech.create(**asked, speed=speed).content) for speed in (1.0, 2.0))
    assert 1.6 < usual / quick < 2.4


def test_tags_and_pauses_of_the_text_are_performed(server: OwnServer, sdk: OpenAI) -> None:
    asked: dict[str, Any] = {"model": "tts-1", "voice": "ash", "response_format": "pcm", "extra_body": {"seed": 1}}
    plain = sdk.audio.speech.create(input="The letter came. It was not for me.", **asked)
    tagged = sdk.audio.speech.create(input="[happy] The letter came. [pause 2s] [sad] It was not for me.", **asked)
    assert len(tagged.content) - len(plain.content) > 1.5 * RATE * 2
    take = _latest(server)
    assert [row["asked_emotion"] for row in take["segments"]] == ["happy", "sad"]
    assert take["request"]["client"] == "openai"


def test_a_saved_voice_is_spoken_by_name_id_and_object(
    server: OwnServer, sdk: OpenAI, http: httpx.Client, voice_wav: bytes
) -> None:
    facts = {"name": "Anna Lee", "ref_text": "A line to speak.", "consent": "She agreed."}
    anna = http.post("/v1/audio/voices", data=facts, files={"audio_sample": ("anna.wav", voice_wav)}).json()
    for voice in ("Anna Lee", "anna lee", anna["id"], {"id": anna["id"]}):
        asked: dict[str, Any] = {"voice": voice, "instructions": "Sound happy, please."}
        answer = sdk.audio.speech.create(model="tts-1", input=TEXT, response_format="pcm", **asked)
        assert is_speech(*heard(answer.content, "pcm"), 1, 9)
    assert _latest(server)["segments"][0]["asked_emotion"] == "happy"


@pytest.mark.parametrize(
    ("changes", "status", "param"),
    [
        ({"input": "  "}, 400, "input"),
        ({"input": None}, 400, "input"),
        ({"voice": "nobody"}, 404, "voice"),
        ({"voice": "Ryan+Serena"}, 400, "voice"),
        ({"response_format": "midi"}, 400, "response_format"),
        ({"speed": 9}, 400, "speed"),
        ({"sample_rate": 5, "response_format": "wav"}, 400, "sample_rate"),
        ({"language": "Klingon"}, 400, "language"),
        ({"speaker_embedding": [0.1] * 1024}, 400, "speaker_embedding"),
        ({"task_type": "VoiceDesign"}, 400, "instructions"),
        ({"ref_audio": "file:///etc/passwd"}, 403, "ref_audio"),
        ({"ref_audio": "http://127.0.0.1:1/secret.wav"}, 403, "ref_audio"),
        ({"ref_audio": "data:audio/wav;base64,!!!!"}, 400, "ref_audio"),
        ({"ref_audio": "data:audio/wav;base64,AAAA"}, 400, None),
    ],
)
def test_a_wrong_request_is_an_error_of_openais_shape(
    sdk: OpenAI, changes: dict[str, Any], status: int, param: str | None
) -> None:
    asked = {"model": "tts-1", "input": TEXT, "voice": "alloy", "extra_body": changes}
    with pytest.raises(openai.APIStatusError) as refusal:
        sdk.audio.speech.create(**asked)
    body = refusal.value.response.json()["error"]
    assert (refusal.value.status_code, body["param"]) == (status, param)
    assert body.keys() == {"message", "type", "param", "code"}
    assert body["message"] and body["type"] == "invalid_request_error"


def test_what_fails_after_the_first_byte_is_told_as_an_event_or_cuts_the_answer(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    asked = {"model": "fake", "input": "One. [sad] Two.", "voice": "Ryan", "response_format": "pcm"}
    broken = RunningStudio(tmp_path_factory.mktemp("broken"), fake_engine="raise@2 raise@4")
    try:
        with httpx.Client(base_url=broken.address) as http:
            events = _post(http, asked | {"stream_format": "sse"}).text.split("\n\n")
            with pytest.raises(httpx.RemoteProtocolError):
                http.post("/v1/audio/speech", json=asked)
    finally:
        broken.stop()
    last = json.loads(events[-2].removeprefix("data: "))
    assert last["type"] == "speech.audio.error"
    assert last["error"]["code"] == "engine-failed"


def test_a_client_that_hangs_up_cancels_its_job(server: OwnServer) -> None:
    with _caller(server, LONG * 80) as caller:
        assert caller.recv(20).startswith(b"HTTP/1.1 200")
    assert _ends(server) == "cancelled"


def test_a_client_that_hangs_up_in_the_queue_cancels_its_job(server: OwnServer) -> None:
    with _caller(server, LONG * 80) as first:
        assert first.recv(20).startswith(b"HTTP/1.1 200")
        with _caller(server, "Never to be heard."):
            while len(server.get("/api/jobs?limit=2")["jobs"]) < 2:
                time.sleep(0.05)
            time.sleep(0.2)
            assert server.get("/api/jobs?limit=1")["jobs"][0]["status"] == "queued"
        assert _ends(server) == "cancelled"
    assert _ends(server) == "cancelled"


def test_parallel_requests_of_one_client_wait_for_each_other(sdk: OpenAI) -> None:
    def speak(number: int) -> int:
        said = sdk.audio.speech.create(model="fake", voice="alloy", input=f"Number {number}.", response_format="pcm")
        return len(said.content)

    with ThreadPoolExecutor(12) as many:
        assert all(size > 0.2 * RATE for size in many.map(speak, range(12)))


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_gets_speech_and_sees_why_not(server: OwnServer, tmp_path: Any) -> None:
    target = tmp_path / "said.mp3"
    url = f"http://127.0.0.1:{server.port}/v1/audio/speech"
    said = json.dumps({"model": "tts-1", "input": TEXT, "voice": "alloy"})
    kind = ["-H", "Content-Type: application/json"]
    subprocess.run(["curl", "-sf", url, *kind, "-d", said, "-o", str(target)], check=True, timeout=60)
    assert is_speech(*heard(target.read_bytes(), "mp3"), 1.5, 6)
    wrong = subprocess.run(
        ["curl", "-s", "-w", "%{http_code}", url, *kind, "-d", "{}"], check=True, timeout=60, capture_output=True
    )
    assert wrong.stdout.endswith(b"400") and b'"param": "input"' in wrong.stdout


def test_a_wrong_key_is_refused_in_openais_words(tmp_path_factory: pytest.TempPathFactory) -> None:
    locked = RunningStudio(tmp_path_factory.mktemp("locked"), token="secret")
    base = f"{locked.address}/v1"
    try:
        with (
            OpenAI(base_url=base, api_key="wrong", max_retries=0) as stranger,
            pytest.raises(openai.AuthenticationError) as refusal,
        ):
            stranger.models.list()
        with OpenAI(base_url=base, api_key="secret", max_retries=0) as friend:
            assert friend.models.list().data
    finally:
        locked.stop()
    assert refusal.value.code == "unauthorised"


def _caller(server: OwnServer, text: str) -> socket.socket:
    """A connection on which speech was asked for."""
    body = json.dumps({"input": text, "voice": "alloy", "response_format": "pcm"}).encode()
    head = f"POST /v1/audio/speech HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: application/json\r\n"
    made = socket.create_connection(("127.0.0.1", server.port))
    made.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return made


def _ends(server: OwnServer) -> str:
    """How the newest job ended."""
    for _ in range(400):
        status = str(server.get("/api/jobs?limit=1")["jobs"][0]["status"])
        if status in ("done", "failed", "cancelled"):
            return status
        time.sleep(0.05)
    raise AssertionError("the job goes on")


def _post(http: httpx.Client, asked: dict[str, Any], path: str = "/v1/audio/speech") -> httpx.Response:
    answer = http.post(path, json=asked)
    assert answer.status_code == 200, answer.text
    return answer


def _latest(server: OwnServer) -> Any:
    return server.get("/api/history?limit=1")["takes"][0]
