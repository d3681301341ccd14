"""Speech to text over Wyoming: what is sent is what is heard, in any format of sound, and limits hold."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.event import Event
from wyoming.info import Describe, Info

from backend.core.errors import Cancelled
from backend.core.settings import Settings
from backend.engines.listening import Utterance
from backend.studio import Studio
from backend.wyoming_ports.ports import Port
from tests.tone_speech import SAID, ToneListener, spoken
from tests.wyoming_ports.conftest import ask, events_until, wait_for

RATE = 16_000
PIECE = 3200  # bytes: a tenth of a second


@pytest.fixture
def tones(studio: Studio) -> ToneListener:
    """The only one who listens: it hears tone words exactly."""
    one = ToneListener()
    studio.models._listener.listeners = {"tones": one}
    return one


def pcm(channels: int = 1) -> bytes:
    """The words, 16-bit little-endian; further channels repeat the first."""
    samples = (32767 * spoken(SAID)).astype("<i2")
    return samples.repeat(channels).tobytes()


async def send(client: AsyncTcpClient, sound: bytes, channels: int = 1, begin: bool = True) -> None:
    if begin:
        await client.write_event(AudioStart(RATE, 2, channels).event())
    for start in range(0, len(sound), PIECE):
        await client.write_event(AudioChunk(RATE, 2, channels, sound[start : start + PIECE]).event())
    await client.write_event(AudioStop().event())


def heard(port: Port, wish: Transcribe | None = None, **sent: Any) -> list[Event]:
    async def conversation(client: AsyncTcpClient) -> list[Event]:
        if wish is not None:
            await client.write_event(wish.event())
        await send(client, sent.pop("sound", pcm(sent.get("channels", 1))), **sent)
        return await events_until(client, "transcript")

    return ask(port, conversation)


@pytest.mark.usefixtures("tones")
def test_the_port_says_who_listens_here(listener: Port) -> None:
    async def conversation(client: AsyncTcpClient) -> Info:
        await client.write_event(Describe().event())
        return Info.from_event((await events_until(client, "info"))[-1])

    told = ask(listener, conversation)
    (program,) = told.asr
    assert program.installed and not told.tts
    assert [(model.name, model.languages, model.installed) for model in program.models] == [
        ("tones", ["en", "it"], True)
    ]


@pytest.mark.usefixtures("tones")
def test_what_was_said_comes_back_as_text_with_its_language(listener: Port) -> None:
    transcript = Transcript.from_event(heard(listener, Transcribe())[-1])
    assert (transcript.text, transcript.language) == (" ".join(SAID), "it")


def test_the_language_that_was_asked_for_is_listened_for(listener: Port, tones: ToneListener) -> None:
    heard(listener, Transcribe(name="tones", language="en-GB"))
    assert tones.languages == ["en"]


@pytest.mark.usefixtures("tones")
@pytest.mark.parametrize("sent", [{"channels": 2}, {"begin": False}])
def test_stereo_and_a_missing_beginning_are_understood(listener: Port, sent: dict[str, Any]) -> None:
    assert heard(listener, None, **sent)[-1].data["text"] == " ".join(SAID)


@pytest.mark.usefixtures("tones")
def test_two_recordings_follow_each_other_on_one_connection(listener: Port) -> None:
    async def conversation(client: AsyncTcpClient) -> list[str]:
        texts = []
        for _ in range(2):
            await send(client, pcm())
            texts.append((await events_until(client, "transcript"))[-1].data["text"])
        return texts

    assert ask(listener, conversation) == [" ".join(SAID)] * 2


@pytest.mark.usefixtures("tones")
def test_what_is_said_to_an_assistant_leaves_no_files(listener: Port, settings: Settings) -> None:
    heard(listener)
    left = [path for path in settings.data_dir.rglob("*") if path.suffix in (".txt", ".wav")]
    assert left == []


@pytest.mark.usefixtures("tones")
def test_silence_is_an_empty_text_and_no_error(listener: Port) -> None:
    (only,) = heard(listener, sound=bytes(RATE))
    assert only.data["text"] == ""


@pytest.mark.usefixtures("tones")
@pytest.mark.parametrize(
    ("events", "code"),
    [
        ([AudioStop().event()], "bad-request"),
        ([AudioStart(0, 2, 1).event(), AudioStop().event()], "bad-request"),
        ([AudioStart(RATE, 2, 99).event(), AudioChunk(RATE, 2, 99, b"12").event(), AudioStop().event()], "bad-request"),
        ([Event("audio-start", {"rate": "fast"}), AudioStop().event()], "bad-request"),
    ],
)
def test_wrong_sound_is_told_once_and_ends_the_waiting(listener: Port, events: list[Event], code: str) -> None:
    async def conversation(client: AsyncTcpClient) -> list[Event]:
        for event in events:
            await client.write_event(event)
        found = await events_until(client, "transcript")
        await send(client, pcm())
        return found + await events_until(client, "transcript")

    error, empty, whole = ask(listener, conversation)
    assert (error.type, error.data["code"]) == ("error", code)
    assert empty.data["text"] == ""
    assert whole.data["text"] == " ".join(SAID)


@pytest.mark.usefixtures("tones")
def test_an_unknown_recogniser_is_told(listener: Port) -> None:
    error, empty = heard(listener, Transcribe(name="Nobody"))
    assert error.data["code"] == "engine-not-found"
    assert empty.data["text"] == ""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"upload_limit": 200_000})


@pytest.mark.usefixtures("tones")
def test_a_recording_over_the_limit_is_told_and_takes_no_more_room(listener: Port) -> None:
    error, empty = heard(listener, sound=bytes(400_000))
    assert error.data["code"] == "too-large"
    assert empty.data["text"] == ""


class EndlessListener(ToneListener):
    """Listens until it is told to stop."""

    def transcribe(
        self, samples: Any, language: str, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[Utterance]:
        while not cancelled():
            time.sleep(0.01)
        raise Cancelled("Cancelled.")


def test_a_client_that_leaves_cancels_its_transcription(studio: Studio, listener: Port) -> None:
    studio.models._listener.listeners = {"tones": EndlessListener()}

    async def conversation(client: AsyncTcpClient) -> None:
        await send(client, pcm())
        await asyncio.to_thread(wait_for, lambda: [job["status"] for job in studio.list_jobs(1)] == ["running"])

    ask(listener, conversation)
    wait_for(lambda: studio.list_jobs(1)[0]["status"] == "cancelled")
