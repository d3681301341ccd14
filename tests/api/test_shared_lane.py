"""Several users of one model at once, over HTTP: Qwen3-TTS with the slots of a GPU, in the lane's own process."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.running_studio import RunningStudio
from tests.shared_lane import Caller, on_slots
from tests.tiny_checkpoints import tiny_checkpoints

RYAN = {"kind": "preset", "speaker": "Ryan"}
SAILOR = {"kind": "designed", "description": "An old sailor."}
SENTENCE = "The ferry leaves the harbour at seven, and nobody is late."


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    made = on_slots(tiny_checkpoints(), tmp_path_factory.mktemp("shared"))
    warm = Caller(made, 1, speech("Ready.", 0))
    assert warm.end()["phase"] == "done"
    yield made
    made.stop()


def speech(text: str, seed: int, frames: int = 60, voice: dict[str, str] = RYAN, **more: Any) -> dict[str, Any]:
    usual = {"text": text, "voice": voice, "seed": seed, "engine": "qwen3_tts", "verify": "off"}
    return usual | {"sampling": {"max_new_tokens": frames}} | more


def long(seed: int, sentences: int = 30, **more: Any) -> dict[str, Any]:
    """Its lines come one by one where they are heard live."""
    return speech(f"{SENTENCE} " * sentences, seed, stream_audio=True, **more)


def samples(caller: Caller) -> np.ndarray:
    return np.frombuffer(caller.sound()[44:], "<i2").astype(int)


def child_of(place: RunningStudio) -> int:
    pid = place.studio._queues.lane._lane.runner.child_pid  # type: ignore[attr-defined]  # of this kind of runner only
    assert isinstance(pid, int)
    return pid


def spans(callers: list[Caller]) -> list[tuple[str, str]]:
    """When each job began and ended; ISO times sort as text."""
    return [(job["started"], job["finished"]) for job in (caller.job for caller in callers)]


def test_three_at_once_hear_what_each_hears_alone(place: RunningStudio) -> None:
    wanted = [speech(f"{SENTENCE} And {word} came last.", seed) for seed, word in enumerate(("Ann", "Bo", "Cleo"))]
    alone = []
    for number, body in enumerate(wanted):
        one = Caller(place, 2 + number, body)
        alone.append(samples(one))
    together = [Caller(place, 2 + number, body) for number, body in enumerate(wanted)]
    for caller, expected in zip(together, alone, strict=True):
        found = samples(caller)
        assert len(found) == len(expected) > 24_000 and np.abs(found - expected).max() <= 3
    began, ended = zip(*spans(together), strict=True)
    assert max(began) < min(ended), "all three spoke at one moment"


def test_a_short_job_of_another_client_ends_while_a_long_one_speaks(place: RunningStudio) -> None:
    book = Caller(place, 2, long(1))
    assert book.begun.wait(20)
    for number in (3, 4, 5):
        assert Caller(place, number, speech("Only this.", number, frames=20)).end()["phase"] == "done"
        assert book.speaks
    book.cancel()
    assert book.end()["phase"] == "cancelled"


def test_cancelling_one_leaves_the_others_and_their_process(place: RunningStudio) -> None:
    pid = child_of(place)
    expected = samples(Caller(place, 3, long(2, 6)))
    gone, stays = Caller(place, 2, long(1)), Caller(place, 3, long(2, 6))
    assert gone.begun.wait(20) and stays.begun.wait(20)
    gone.cancel()
    assert gone.end()["phase"] == "cancelled"
    found = samples(stays)
    assert np.abs(found - expected).max() <= 3 and child_of(place) == pid
    assert stays.job["attempts"] == 1


def test_another_model_waits_for_all_who_speak_and_is_overtaken_by_nobody(place: RunningStudio) -> None:
    first, second = Caller(place, 2, long(1)), Caller(place, 3, long(2, 4))
    assert first.begun.wait(20) and second.begun.wait(20)
    swap = Caller(place, 4, speech("Ahoy.", 3, frames=20, voice=SAILOR))
    assert place.waits_until(lambda: bool(swap.events))
    late = Caller(place, 5, speech("And I?", 4, frames=20))
    second.end()
    assert [one["status"] for one in (first.job, swap.job, late.job)] == ["running", "queued", "queued"]
    first.cancel()
    assert [one.end()["phase"] for one in (swap, late)] == ["done", "done"]
    for (_, before), (after, _) in pairwise(spans([first, swap, late])):
        assert before <= after


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_killed_process_repeats_all_of_them_with_the_same_sound(place: RunningStudio) -> None:
    wanted = [long(seed, 5) for seed in range(3)]
    expected = [samples(Caller(place, 2, body)) for body in wanted]
    callers = [Caller(place, 2 + number, body) for number, body in enumerate(wanted)]
    assert all(caller.begun.wait(20) for caller in callers)
    os.kill(child_of(place), signal.SIGKILL)
    for caller, sound in zip(callers, expected, strict=True):
        found = samples(caller)
        assert len(found) == len(sound) and np.abs(found - sound).max() <= 3
        assert caller.job["attempts"] == 2
