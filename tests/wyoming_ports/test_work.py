"""What a conversation has asked for when it ends: nothing new begins, and nothing that waits keeps what it holds."""

from __future__ import annotations

import os
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from backend.core.errors import Cancelled, DiskFull, Problem, StorageFailed
from backend.studio import Studio
from backend.wyoming_ports.conversation import SPEAKS
from backend.wyoming_ports.events import Event, Wire
from backend.wyoming_ports.listening import Format, Listening, Recording
from backend.wyoming_ports.ports import Port
from backend.wyoming_ports.work import Work
from tests.wyoming_ports.conftest import wait_for

MONO = {"rate": 16_000, "width": 2, "channels": 1}


class Busy:
    """A task that runs until it is stopped."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.stopped = threading.Event()

    def run(self) -> None:
        self.begun.set()
        assert self.stopped.wait(20)

    def stop(self) -> None:
        self.stopped.set()

    def failed(self, problem: Problem) -> None:
        raise AssertionError(problem)


def test_what_comes_after_the_end_is_refused_and_not_kept() -> None:
    work = Work(lambda: None, "test")
    work.stop()
    late = Busy()
    with pytest.raises(Cancelled):
        work.add(late)
    assert not late.begun.wait(0.05)


def test_a_recording_that_waits_when_its_sender_leaves_is_let_go(studio: Studio) -> None:
    ours, theirs = socket.socketpair()
    work = Work(lambda: None, "test")
    side = Listening(studio, Wire(ours, 1000), work)
    first = Busy()
    work.add(first)
    assert first.begun.wait(20)
    side.take(Event("audio-chunk", MONO, bytes(3200)))
    recording = side._recording
    assert recording is not None
    side.take(Event("audio-stop"))
    work.stop()
    wait_for(lambda: bool(recording.file.closed))
    assert studio.list_jobs(5) == []
    ours.close()
    theirs.close()


def test_a_folder_that_takes_no_sound_is_told_as_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "tmp").write_text("a file where a folder should be")
    with pytest.raises(StorageFailed):
        Recording(tmp_path / "tmp", Format.model_validate(MONO), 10_000)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/dev/full is Linux's")
def test_a_disk_that_is_full_at_the_last_byte_is_told_as_that(tmp_path: Path) -> None:
    recording = Recording(tmp_path, Format.model_validate(MONO), 10_000)
    recording.add(bytes(1000))
    recording.add(bytes(1000))
    file: Any = recording.file
    file.rollover()
    with open("/dev/full", "r+b", buffering=0) as full:
        os.dup2(full.fileno(), file.fileno())
    with pytest.raises(DiskFull):
        recording.whole()
    recording.close()


def test_who_comes_in_while_the_port_closes_is_not_talked_to(studio: Studio) -> None:
    port = Port("127.0.0.1", 0, SPEAKS)
    port.bind()
    ours, theirs = socket.socketpair()
    port.close()
    port._converse(studio, ours)  # accepted a moment before
    theirs.settimeout(10)
    assert theirs.recv(1) == b""
    theirs.close()
