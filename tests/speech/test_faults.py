"""Engines that break: the job fails with a code, or heals; the slot is free, the next job speaks, nothing is left."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from backend.core.errors import EngineFailed, EngineUnavailable, OutOfMemory, Problem
from backend.engines.fake import FakeEngine
from tests.speech.desk import Desk

THREE = "One line here. [sad] Two lines here. [happy] Three lines here."

EXCEPTIONS = (
    "ArithmeticError AssertionError AttributeError BlockingIOError BrokenPipeError BufferError ConnectionResetError "
    "EOFError Exception FileNotFoundError FloatingPointError ImportError IndexError KeyError KeyboardInterrupt "
    "LookupError ModuleNotFoundError NameError NotImplementedError OSError OverflowError PermissionError "
    "RecursionError ReferenceError RuntimeError StopIteration SystemError SystemExit TimeoutError TypeError "
    "ValueError ZeroDivisionError"
).split()


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_whatever_an_engine_raises_fails_that_job_only(tmp_path: Path, name: str) -> None:
    desk = Desk(tmp_path, f"raise@2={name}")
    with pytest.raises(EngineFailed) as told:
        desk.speak(THREE)
    assert told.value.code == "engine-failed"
    assert str(tmp_path) not in told.value.detail
    assert desk.files() == []
    assert desk.is_free()


@pytest.mark.parametrize("fault", ["nan", "inf", "empty", "silence", "clip", "runaway"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_line_that_came_out_wrong_is_redone_with_another_seed(tmp_path: Path, fault: str, at: int) -> None:
    desk = Desk(tmp_path, f"{fault}@{at}")
    result = desk.speak(THREE)
    assert all(check["ok"] for row in result["segments"] for check in row["checks"])
    assert [row["takes"] for row in result["segments"]][at - 1] == 2
    assert (result["verification"]["redone"], result["verification"]["doubtful"]) == (1, 0)
    assert [notice["code"] for notice in result["notices"]] == ["segment-redone"]
    assert [row["seed"] for row in result["segments"]][at - 1] == 7 + at - 1 + 1_000_003
    assert np.isfinite(desk.sound(result)).all()


@pytest.mark.parametrize("fault", ["silence", "clip", "runaway"])
def test_a_line_that_stays_doubtful_is_kept_and_told(tmp_path: Path, fault: str) -> None:
    result = Desk(tmp_path, f"{fault}@*").speak("One line.")
    failed = [check for check in result["segments"][0]["checks"] if not check["ok"]]
    assert failed and failed[0]["text"] in result["notices"][0]["text"]
    assert result["verification"]["doubtful"] == 1 and result["segments"][0]["takes"] == 3
    assert result["notices"][0]["code"] == "segment-doubtful"


@pytest.mark.parametrize("fault", ["nan", "inf", "empty"])
def test_sound_that_cannot_be_played_fails_the_job(tmp_path: Path, fault: str) -> None:
    desk = Desk(tmp_path, f"{fault}@*")
    with pytest.raises(EngineFailed):
        desk.speak("One line.")
    assert desk.files() == []


@pytest.mark.parametrize("fault", ["dtype", "rate"])
def test_sound_in_a_form_nobody_agreed_on_fails_the_job(tmp_path: Path, fault: str) -> None:
    desk = Desk(tmp_path, f"{fault}@1")
    with pytest.raises(EngineFailed):
        desk.speak("One line.")
    assert desk.is_free()


def test_checks_can_be_switched_off(tmp_path: Path) -> None:
    result = Desk(tmp_path, "clip@1").speak("One line.", verify="off")
    assert result["segments"][0]["checks"] == []
    assert result["verification"]["mode"] == "off" and result["verification"]["checked"] == 0
    assert result["notices"] == []


def test_live_sound_is_reported_and_not_redone(tmp_path: Path) -> None:
    result = Desk(tmp_path, "clip@1").speak("One line.", stream_audio=True)
    assert result["segments"][0]["seed"] == 7
    assert result["notices"][0]["code"] == "segment-doubtful"


@pytest.mark.parametrize("at", [1, 2, 3])
def test_memory_that_runs_out_once_is_given_back_and_asked_for_again(tmp_path: Path, at: int) -> None:
    desk = Desk(tmp_path, f"oom@{at}")
    assert len(desk.speak(THREE)["segments"]) == 3
    assert isinstance(desk.engine, FakeEngine)
    assert desk.engine.loads == 2


def test_memory_that_runs_out_twice_fails_that_job_only(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "oom@2 oom@3")
    with pytest.raises(OutOfMemory) as told:
        desk.speak(THREE)
    assert told.value.status == 507
    assert told.value.hint
    assert desk.is_free()
    assert isinstance(desk.engine, FakeEngine)
    assert desk.engine.spoken == 4, "one retry and no loop"


@pytest.mark.parametrize(("fault", "problem"), [("load_fail@1", EngineUnavailable), ("load_oom@1", OutOfMemory)])
def test_a_load_that_fails_fails_that_job_only(tmp_path: Path, fault: str, problem: type[Problem]) -> None:
    desk = Desk(tmp_path, fault)
    with pytest.raises(problem):
        desk.speak("One line.")
    assert desk.files() == []
    assert desk.is_free()


MEMORY = """
import resource, sys
from pathlib import Path
from tests.speech.desk import Desk
desk = Desk(Path(sys.argv[1]))
desk.speak("This is one of very many sentences. " * 50)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
result = desk.speak("This is one of very many sentences. " * int(sys.argv[2]))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024, int(result["duration"]))
"""


def growth_while_speaking(folder: Path, sentences: int) -> tuple[int, int]:
    """Megabytes of memory that a long text takes more than a short one, and its seconds."""
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(folder), str(sentences)], check=True, capture_output=True, text=True
    )
    grown, seconds = done.stdout.split()
    return int(grown), int(seconds)


def test_memory_stays_flat_over_a_long_text(tmp_path: Path) -> None:
    grown, seconds = growth_while_speaking(tmp_path, 550)  # 20 000 characters, 230 MB of samples in 64 bits
    assert seconds > 1100
    assert grown < 40


@pytest.mark.soak
def test_memory_stays_flat_over_two_hundred_thousand_characters(tmp_path: Path) -> None:
    grown, seconds = growth_while_speaking(tmp_path, 5550)
    assert seconds > 11_000
    assert grown < 80
