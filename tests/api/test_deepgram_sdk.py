"""Deepgram's own SDK, pointed at the studio: its WebSocket client, its REST client, and what it makes of refusals.

Both call `/v1/speak`.
"""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import av
import httpx
import pytest
from deepgram import AsyncDeepgramClient, DeepgramClient, DeepgramClientEnvironment
from deepgram.core.api_error import ApiError
from deepgram.core.events import EventType
from deepgram.errors import BadRequestError
from deepgram.helpers import TextBuilder
from deepgram.speak.v1.types import SpeakV1Flushed, SpeakV1Metadata, SpeakV1Text, SpeakV1Warning
from websockets.exceptions import InvalidStatus

from tests.running_studio import RunningStudio

# The SDK names an exception that websockets has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:websockets:DeprecationWarning")

KEY = "a-key-for-the-tests"
FAKE: Any = {"additional_query_parameters": {"engine": "fake", "seed": 3}}
SECOND = 48_000  # bytes of linear16 at 24 kHz


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    made = RunningStudio(tmp_path_factory.mktemp("sdk"), token=KEY)
    yield made
    made.stop()


def environment(studio: RunningStudio) -> DeepgramClientEnvironment:
    socket = f"ws://127.0.0.1:{studio.port}"
    return DeepgramClientEnvironment(base=studio.address, production=socket, agent=socket, agent_rest=studio.address)


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    """The SDK closes none of its own."""
    with httpx.Client(timeout=15) as made:
        yield made


@pytest.fixture
def sdk(studio: RunningStudio, http: httpx.Client) -> DeepgramClient:
    return DeepgramClient(api_key=KEY, environment=environment(studio), httpx_client=http)


def test_the_socket_client_hears_a_conversation(sdk: DeepgramClient) -> None:
    heard: list[Any] = []
    over = threading.Event()

    def on_message(message: Any) -> None:
        heard.append(message)
        if isinstance(message, SpeakV1Flushed):
            over.set()

    with sdk.speak.v1.connect(
        model="aura-2-thalia-en", encoding="linear16", sample_rate=24000, request_options=FAKE
    ) as socket:
        closed = threading.Event()
        socket.on(EventType.MESSAGE, on_message)
        socket.on(EventType.CLOSE, lambda _: closed.set())
        listening = threading.Thread(target=socket.start_listening)
        listening.start()
        for word in "[happy] Good morning to everybody here.".split():
            socket.send_text(SpeakV1Text(type="Speak", text=f"{word} "))
        socket.send_flush()
        assert over.wait(10)
        socket.send_clear()
        socket.send_close()
        assert closed.wait(10)
        listening.join()
    kinds = [message.type for message in heard if not isinstance(message, bytes)]
    assert kinds == ["Metadata", "Flushed", "Cleared"]
    assert sum(len(message) for message in heard if isinstance(message, bytes)) > SECOND


def test_the_asynchronous_client_hears_the_same(studio: RunningStudio) -> None:
    async def spoken() -> list[Any]:
        client = AsyncDeepgramClient(api_key=KEY, environment=environment(studio))
        async with client.speak.v1.connect(encoding="mulaw", sample_rate=8000, request_options=FAKE) as socket:
            await socket.send_text(SpeakV1Text(type="Speak", text="Good morning to everybody here."))
            await socket.send_flush()
            found = [await socket.recv()]
            while not isinstance(found[-1], SpeakV1Flushed):
                found.append(await socket.recv())
            await socket.send_close()
            return found

    with ThreadPoolExecutor(1) as thread:  # the browser of other tests has an event loop in this one
        found = thread.submit(lambda: asyncio.run(spoken())).result()
    assert isinstance(found[0], SpeakV1Metadata)
    assert found[0].model_name == "Serena"
    assert len(b"".join(message for message in found if isinstance(message, bytes))) > 8_000


def test_the_client_reads_our_warnings(sdk: DeepgramClient) -> None:
    with sdk.speak.v1.connect(request_options=FAKE) as socket:
        for _ in range(21):
            socket.send_flush()
        found = [socket.recv() for _ in range(23)]
    warnings = [message for message in found if isinstance(message, SpeakV1Warning)]
    assert [(warning.code, warning.description != "") for warning in warnings] == [("EXCESSIVE_FLUSH", True)]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"encoding": "linear16", "container": "wav", "sample_rate": 16000},
        {"encoding": "opus"},
        {"encoding": "flac"},
    ],
    ids=["mp3", "wav", "opus", "flac"],
)
def test_the_rest_client_gets_a_file(sdk: DeepgramClient, asked: dict[str, Any]) -> None:
    pieces = sdk.speak.v1.audio.generate(text="Good morning.", model="aura-2-orion-en", request_options=FAKE, **asked)
    with av.open(io.BytesIO(b"".join(pieces)), "r") as file:
        seconds = sum(frame.samples / frame.sample_rate for frame in file.decode(audio=0))
    assert 0.5 < seconds < 1.5


def test_the_text_builder_of_the_sdk_writes_what_we_read(sdk: DeepgramClient) -> None:
    def length(text: str) -> float:
        asked: Any = {"encoding": "linear16", "container": "none"}
        return len(b"".join(sdk.speak.v1.audio.generate(text=text, request_options=FAKE, **asked))) / SECOND

    builder: Any = TextBuilder  # it has no types
    paused = builder().text("Take this").pause(1500).text(" now.").build()
    assert length(paused) == pytest.approx(length("Take this") + 1.5 + length("now."), abs=0.6)
    pronounced = builder().text("Take ").pronunciation("aspirin", "ˈæspɪɹɪn").text(" now.").build()
    assert length(pronounced) == length("Take aspirin now.")


def test_an_unknown_voice_is_a_bad_request_that_says_which_there_are(sdk: DeepgramClient) -> None:
    with pytest.raises(BadRequestError) as refused:
        list(sdk.speak.v1.audio.generate(text="Hello.", model="nobody-at-all"))
    assert "Vivian" in refused.value.body["err_msg"]


def test_a_wrong_key_is_told_as_such(studio: RunningStudio, http: httpx.Client) -> None:
    stranger = DeepgramClient(api_key="wrong", environment=environment(studio), httpx_client=http)
    with pytest.raises(ApiError) as refused:
        list(stranger.speak.v1.audio.generate(text="Hello."))
    assert refused.value.status_code == 401
    with pytest.raises((ApiError, InvalidStatus), match="401"), stranger.speak.v1.connect():
        pass
