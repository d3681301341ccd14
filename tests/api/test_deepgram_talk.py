"""What a Clear promises, held to it with a voice that does not stop when it is told to."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.api.dialects.deepgram_socket import MOST_TURNS, Talk
from backend.audio.streaming import StreamEncoder
from backend.core.errors import EngineFailed
from backend.safety.websocket import Socket
from tests.deepgram_caller import Caller
from tests.running_studio import RunningStudio
from tests.socket_place import frame, read_frame

TEXT, SOUND = 1, 2
PIECE = bytes(4_800)  # a tenth of a second


class Stubborn:
    """A flow that goes on for a while whatever it is told: speaking, or silent before its end."""

    def __init__(self, pieces: int, silence: float, fails: bool) -> None:
        self._pieces = pieces
        self._silence = silence
        self._fails = fails

    def feed(self, text: str) -> None: ...

    def end(self) -> None: ...

    def close(self) -> None: ...

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(self._pieces):
            time.sleep(0.01)
            yield PIECE
        time.sleep(self._silence)
        if self._fails:
            raise EngineFailed("The voice broke.")


@pytest.mark.parametrize(
    ("pieces", "silence", "fails"),
    [(100, 0.0, False), (1, 0.4, False), (1, 0.4, True)],
    ids=["speaking", "silent", "failing"],
)
def test_after_cleared_nothing_is_heard_of_it_and_no_flush_is_told(pieces: int, silence: float, fails: bool) -> None:
    ours, theirs = socket.socketpair()
    theirs.settimeout(10)
    ws = Socket(ours)
    made = Talk(ws, lambda: Stubborn(pieces, silence, fails), lambda: StreamEncoder("pcm"), {})
    talk = threading.Thread(target=made.run)
    talk.start()
    for kind in ("Speak", "Flush"):
        theirs.sendall(frame(TEXT, json.dumps({"type": kind, "text": "Hello."}).encode()))
    while read_frame(theirs)[0] != SOUND:
        continue
    theirs.sendall(frame(TEXT, b'{"type": "Clear"}') + frame(TEXT, b'{"type": "Flush"}'))
    heard: list[Any] = []
    while len(heard) < 2:
        opcode, payload = read_frame(theirs)
        heard += [SOUND] if opcode == SOUND and heard else []
        heard += [json.loads(payload)] if opcode == TEXT else []
    assert heard == [{"type": "Cleared", "sequence_id": 0}, {"type": "Flushed", "sequence_id": 1}]
    theirs.settimeout(0.3)
    with pytest.raises(TimeoutError):
        read_frame(theirs)
    theirs.close()
    talk.join(10)
    ws.finish()
    ours.close()
    assert not talk.is_alive()


def test_a_flood_of_texts_is_refused_and_all_of_it_is_cancelled(tmp_path: Path) -> None:
    slow = RunningStudio(tmp_path, fake_engine="latency=1")
    try:
        with Caller(slow, "engine=fake") as caller:
            for _ in range(MOST_TURNS + 2):
                caller.say("Speak", text="Once more.")
                caller.say("Flush")
            assert caller.end()[0] == 1008
        assert slow.waits_until(lambda: not slow.sockets)
        ended = {"done", "cancelled"}
        assert slow.waits_until(lambda: {job["status"] for job in slow.studio.list_jobs(10)} <= ended)
        assert len(slow.studio.list_jobs(100)) < 10
    finally:
        slow.stop()
