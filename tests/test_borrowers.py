"""Several borrowers of one model at once, a swap that waits for the last of them, and nobody who overtakes it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from backend.core.errors import Cancelled, EngineUnavailable, MemoryShared
from backend.core.types import DesignedVoice, PresetVoice, Voice
from backend.engines.fake import FakeEngine
from backend.model_manager import ModelManager
from tests.jobs.waiting import until
from tests.test_residency import Heavy

RYAN = PresetVoice(speaker="Ryan")
SAILOR = DesignedVoice(description="a sailor")


class Borrower:
    """Stays inside, in a thread of its own, until it is told to leave."""

    def __init__(self, models: ModelManager, voice: Voice, order: list[str], name: str, waits: bool) -> None:
        """`waits`: it has to stand in line, else it gets in."""
        self.inside, self.leave, self.cancelled = threading.Event(), threading.Event(), threading.Event()
        self.error: Exception | None = None
        self._models, self._voice, self._order, self._name = models, voice, order, name
        self._thread = threading.Thread(target=self._work, daemon=True)
        lines = len(models._borrowers._line)
        self._thread.start()
        until(lambda: len(models._borrowers._line) > lines if waits else self.inside.is_set())

    def _work(self) -> None:
        engine = self._models.engines["fake"]
        try:
            with self._models.use(engine, self._voice, self.cancelled.is_set):
                self._order.append(self._name)
                self.inside.set()
                assert self.leave.wait(10)
        except Exception as error:  # noqa: BLE001 - looked at by the test
            self.error = error

    def end(self) -> None:
        self.leave.set()
        self._thread.join(10)
        assert not self._thread.is_alive()


Ask = Callable[..., Borrower]


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine("jobs=3")


@pytest.fixture
def models(engine: FakeEngine) -> ModelManager:
    return ModelManager({"fake": engine})


@pytest.fixture
def order() -> list[str]:
    return []


@pytest.fixture
def ask(models: ModelManager, order: list[str]) -> Ask:
    return lambda voice, name, waits=False: Borrower(models, voice, order, name, waits)


def test_as_many_as_the_engine_serves_are_lent_one_variant_at_once(ask: Ask, engine: FakeEngine) -> None:
    three = [ask(RYAN, str(number)) for number in range(3)]
    fourth = ask(RYAN, "fourth", waits=True)
    assert all(one.inside.is_set() for one in three) and not fourth.inside.is_set()
    three[1].end()
    assert fourth.inside.wait(5)
    assert engine.loads == 1
    for one in (three[0], three[2], fourth):
        one.end()


def test_a_swap_waits_for_the_last_and_is_overtaken_by_nobody(ask: Ask, order: list[str], engine: FakeEngine) -> None:
    first, second = ask(RYAN, "first"), ask(RYAN, "second")
    swap = ask(SAILOR, "swap", waits=True)
    late = ask(RYAN, "late", waits=True)
    first.end()
    assert not swap.inside.wait(0.1) and not late.inside.is_set(), "the second still speaks"
    second.end()
    assert swap.inside.wait(5) and not late.inside.wait(0.1)
    swap.end()
    assert late.inside.wait(5)
    late.end()
    assert order == ["first", "second", "swap", "late"] and engine.loads == 3


def test_who_keeps_coming_does_not_starve_who_wants_something_else(ask: Ask, order: list[str]) -> None:
    inside = [ask(RYAN, "a"), ask(RYAN, "a")]
    swap = ask(SAILOR, "swap", waits=True)
    coming = [ask(RYAN, "b", waits=True) for _ in range(6)]
    for one in inside:
        one.end()
    assert swap.inside.wait(5)
    swap.end()
    for one in coming:
        one.leave.set()
    for one in coming:
        one.end()
    assert order == ["a", "a", "swap", *"bbbbbb"]


def test_a_swap_that_is_cancelled_while_it_waits_lets_those_behind_it_pass(ask: Ask) -> None:
    first = ask(RYAN, "first")
    swap, late = ask(SAILOR, "swap", waits=True), ask(RYAN, "late", waits=True)
    swap.cancelled.set()
    assert late.inside.wait(5)
    swap.end()
    assert isinstance(swap.error, Cancelled)
    first.end()
    late.end()


def test_one_who_waits_in_line_is_cancelled_without_a_trace(ask: Ask, models: ModelManager) -> None:
    first = ask(RYAN, "first")
    swap, behind = ask(SAILOR, "swap", waits=True), ask(RYAN, "behind", waits=True)
    behind.cancelled.set()
    until(lambda: behind.error)
    first.end()
    assert swap.inside.wait(5)
    swap.end()
    assert not models._borrowers.busy


def test_a_load_that_fails_lets_the_next_one_in(models: ModelManager) -> None:
    broken = FakeEngine("jobs=3 load_fail@1")
    models.engines["fake"] = broken
    with pytest.raises(EngineUnavailable), models.use(broken, RYAN):
        pass
    with models.use(broken, RYAN), models.use(broken, RYAN):
        assert broken.loads == 2
    assert not models._borrowers.busy


def test_memory_that_ran_out_is_given_back_by_who_is_alone_only(
    ask: Ask, models: ModelManager, engine: FakeEngine
) -> None:
    with models.use(engine, RYAN):
        other = ask(RYAN, "other")
        with pytest.raises(MemoryShared):
            models.reload(engine, RYAN)
        assert engine.loads == 1 and models.is_resident(engine, RYAN), "the other one speaks on"
        other.end()
        models.reload(engine, RYAN)
        assert engine.loads == 2
        late = ask(RYAN, "late")
        assert late.inside.is_set(), "whoever comes afterwards shares what was loaded anew"
    late.end()


def test_who_comes_during_a_reload_waits_for_its_end(ask: Ask, models: ModelManager, engine: FakeEngine) -> None:
    loading, go_on, load = threading.Event(), threading.Event(), engine.load

    def slow(variant: str) -> None:
        loading.set()
        assert go_on.wait(5)
        load(variant)

    with models.use(engine, RYAN):
        engine.load = slow  # type: ignore[method-assign]  # the same engine, when its disk is slow
        thread = threading.Thread(target=models.reload, args=(engine, RYAN))
        thread.start()
        assert loading.wait(5)
        late = ask(RYAN, "late", waits=True)
        assert not late.inside.wait(0.3)
        go_on.set()
        thread.join(5)
        assert late.inside.wait(5) and engine.loads == 2
    late.end()


def test_idle_models_stay_while_one_of_several_still_borrows() -> None:
    now = [0.0]
    heavy = Heavy()
    shared = type("Shared", (Heavy,), {"concurrent_jobs": lambda self: 2})()
    for engine in (heavy, shared):
        models = ModelManager({"heavy": engine}, ttl=60, clock=lambda: now[0])
        with models.use(engine, RYAN):
            if engine is shared:
                with models.use(engine, RYAN):
                    pass
            now[0] += 100
            assert not models.let_go_when_idle()
        now[0] += 61
        assert models.let_go_when_idle() and engine.done == ["load custom", "unload all"]


def test_unloading_waits_for_all_and_what_was_told_fits(ask: Ask, models: ModelManager, engine: FakeEngine) -> None:
    first, second = ask(RYAN, "first"), ask(RYAN, "second")
    assert models.facts()["shared"] == {"by": "fake:preset", "jobs": 3}
    thread = threading.Thread(target=models.unload_model)
    thread.start()
    first.end()
    thread.join(0.1)
    assert thread.is_alive() and models.is_resident(engine, RYAN)
    second.end()
    thread.join(5)
    assert not models.is_resident(engine, RYAN) and "shared" not in models.facts()


def test_an_engine_that_serves_one_tells_nothing_of_sharing() -> None:
    engine = FakeEngine()
    models = ModelManager({"fake": engine})
    with models.use(engine, RYAN):
        assert "shared" not in models.facts()
