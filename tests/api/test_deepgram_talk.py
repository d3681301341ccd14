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

from backend.api.dialects.deepgram_socket import MOST_CHARACTERS, MOST_TURNS, Talk
from backend.api.talking import Speaker
from backend.audio.streaming import StreamEncoder
from backend.core.errors import EngineFailed
from backend.safety.websocket import Closed, Socket
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


@pytest.mark.parametrize(
    ("text", "times"), [("Once more.", MOST_TURNS + 2), ("word " * 30_000, MOST_CHARACTERS // 150_000 + 2)]
)
def test_a_flood_of_texts_is_refused_and_all_of_it_is_cancelled(tmp_path: Path, text: str, times: int) -> None:
    slow = RunningStudio(tmp_path, fake_engine="latency=1")
    try:
        with Caller(slow, "engine=fake") as caller:
            for _ in range(times):
                caller.say("Speak", text=text)
                caller.say("Flush")
            code, reason = caller.end()
            assert (code, reason[:9]) == (1008, "DATA-0001")
        assert slow.waits_until(lambda: not slow.sockets)
        ended = {"done", "cancelled"}
        assert slow.waits_until(lambda: {job["status"] for job in slow.studio.list_jobs(10)} <= ended)
        assert len(slow.studio.list_jobs(100)) < 10
    finally:
        slow.stop()


class Talking:
    """A talk whose turns are numbers; some of them break."""

    def __init__(self, number: int, failure: BaseException | None = None) -> None:
        self.number = number
        self.failure = failure
        self.closed = threading.Event()

    def close(self) -> None:
        self.closed.set()


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (EngineFailed("The voice broke."), "The voice broke."),
        (RuntimeError("secret"), "NET: An unexpected error stopped the studio here."),
    ],
)
def test_whatever_ends_the_speaking_ends_the_socket_in_words_and_closes_what_waits(
    failure: BaseException, said: str
) -> None:
    ours, theirs = socket.socketpair()
    theirs.settimeout(10)
    ws = Socket(ours)

    def speak(turn: Talking) -> None:
        ws.send(str(turn.number))
        if turn.failure is not None:
            raise turn.failure

    turns = [Talking(1), Talking(2, failure), Talking(3)]
    with Speaker(ws, speak, ws.close, mark="NET: ") as speaker:
        for turn in turns:
            speaker.add(turn)
        assert [read_frame(theirs)[1] for _ in range(2)] == [b"1", b"2"]
        opcode, payload = read_frame(theirs)
        assert (opcode, payload[:2], payload[2:].decode()) == (8, (1011).to_bytes(2, "big"), said)
        with pytest.raises(Closed):
            speaker.await_room(1)  # nobody speaks any more
    assert [turn.closed.is_set() for turn in turns] == [False, True, True]
    theirs.close()
    ws.finish()
    ours.close()
