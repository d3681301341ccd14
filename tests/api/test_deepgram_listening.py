"""Deepgram's `/v1/listen` by Deepgram's own client: PocketSphinx hears what the preview voice says."""

from __future__ import annotations

import hashlib
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from deepgram import DeepgramClient
from deepgram.environment import DeepgramClientEnvironment

from tests.running_studio import RunningStudio

pytestmark = pytest.mark.filterwarnings("ignore:websockets:DeprecationWarning")
"""The SDK asks for names that newer releases of `websockets` only keep for it."""

HEARD = {"weather", "city", "good", "today"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    running = RunningStudio(tmp_path_factory.mktemp("listen"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def speech(place: RunningStudio) -> bytes:
    voice = {"kind": "preset", "speaker": "Ryan"}
    body = {"text": "The weather in the city is very good today.", "voice": voice, "engine": "preview", "seed": 1}
    head = {"Content-Type": "application/json"}
    address = f"http://127.0.0.1:{place.port}/api/generate"
    with urllib.request.urlopen(urllib.request.Request(address, json.dumps(body).encode(), head)) as answer:
        data: bytes = answer.read()
        return data


def ask(place: RunningStudio, body: bytes | None, kind: str, query: str = "", **headers: str) -> Any:
    address = f"http://127.0.0.1:{place.port}/v1/listen?{query}"
    head = {"Content-Type": kind, **headers}
    with urllib.request.urlopen(urllib.request.Request(address, body, head, method="POST")) as answer:
        return json.load(answer)


def test_deepgrams_client_gets_the_transcript_with_times(place: RunningStudio, speech: bytes) -> None:
    environment = DeepgramClientEnvironment(base=place.address, production="", agent="", agent_rest="")
    with httpx.Client(timeout=60) as http:
        client = DeepgramClient(api_key="unused", environment=environment, httpx_client=http)
        told = client.listen.v1.media.transcribe_file(request=speech, model="nova-3", language="en", utterances=True)
    assert told.metadata.sha256 == hashlib.sha256(speech).hexdigest()
    assert 1 < told.metadata.duration < 8
    (channel,) = told.results.channels
    assert channel.alternatives is not None
    said = channel.alternatives[0]
    assert said.transcript and said.words
    assert len(set(re.findall("[a-z]+", said.transcript)) & HEARD) >= 2
    assert [word.word for word in said.words] == [re.sub("[^a-z']", "", word) for word in said.transcript.split()]
    assert all(0 <= word.start < word.end <= told.metadata.duration for word in said.words)
    assert told.results.utterances
    assert " ".join(one.transcript for one in told.results.utterances) == said.transcript


@pytest.mark.parametrize("kind", ["audio/wav", "audio/x-wav; rate=24000", "application/octet-stream", "video/mp4"])
def test_the_body_is_the_recording_whatever_it_is_called(place: RunningStudio, speech: bytes, kind: str) -> None:
    told = ask(place, speech, kind, "language=multi")
    assert told["results"]["channels"][0]["alternatives"][0]["transcript"]


@pytest.mark.parametrize(
    ("body", "kind", "query", "status", "said"),
    [
        (b"no sound", "audio/wav", "", 400, "recording"),
        (b"RIFF", "audio/wav", "diarize=true", 400, "who speaks"),
        (b"RIFF", "audio/wav", "callback=http://example.org", 400, "no other address"),
        (b"RIFF", "audio/wav", "model=my-own", 400, "recogniser"),
        (b"{}", "application/json", "", 400, "no address"),
        (b'{"url": "http://127.0.0.1:1/x.wav"}', "application/json", "", 403, "STUDIO_REFERENCE_HOSTS"),
        (b"", "audio/wav", "", 400, "no recording"),
        (b"a=b", "text/plain", "", 415, "body"),
    ],
)
def test_what_is_wrong_is_told_in_their_words(
    place: RunningStudio, body: bytes, kind: str, query: str, status: int, said: str
) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(place, body, kind, query)
    with refused.value as answer:
        told = json.load(answer)
    assert (answer.code, set(told)) == (status, {"err_code", "err_msg", "request_id"})
    assert said in told["err_msg"]


def test_a_page_may_not_send_sound_without_saying_so(place: RunningStudio, speech: bytes) -> None:
    own = {"Origin": place.address, "Sec-Fetch-Site": "same-origin"}
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(place, speech, "audio/wav", **own)
    with refused.value as answer:
        assert answer.code == 403
    assert ask(place, speech, "audio/wav", **own, **{"X-Studio": "1"})["metadata"]["channels"] == 1
