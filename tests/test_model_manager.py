"""The slot: one borrower at a time, swapped when needed, given back on every exit."""

from __future__ import annotations

import threading

import psutil
import pytest

from backend.core.errors import (
    BadRequest,
    Cancelled,
    EngineFailed,
    EngineUnavailable,
    NotFound,
    OutOfMemory,
    Problem,
)
from backend.core.types import DesignedVoice, PresetVoice
from backend.engines.base import Availability, EngineInfo, VoiceKind
from backend.engines.fake import FakeEngine
from backend.model_manager import ModelManager

RYAN = PresetVoice(speaker="Ryan")
SAILOR = DesignedVoice(description="a sailor")


class Missing(FakeEngine):
    """A better engine whose package is not there."""

    info = EngineInfo(
        name="better",
        title="Better",
        kinds=frozenset({"cloned"}),
        languages=("en",),
        rate=24_000,
        memory_mb=1,
        quality=50,
    )

    def availability(self, kind: VoiceKind | None = None) -> Availability:
        return Availability(False, "The package better is missing.", "pip install better")


def test_auto_takes_the_best_that_can_speak_now() -> None:
    fake = FakeEngine()
    assert ModelManager({"better": Missing(), "fake": fake}).pick("auto", "cloned") is fake


@pytest.mark.parametrize(
    ("asked", "kind", "language", "problem"),
    [("warp", "preset", "auto", NotFound), ("better", "cloned", "auto", EngineUnavailable),
     ("better", "preset", "auto", BadRequest), ("better", "cloned", "it", BadRequest)],
)  # fmt: skip
def test_what_cannot_be_picked_is_told_with_a_way_out(
    asked: str, kind: str, language: str, problem: type[Problem]
) -> None:
    with pytest.raises(problem) as told:
        ModelManager({"better": Missing(), "fake": FakeEngine()}).pick(asked, kind, language)  # type: ignore[arg-type]  # a table of literals
    assert told.value.hint or told.value.fields


def test_with_nothing_at_hand_auto_says_what_to_install() -> None:
    with pytest.raises(EngineUnavailable) as told:
        ModelManager({"better": Missing()}).pick("auto", "cloned")
    assert "pip install better" in told.value.hint


def test_a_resident_variant_is_not_loaded_again_and_another_one_is_swapped_in() -> None:
    engine = FakeEngine()
    models = ModelManager({"fake": engine})
    for voice, loads in ((RYAN, 1), (RYAN, 1), (SAILOR, 2), (RYAN, 3)):
        with models.use(engine, voice) as lent:
            assert lent is engine
            assert models.is_resident(engine, voice)
        assert engine.loads == loads


def test_the_slot_comes_back_on_every_exit() -> None:
    engine = FakeEngine()
    models = ModelManager({"fake": engine})
    for error in (ValueError, KeyboardInterrupt, Cancelled):
        with pytest.raises(error), models.use(engine, RYAN):
            raise error("x")
    with models.use(engine, RYAN):
        pass


def test_the_second_borrower_waits_and_can_be_cancelled_while_waiting() -> None:
    engine = FakeEngine()
    models = ModelManager({"fake": engine})
    inside, leave, order = threading.Event(), threading.Event(), []

    def first() -> None:
        with models.use(engine, RYAN):
            inside.set()
            leave.wait(5)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(5)
    with pytest.raises(Cancelled), models.use(engine, SAILOR, cancelled=lambda: True):
        order.append("never")
    leave.set()
    with models.use(engine, SAILOR):
        order.append("second")
    thread.join()
    assert order == ["first", "second"]


@pytest.mark.parametrize(("faults", "problem"), [("load_fail@2", EngineUnavailable), ("load_oom@2", OutOfMemory)])
def test_after_a_failed_load_the_former_model_serves_again(faults: str, problem: type[Problem]) -> None:
    engine = FakeEngine(faults)
    models = ModelManager({"fake": engine})
    with models.use(engine, RYAN):
        pass
    with pytest.raises(problem), models.use(engine, SAILOR):
        pass
    for voice in (RYAN, SAILOR):
        with models.use(engine, voice):
            assert models.is_resident(engine, voice)


def test_an_unexpected_error_of_a_library_becomes_a_problem() -> None:
    class Broken(FakeEngine):
        def load(self, variant: str) -> None:
            raise ImportError("libcuda.so")

    engine = Broken()
    with pytest.raises(EngineFailed, match="ImportError"), ModelManager({"fake": engine}).use(engine, RYAN):
        pass


def test_fifty_swaps_give_all_memory_back() -> None:
    engine = FakeEngine("hold=50")
    models = ModelManager({"fake": engine})
    process, sizes = psutil.Process(), []
    for turn in range(50):
        with models.use(engine, RYAN if turn % 2 else SAILOR):
            pass
        models.unload()
        sizes.append(process.memory_info().rss / 2**20)
    assert sizes[-1] - sizes[2] < 20  # MB


def test_every_engine_is_described_without_loading_it() -> None:
    rows = ModelManager({"better": Missing(), "fake": FakeEngine()}).describe()
    assert {"name", "title", "available", "reason", "hint", "kinds", "languages", "emotions", "note", "quality"} <= set(
        rows[0]
    )
    assert [row["available"] for row in rows] == [False, True]
