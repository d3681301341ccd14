"""The recogniser's place in memory: beside what speaks, given way, let go, told."""

from __future__ import annotations

import threading

import pytest

from backend.core.errors import Cancelled, EngineFailed, EngineUnavailable, OutOfMemory
from backend.core.types import PresetVoice
from backend.engines import device as devices
from backend.engines.base import DeviceChoice
from backend.engines.fake import FakeEngine
from backend.engines.listener_slot import SPARE
from backend.model_manager import ModelManager
from tests.test_residency import Heavy
from tests.tone_speech import ToneListener

RYAN = PresetVoice(speaker="Ryan")


class Memory:
    """A machine of so many free megabytes, less what is loaded."""

    def __init__(self, free: int, *loaded: object) -> None:
        self.free = free
        self.loaded = loaded

    def __call__(self, kind: str) -> tuple[int, int]:
        used = 0
        for one in self.loaded:
            if isinstance(one, Heavy):
                used += 4000 * (bool(one.resident) + len(one.parked))
            elif isinstance(one, ToneListener) and one.is_loaded:
                used += one.info.memory_mb
        return self.free - used, 64_000


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


def test_it_is_loaded_once_and_stays_for_the_next(clock: list[float]) -> None:
    one = ToneListener()
    models = ModelManager({}, listeners={"tones": one})
    for _ in range(3):
        with models.listen("tones") as lent:
            assert lent is one
            assert models.is_listening(one)
    assert one.loads == 1


def test_another_recogniser_takes_its_place() -> None:
    one, two = ToneListener(name="one"), ToneListener(name="two")
    models = ModelManager({}, listeners={"one": one, "two": two})
    for name in ("one", "two"):
        with models.listen(name):
            pass
    assert (one.is_loaded, two.is_loaded) == (False, True)


def test_it_can_be_asked_for_while_somebody_speaks() -> None:
    engine, one = FakeEngine(), ToneListener()
    models = ModelManager({"fake": engine}, listeners={"tones": one})
    with models.use(engine, RYAN), models.listen("tones"):
        assert models.is_resident(engine, RYAN)
    assert [row["engine"] for row in models.facts()["resident"]] == ["fake", "tones"]


def test_a_second_one_waits_and_can_be_cancelled_while_it_waits() -> None:
    models = ModelManager({}, listeners={"tones": ToneListener()})
    inside, leave = threading.Event(), threading.Event()

    def first() -> None:
        with models.listen("tones"):
            inside.set()
            leave.wait(5)

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(5)
    with pytest.raises(Cancelled), models.listen("tones", cancelled=lambda: True):
        pass
    leave.set()
    with models.listen("tones"):
        pass
    thread.join()


def test_it_goes_when_nobody_listened_for_long_and_speaking_does_not_keep_it(clock: list[float]) -> None:
    engine, one = FakeEngine(), ToneListener()
    told: list[object] = []
    models = ModelManager(
        {"fake": engine}, ttl=60, on_change=told.append, clock=lambda: clock[0], listeners={"tones": one}
    )
    with models.listen("tones"):
        clock[0] = 100.0
        assert not models.let_go_when_idle(), "somebody listens"
    clock[0] = 159.0
    assert not models.let_go_when_idle()
    with models.use(engine, RYAN):
        clock[0] = 161.0
    assert models.let_go_when_idle()
    assert not one.is_loaded
    assert all(row["engine"] != "tones" for row in models.facts()["resident"])
    assert told


def test_a_speech_model_that_nobody_uses_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    heavy, one = Heavy(), ToneListener(memory_mb=5000)
    monkeypatch.setattr(devices, "memory", Memory(8000, heavy, one))
    models = ModelManager({"heavy": heavy}, listeners={"tones": one})
    with models.use(heavy, RYAN):
        pass
    with models.listen("tones"):
        assert not heavy.resident, "it went: resting would lie in the same memory"


class OnGpu(ToneListener):
    def device(self) -> DeviceChoice:
        return DeviceChoice("cuda", "a GPU", "float16", "sdpa", 1, "It is there.")


class HeavyOnGpu(Heavy):
    def device(self) -> DeviceChoice:
        return DeviceChoice("cuda", "a GPU", "bfloat16", "sdpa", 1, "It is there.")


def test_on_a_gpu_the_speech_model_rests_in_the_memory_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    heavy, one = HeavyOnGpu(), OnGpu(memory_mb=5000)

    def memory(kind: str) -> tuple[int, int]:
        used = 4000 * bool(heavy.resident) + 5000 * one.is_loaded
        return (8000 - used, 8000) if kind == "cuda" else (64_000, 64_000)

    monkeypatch.setattr(devices, "memory", memory)
    models = ModelManager({"heavy": heavy}, listeners={"tones": one})
    with models.use(heavy, RYAN):
        pass
    with models.listen("tones"):
        assert heavy.parked == {"custom"}
    with models.use(heavy, RYAN):
        assert heavy.done[-1] == "wake custom"
        assert not one.is_loaded, "it gave way in its turn"


def test_a_speech_model_that_fits_beside_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    heavy, one = Heavy(), ToneListener(memory_mb=1000)
    monkeypatch.setattr(devices, "memory", Memory(8000, heavy, one))
    models = ModelManager({"heavy": heavy}, listeners={"tones": one})
    with models.use(heavy, RYAN):
        pass
    with models.listen("tones"):
        assert heavy.resident


def test_a_speech_model_in_use_stays_and_the_recogniser_is_told_to_be_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heavy, one = Heavy(), ToneListener(memory_mb=5000)
    monkeypatch.setattr(devices, "memory", Memory(8000, heavy, one))
    models = ModelManager({"heavy": heavy}, listeners={"tones": one})
    with models.use(heavy, RYAN):
        with pytest.raises(OutOfMemory) as told, models.listen("tones"):
            pass
        assert heavy.resident
    assert f"{(5000 + SPARE) / 1000:.1f} GB" in told.value.detail
    assert told.value.hint


def test_the_recogniser_gives_way_to_a_speech_model(monkeypatch: pytest.MonkeyPatch) -> None:
    heavy, one = Heavy(), ToneListener(memory_mb=2000)
    monkeypatch.setattr(devices, "memory", Memory(6000, heavy, one))
    models = ModelManager({"heavy": heavy}, listeners={"tones": one})
    with models.listen("tones"):
        pass
    with models.use(heavy, RYAN):
        assert not one.is_loaded
    with models.listen("tones"):
        assert one.loads == 2


class Broken(ToneListener):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def load(self) -> None:
        super().load()
        raise self.error


@pytest.mark.parametrize(
    ("error", "problem"),
    [(ValueError("x"), EngineFailed), (MemoryError(), OutOfMemory), (EngineUnavailable("x"), EngineUnavailable)],
)
def test_a_failed_load_is_told_and_leaves_nothing_behind(error: Exception, problem: type[Exception]) -> None:
    one, good = Broken(error), ToneListener(name="good")
    models = ModelManager({}, listeners={"tones": one, "good": good})
    with pytest.raises(problem), models.listen("tones"):
        pass
    assert not one.is_loaded
    with models.listen("good"):
        assert good.is_loaded


def test_giving_all_memory_back_takes_the_recogniser_too() -> None:
    one = ToneListener()
    models = ModelManager({}, listeners={"tones": one})
    with models.listen("tones"):
        pass
    models.unload_model()
    assert not one.is_loaded
    assert models.facts()["resident"] == []
