"""Whoever leaves while his work still waits behind that of others has it cancelled; nothing is spoken for nobody."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import websocket

from backend.core.types import GenerationRequest, PresetVoice
from tests.running_studio import RunningStudio

BATCH = "/api/v1/batch-synthesize"
TEXTS = {"texts": ["One.", "Two.", "Three."], "voice_id": "Ryan", "engine": "fake"}


@pytest.fixture
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    """A studio that speaks something long for somebody else."""
    place = RunningStudio(tmp_path_factory.mktemp("busy"), fake_engine="latency=0.5", queue_limit=2)
    long = GenerationRequest(text="A long sentence. " * 300, voice=PresetVoice(speaker="Ryan"), engine="fake")
    place.studio.generate(long)
    assert place.waits_until(lambda: statuses(place) == ["running"])
    yield place
    place.stop()


def statuses(place: RunningStudio) -> list[str]:
    """Newest first."""
    return [str(job["status"]) for job in place.studio.list_jobs(20)]


def request(place: RunningStudio, body: dict[str, Any]) -> bytes:
    data = json.dumps(body).encode()
    head = f"POST {BATCH} HTTP/1.1\r\nHost: 127.0.0.1:{place.port}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data


def test_leaving_after_the_end_of_a_text_is_noticed_in_the_queue(busy: RunningStudio) -> None:
    address = f"ws://127.0.0.1:{busy.port}/elevenlabs/v1/text-to-speech/Ryan/stream-input?model_id=fake"
    caller = websocket.create_connection(address)
    for text in (" ", "Hello there. ", ""):
        caller.send(json.dumps({"text": text}))
    assert busy.waits_until(lambda: len(statuses(busy)) == 2)
    assert caller.sock is not None
    caller.sock.close()
    assert busy.waits_until(lambda: "cancelled" in statuses(busy), 5)
    assert busy.waits_until(lambda: len(busy.sockets) == 0)


def test_leaving_a_batch_cancels_all_of_it(busy: RunningStudio) -> None:
    with socket.create_connection(("127.0.0.1", busy.port)) as caller:
        caller.sendall(request(busy, {**TEXTS, "texts": ["One.", "Two."]}))
        assert busy.waits_until(lambda: len(statuses(busy)) == 3)
    assert busy.waits_until(lambda: statuses(busy).count("cancelled") == 2, 5)


def test_a_batch_that_finds_no_room_leaves_nothing_in_the_queue(busy: RunningStudio) -> None:
    with socket.create_connection(("127.0.0.1", busy.port)) as caller:
        caller.sendall(request(busy, TEXTS))
        assert caller.recv(12) == b"HTTP/1.1 429"
    assert statuses(busy) == ["cancelled", "cancelled", "running"]
