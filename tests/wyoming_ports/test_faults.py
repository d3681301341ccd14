"""What comes from a socket may be anything: the server tells what is wrong, ends what cannot be read, and lives."""

from __future__ import annotations

import json
import random
import socket
import threading
import time
from typing import Any

import pytest
from wyoming.client import AsyncTcpClient
from wyoming.event import Event
from wyoming.info import Describe
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeVoice

from backend.studio import Studio
from backend.wyoming_ports import events as wire
from backend.wyoming_ports import ports
from backend.wyoming_ports.ports import Port
from tests.wyoming_ports.conftest import ask, events_until, kinds, wait_for

LONG = "A sentence that is long enough to take a while. " * 300


class Raw:
    """A connection that sends what it likes."""

    def __init__(self, port: Port) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port.number), timeout=10)
        self.file = self.sock.makefile("rb")

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_error: object) -> None:
        self.file.close()
        self.sock.close()

    def send(self, data: bytes) -> Raw:
        self.sock.sendall(data)
        return self

    def event(self) -> dict[str, Any] | None:
        """The next event with its data; None where the server has ended the connection."""
        try:
            line = self.file.readline()
            if not line:
                return None
            event: dict[str, Any] = json.loads(line)
            event["data"] = json.loads(self.file.read(event.get("data_length", 0)) or b"{}")
            self.file.read(event.get("payload_length", 0))
            return event
        except ConnectionResetError:
            return None


def is_alive(port: Port) -> bool:
    async def conversation(client: AsyncTcpClient) -> bool:
        await client.write_event(Describe().event())
        return [event.type for event in await events_until(client, "info")] == ["info"]

    return ask(port, conversation)


