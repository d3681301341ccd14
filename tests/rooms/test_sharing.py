"""Which performances may run beside each other, and what becomes of one whose memory does not suffice there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.core.settings import Settings
from backend.core.types import DesignedVoice, GenerationRequest, PresetVoice, VoiceSpec
from backend.studio import Studio

RYAN = PresetVoice(speaker="Ryan")
SAILOR = DesignedVoice(description="A sailor.")
Begin = Callable[[str], Studio]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    made: list[Studio] = []

    def studio(faults: str) -> Studio:
        made.append(Studio(Settings(data_dir=tmp_path, fake_engine=faults, open_browser=False)))
        made[-1].start()
        return made[-1]

    yield studio
    for one in made:
        one.stop(5)
        one.close()


def asked(text: str, voice: VoiceSpec = RYAN, engine: str = "fake") -> GenerationRequest:
    return GenerationRequest(text=text, voice=voice, engine=engine, seed=1, verify="off", stream_audio=True)


def shares(studio: Studio, request: GenerationRequest) -> str:
    return studio._work_of(request)[4].shares


def ended(studio: Studio, job: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    events = [item[1] for item in studio.follow(job) if item is not None]
    return studio.job(job), [event for event in events if "audio" not in event]


def test_work_for_one_model_shares_and_what_swaps_models_runs_alone(studio: Studio) -> None:
    assert shares(studio, asked("Hello.")) == "fake:preset"
    assert shares(studio, asked("[happy] Hello. [Vivian] And I. [pause 1s] Well.")) == "fake:preset"
    assert shares(studio, asked("Hello.", SAILOR)) == "fake:designed"
    assert shares(studio, asked("Hello. [Vivian] And I.", SAILOR)) == "", "two models take turns in it"
    assert shares(studio, asked("Hello.", engine="preview")) == "", "this engine serves one at a time"


def test_what_finds_no_memory_beside_others_is_spoken_again_alone(begin: Begin) -> None:
    studio = begin("jobs=3 latency=0.15 oom@5")
    jobs = [studio.generate(asked(f"{name} speaks. " * 3 + "[sad] Now sadly. [happy] Now not.")).id for name in "AB"]
    end = time.monotonic() + 20
    while [studio.job(job)["status"] for job in jobs] != ["running"] * 2 and time.monotonic() < end:
        time.sleep(0.01)
    told = [ended(studio, job) for job in jobs]
    assert [(job["status"], job["attempts"]) for job, _ in told] == [("done", 1)] * 2
    again = [[event["stage"] for event in events if event.get("stage_code") == "run-again"] for _, events in told]
    assert sorted(map(len, again)) == [0, 1], "one of them, once"
    assert "memory did not suffice" in "".join(map("".join, again))
    (first, second) = sorted((job["started"], job["finished"]) for job, _ in told)
    assert second[0] >= first[1], "the last try of the one began when the other had ended"
