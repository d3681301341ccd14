"""Those who listen to a long answer: they may read as slowly as they play, and are missed when they have gone."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator

import pytest

from tests.running_studio import RunningStudio

TEXT = "A sentence that is long enough to take a while. " * 40
SECONDS = len(TEXT) * 0.06  # of the tone engine
RATE = 96_000  # hertz: more than any system keeps between two programs
PAUSE = 1.0
"""Seconds that a listener rests: longer than the server waits for anybody else."""


@pytest.fixture
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    made = RunningStudio(tmp_path_factory.mktemp("listeners"))
    made.server.timeout = PAUSE / 4
    yield made
    made.stop()


def call(running: RunningStudio) -> socket.socket:
    """A listener with small pockets who has asked for a long text."""
    asked = {"input": TEXT, "voice": "alloy", "model": "fake", "response_format": "pcm", "sample_rate": RATE}
    body = json.dumps(asked).encode()
    head = f"POST /v1/audio/speech HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\nContent-Type: application/json\r\n"
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    made.settimeout(20)
    made.connect(("127.0.0.1", running.port))
    made.sendall(f"{head}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    return made


def test_a_listener_who_rests_hears_the_whole(running: RunningStudio) -> None:
    with call(running) as listener:
        pieces = [listener.recv(4096)]
        assert running.waits_until(lambda: running.studio.list_jobs(1)[0]["status"] != "running", 60)
        time.sleep(PAUSE)
        while piece := listener.recv(1 << 16):
            pieces.append(piece)
    heard = b"".join(pieces)
    assert heard.startswith(b"HTTP/1.1 200")
    assert heard.endswith(b"\r\n0\r\n\r\n")
    assert len(heard) / RATE / 2 == pytest.approx(SECONDS, rel=0.2)


def test_a_listener_who_goes_while_the_server_waits_for_him_is_missed_at_once(running: RunningStudio) -> None:
    with call(running) as listener:
        assert listener.recv(4096)
        time.sleep(PAUSE)
    slots = running.app.extensions["qwentts"].slots
    assert running.waits_until(lambda: slots.taken == 0, 5)