@pytest.mark.parametrize(
    "sent",
    [
        b"\n",
        b"hello\n",
        b"[]\n",
        b"null\n",
        b'{"type": 7}\n',
        b'{"data": {}}\n',
        b'{"type": "ping", "data": ["a"]}\n',
        b'{"type": "ping", "data_length": -1}\n',
        b'{"type": "ping", "data_length": "ten"}\n',
        b'{"type": "ping", "data_length": 1e3}\n',
        b'{"type": "ping", "data_length": 2}\n[]',
        b'{"type": "ping", "data_length": 4}\n\xff\xfe{}',
        b'{"type": "ping\xff"}\n',
        b'{"type": "ping", "data": {"text": "\\ud800"}}\n',
        b'{"type": "ping", "data_length": ' + b"9" * 5000 + b"}\n",
        b'{"type": "audio-chunk", "payload_length": 999999999999}\n',
        b'{"type": "ping", "data_length": 999999999999}\n',
        b'{"a":' * 100_000 + b"\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_and_ends_the_connection_alone(speaker: Port, sent: bytes) -> None:
    with Raw(speaker) as raw:
        told = raw.send(sent).event()
        assert told is not None and told["type"] == "error" and told["data"]["text"] and told["data"]["code"]
        assert raw.event() is None
    assert is_alive(speaker)


def test_a_web_page_that_sends_an_event_in_a_form_gets_nothing_done(speaker: Port, studio: Studio) -> None:
    body = b'{"type": "synthesize", "data": {"text": "Hello."}}\n'
    with Raw(speaker) as raw:
        raw.send(b"POST / HTTP/1.1\r\nHost: 127.0.0.1:10200\r\nContent-Type: text/plain\r\n\r\n" + body)
        assert [raw.event() is not None, raw.event()] == [True, None]
    assert studio.list_jobs(9) == []


@pytest.mark.parametrize(
    "data",
    [
        {"text": 7},
        {"text": None},
        {"text": ["a"]},
        {"text": "Hi.", "voice": "Ryan"},
        {"text": "Hi.", "voice": {"name": {"a": 1}}},
        {"text": "Hi.", "voice": {"language": "klingon"}},
        {"text": "Hi.", "voice": {"name": "../../etc/passwd"}},
        {"text": "Hi.", "voice": {"name": "x" * 100_000}},
        {"text": "Hi.\x00", "voice": {"name": "\x00"}},
        {"text": "x " * 200_000},
    ],
)
def test_a_wrong_request_is_told_and_the_next_one_served(speaker: Port, data: dict[str, Any]) -> None:
    async def conversation(client: AsyncTcpClient) -> tuple[list[str], list[str]]:
        await client.write_event(Event("synthesize", data))
        wrong = await events_until(client, "audio-stop")
        await client.write_event(Synthesize("Hello.").event())
        return kinds(wrong), kinds(await events_until(client, "audio-stop"))

    assert ask(speaker, conversation) == (["error", "audio-stop"], ["audio-start", "audio-chunk", "audio-stop"])


def test_unknown_events_are_passed_over(speaker: Port) -> None:
    with Raw(speaker) as raw:
        raw.send(b'{"type": "from-the-future", "data_length": 2, "payload_length": 3}\n{}abc{"type": "ping"}\n')
        told = raw.event()
    assert told is not None and told["type"] == "pong"


def test_pieces_out_of_order_are_told(speaker: Port) -> None:
    with Raw(speaker) as raw:
        for sent in (b'{"type": "synthesize-chunk", "data": {"text": "a"}}\n', b'{"type": "synthesize-start"}\n' * 2):
            told = raw.send(sent).event()
            assert told is not None and (told["type"], told["data"]["code"]) == ("error", "conflict")


def test_a_client_that_leaves_cancels_what_is_spoken_for_it(speaker: Port, studio: Studio) -> None:
    for begin in (Synthesize(LONG), SynthesizeStart()):

        async def conversation(client: AsyncTcpClient, first: Any = begin) -> None:
            await client.write_event(first.event())
            await client.write_event(SynthesizeChunk(LONG).event())
            await events_until(client, "audio-chunk")

        ask(speaker, conversation)
        # in pieces, one may be spoken to its end before the client is found gone
        wait_for(lambda: all(job["status"] in ("cancelled", "done") for job in studio.list_jobs(50)))
        assert len(studio.list_jobs(50)) < 20, "the rest was never asked for"
    wait_for(lambda: not [thread for thread in threading.enumerate() if thread.name in ("wyoming-work", "live")])


def test_leaving_within_an_event_harms_nobody(speaker: Port) -> None:
    for sent in (b'{"type": "synth', b'{"type": "synthesize", "data_length": 50}\n{"text"'):
        with Raw(speaker) as raw:
            raw.send(sent)
    assert is_alive(speaker)


def test_a_flood_of_requests_is_told_to_wait(speaker: Port) -> None:
    line = b'{"type": "synthesize", "data": {"text": "A sentence of some length, to keep the voice busy."}}\n'
    with Raw(speaker) as raw:
        raw.send(line * 40)
        found: dict[str, Any] = {}
        while len(found) < 1:
            told = raw.event()
            assert told is not None
            if told["type"] == "error":
                found = told["data"]
    assert found["code"] == "queue-full"


def test_one_connection_too_many_is_turned_away_in_words(speaker: Port, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "MOST_CONNECTIONS", 2)
    with Raw(speaker) as first, Raw(speaker) as second:
        for raw in (first, second):
            raw.send(b'{"type": "ping"}\n')
            assert raw.event() is not None
        with Raw(speaker) as third:
            told = third.event()
            assert told is not None and told["data"]["code"] == "queue-full"
            assert third.event() is None
    wait_for(lambda: _answers(speaker))


def _answers(port: Port) -> bool:
    with Raw(port) as raw:
        told = raw.send(b'{"type": "ping"}\n').event()
        return told is not None and told["type"] == "pong"


def test_a_sender_that_drips_is_cut(speaker: Port, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "EVENT_SECONDS", 0.3)
    with Raw(speaker) as raw:
        began = time.monotonic()
        try:
            while time.monotonic() - began < 5:
                raw.send(b" ")
                time.sleep(0.05)
        except OSError:
            pass  # it hung up while we still sent
        assert time.monotonic() - began < 4.5


def test_noise_never_kills_the_server(speaker: Port) -> None:
    """Good conversations with bytes changed, doubled and lost."""
    draw = random.Random(7)  # noqa: S311 (the same noise each time)
    good = (
        b'{"type": "describe"}\n{"type": "ping", "data_length": 14}\n{"text": "hey"}'
        b'{"type": "synthesize-start"}\n{"type": "synthesize-chunk", "data": {"text": "[sad] A. B "}}\n'
        b'{"type": "audio-chunk", "data": {"rate": 16000}, "payload_length": 4}\nabcd{"type": "synthesize-stop"}\n'
    )
    for _ in range(60):
        bad = bytearray(good)
        for _ in range(draw.randint(1, 8)):
            at = draw.randrange(len(bad))
            bad[at : at + draw.randint(0, 3)] = draw.randbytes(draw.randint(0, 3))
        with Raw(speaker) as raw:
            raw.send(bytes(bad))
            if draw.random() < 0.5:
                raw.event()
    assert is_alive(speaker)


def test_a_text_that_is_refused_is_answered_in_its_turn(speaker: Port) -> None:
    async def conversation(client: AsyncTcpClient) -> list[Event]:
        await client.write_event(Synthesize(LONG[:2000]).event())
        found = await events_until(client, "audio-start")
        await client.write_event(SynthesizeStart(SynthesizeVoice("Nobody")).event())
        return [*found, *await events_until(client, "synthesize-stopped")]

    whole = ["audio-start", "audio-chunk", "audio-stop"]
    assert kinds(ask(speaker, conversation)) == [*whole, "error", "audio-stop", "synthesize-stopped"]
