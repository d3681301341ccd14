"""What happens when a worker process dies, hangs, is left alone or is not wanted any more."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from backend.core.errors import EngineFailed
from backend.core.types import PresetVoice, Segment
from backend.engines.base import SpeakOptions
from backend.engines.preview import workers
from backend.engines.preview.engine import PreviewEngine
from backend.engines.preview.library import find_library
from backend.engines.preview.workers import Worker, WorkerDied, WorkerLine

ROOT = Path(__file__).resolve().parents[2]
RYAN = PresetVoice(speaker="Ryan")
REQUEST = {"runs": [{"voice": "en-us+klatt4", "text": "hello"}], "rate": 160, "gap": 0}


@pytest.fixture
def arguments() -> tuple[str, str]:
    library = find_library()
    assert library
    return library.path, library.data


def soon(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def is_alive(pid: int) -> bool:
    """Whether it runs; a zombie that nobody has reaped yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_worker_answers_with_sound_and_words(arguments: tuple[str, str]) -> None:
    with WorkerLine("espeak_worker.py", arguments, fresh=True) as line:
        header, body = line.ask(REQUEST)
    assert header["rate"] == 22_050
    assert len(body) == 2 * header["runs"][0]["samples"] > 5_000
    assert header["runs"][0]["words"][0][0] == 0


def test_three_fresh_workers_say_the_same_bytes(arguments: tuple[str, str]) -> None:
    with WorkerLine("espeak_worker.py", arguments, fresh=True) as line:
        assert len({line.ask(REQUEST)[1] for _ in range(3)}) == 1


def test_a_worker_that_was_killed_is_replaced_without_a_word(arguments: tuple[str, str]) -> None:
    with WorkerLine("espeak_worker.py", arguments, fresh=True) as line:
        before = line.ask(REQUEST)[1]
        assert line._ready is not None
        line._ready.process.kill()
        line._ready.process.wait()
        assert line.ask(REQUEST)[1] == before


def test_a_request_that_kills_every_worker_fails_the_engine_after_two(arguments: tuple[str, str]) -> None:
    bad = {**REQUEST, "runs": [{"voice": "no-such-voice", "text": "hello"}]}
    with WorkerLine("espeak_worker.py", arguments, fresh=True) as line, pytest.raises(EngineFailed):
        line.ask(bad)


def test_a_worker_that_hangs_is_killed_at_its_time_limit(arguments: tuple[str, str]) -> None:
    worker = Worker("espeak_worker.py", arguments, isolated=True)
    worker.ask(REQUEST)
    os.kill(worker.process.pid, signal.SIGSTOP)
    begin = time.monotonic()
    with pytest.raises(WorkerDied):
        worker.ask(REQUEST, timeout=0.3)
    worker.close()
    assert time.monotonic() - begin < 8


def test_speech_goes_on_when_the_worker_dies_between_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Worker] = []
    original = Worker.__init__

    def remember(self: Worker, *given: object, **named: object) -> None:
        original(self, *given, **named)  # type: ignore[arg-type]  # passed on as they came
        started.append(self)

    engine = PreviewEngine()
    engine.load("preview")
    script, text = [Segment(0, "First one. Second one. Third one.")], []
    whole = np.concatenate([chunk.samples for chunk in engine.speak(script, RYAN, SpeakOptions())])
    monkeypatch.setattr(workers.Worker, "__init__", remember)
    for chunk in engine.speak(script, RYAN, SpeakOptions()):
        text.append(chunk.samples)
        started[-1].process.kill()
    assert np.concatenate(text).tobytes() == whole.tobytes()
    assert all(worker.process.poll() is not None for worker in started)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_leaving_the_generator_ends_its_worker_at_once() -> None:
    engine = PreviewEngine()
    engine.load("preview")
    others = set(_children(os.getpid()))
    stream = engine.speak([Segment(0, "One sentence. Another sentence. A third one.")], RYAN, SpeakOptions())
    next(stream)
    children = set(_children(os.getpid())) - others
    assert children
    begin = time.monotonic()
    stream.close()  # type: ignore[attr-defined]  # speak is a generator
    assert time.monotonic() - begin < 4
    assert not any(is_alive(pid) for pid in children)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_workers_end_with_a_parent_that_was_killed() -> None:
    code = (
        "import time; from backend.core.types import *; from backend.engines.base import SpeakOptions\n"
        "from backend.engines.preview.engine import PreviewEngine\n"
        "segments = [Segment(0, '今日は。 Hello. Bye.')]\n"
        "stream = PreviewEngine().speak(segments, PresetVoice(speaker='Ryan'), SpeakOptions())\n"
        "next(stream); print('ready', flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"ready\n"
    children = _children(parent.pid)
    assert len(children) >= 2
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert soon(lambda: not any(is_alive(pid) for pid in children))


def _children(parent: int) -> list[int]:
    listed = [path.name for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [int(pid) for pid in listed if _parent_of(pid) == parent]


def _parent_of(pid: str) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0
