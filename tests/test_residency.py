"""What stays in memory: swaps, parking, forecasts, failures, idleness. With an engine of several checkpoints."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

import pytest

from backend.core.errors import Cancelled, EngineUnavailable, NotFound, OutOfMemory
from backend.core.types import AudioChunk, ClonedVoice, DesignedVoice, PresetVoice, Segment, Voice
from backend.engines import device as devices
from backend.engines.base import AVAILABLE, Availability, DeviceChoice, EngineInfo, SpeakOptions, VariantInfo, VoiceKind
from backend.engines.fake import FakeEngine
from backend.engines.residency import SPARE
from backend.model_manager import ModelManager
from backend.speech.lending import borrow

RYAN = PresetVoice(speaker="Ryan")
SAILOR = DesignedVoice(description="a sailor")
SIZES = {"base": 4000, "custom": 4000, "design": 4000}


class Heavy:
    """Three checkpoints of four gigabytes that exist only as words."""

    info = EngineInfo("heavy", "Heavy", frozenset({"cloned", "preset", "designed"}), ("en",), 24_000, 4000, quality=50)

    def __init__(self, fails: frozenset[str] = frozenset()) -> None:
        self.done: list[str] = []
        self.resident = ""
        self.parked: set[str] = set()
        self.fails = fails
        self.gate: threading.Event | None = None

    def availability(self, kind: VoiceKind | None = None) -> Availability:
        return AVAILABLE

    def variants(self) -> list[VariantInfo]:
        return [VariantInfo(name, name, name.title(), True, size) for name, size in SIZES.items()]

    def best(self, kind: str) -> str:
        if kind not in SIZES:
            raise EngineUnavailable(f"No {kind}.")
        return kind

    def variant_for(self, voice: Voice) -> str:
        return "base" if isinstance(voice, ClonedVoice) else "custom" if isinstance(voice, PresetVoice) else "design"

    def load(self, variant: str, progress: Callable[[float], None] = lambda share: None) -> None:
        if self.gate is not None:
            self.gate.wait(5)
        if variant in self.fails:
            raise OutOfMemory(f"{variant} does not fit.")
        self.done.append(f"{'wake' if variant in self.parked else 'load'} {variant}")
        self.parked.discard(variant)
        self.resident = variant
        progress(1.0)

    def park(self) -> bool:
        self.parked.add(self.resident)
        self.done.append(f"park {self.resident}")
        self.resident = ""
        return True

    def unload(self, variant: str | None = None) -> None:
        self.done.append(f"unload {variant or 'all'}")
        self.parked = set() if variant is None else self.parked - {variant}
        if variant in (None, self.resident):
            self.resident = ""

    def device(self) -> DeviceChoice:
        return DeviceChoice("cpu", "a processor", "float32", "sdpa", 1, "There is nothing else.")

    def speak(self, segments: Sequence[Segment], voice: Voice, options: SpeakOptions) -> Iterator[AudioChunk]:
        raise NotImplementedError


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Megabytes of this machine, as the test wants them."""
    machine = {"free": 60_000, "total": 64_000}
    monkeypatch.setattr(devices, "memory", lambda kind: (machine["free"], machine["total"]))
    return machine


def used(models: ModelManager, engine: Heavy, *voices: Voice) -> list[str]:
    for voice in voices:
        with models.use(engine, voice):
            pass
    return engine.done


def test_a_swap_back_wakes_what_was_parked(free: dict[str, int]) -> None:
    engine = Heavy()
    done = used(ModelManager({"heavy": engine}), engine, RYAN, SAILOR, RYAN)
    assert done == ["load custom", "park custom", "load design", "park design", "wake custom"]


def test_nothing_is_parked_where_there_is_no_room(free: dict[str, int]) -> None:
    free["free"] = 5500
    engine = Heavy()
    done = used(ModelManager({"heavy": engine}), engine, RYAN, SAILOR)
    assert done == ["load custom", "unload custom", "load design"]


def test_parking_is_bounded_by_the_setting(free: dict[str, int]) -> None:
    none, one = Heavy(), Heavy()
    assert "park custom" not in used(ModelManager({"heavy": none}, park_memory=0), none, RYAN, SAILOR)
    used(ModelManager({"heavy": one}, park_memory=4500), one, RYAN, SAILOR, ClonedVoice(reference=None))  # type: ignore[arg-type]  # never read here
    assert one.parked == {"design"}  # what was used last rests in the place of what rested longest


def test_what_rests_longest_goes_first_when_memory_gets_short(free: dict[str, int]) -> None:
    engine = Heavy()
    models = ModelManager({"heavy": engine})
    used(models, engine, RYAN, SAILOR)
    free["free"] = SPARE - 1
    used(models, engine, ClonedVoice(reference=None))  # type: ignore[arg-type]  # never read here
    assert "unload custom" in engine.done and engine.resident == "base"


def test_a_model_that_cannot_fit_is_refused_with_figures_and_the_former_one_serves(free: dict[str, int]) -> None:
    engine = Heavy()
    models = ModelManager({"heavy": engine})
    used(models, engine, RYAN)
    free["free"] = 500
    free["total"] = 4000
    SIZES["design"] = 9000
    try:
        with pytest.raises(OutOfMemory, match=r"9\.0 GB.*0\.5 GB are free") as told, models.use(engine, SAILOR):
            pass
    finally:
        SIZES["design"] = 4000
    assert told.value.hint and models.is_resident(engine, RYAN) and engine.done == ["load custom"]


def test_a_failed_load_brings_the_former_model_back(free: dict[str, int]) -> None:
    engine = Heavy(fails=frozenset({"design"}))
    models = ModelManager({"heavy": engine})
    with pytest.raises(OutOfMemory):
        used(models, engine, RYAN, SAILOR)
    assert engine.done == ["load custom", "park custom", "unload design", "wake custom"]
    assert models.is_resident(engine, RYAN) and models.facts()["resident"][0]["variant"] == "custom"


def test_two_requests_for_one_model_load_it_once(free: dict[str, int]) -> None:
    engine = Heavy()
    engine.gate = threading.Event()
    models = ModelManager({"heavy": engine})
    threads = [threading.Thread(target=models.switch_model, args=("custom",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    engine.gate.set()
    for thread in threads:
        thread.join()
    assert engine.done == ["load custom"]


def test_a_model_is_switched_to_by_its_kind_and_a_stranger_is_named(free: dict[str, int]) -> None:
    engine = Heavy()
    models = ModelManager({"fake": FakeEngine(), "heavy": engine})
    assert models.switch_model("design") == "design" and engine.resident == "design"
    with pytest.raises(NotFound, match="no such model") as told:
        models.switch_model("nonsense")
    assert "base, custom, design" in told.value.hint
    models.unload_model()
    assert engine.resident == "" and models.facts()["resident"] == []


def test_an_idle_model_gives_its_memory_back_and_a_busy_one_does_not(free: dict[str, int]) -> None:
    now = [0.0]
    engine = Heavy()
    heard: list[int] = []
    models = ModelManager(
        {"heavy": engine}, ttl=60, clock=lambda: now[0], on_change=lambda facts: heard.append(len(facts["resident"]))
    )
    with models.use(engine, RYAN):
        now[0] = 100
        assert not models.let_go_when_idle()
    now[0] = 159
    assert not models.let_go_when_idle()
    now[0] = 161
    assert models.let_go_when_idle()
    assert engine.done[-1] == "unload all" and heard[-1] == 0
    assert not models.let_go_when_idle()


def test_a_small_engine_is_never_let_go(free: dict[str, int]) -> None:
    engine = FakeEngine()
    models = ModelManager({"fake": engine}, ttl=1, clock=iter(range(0, 10_000, 100)).__next__)
    with models.use(engine, RYAN):
        pass
    assert not models.let_go_when_idle() and models.is_resident(engine, RYAN)


def test_the_facts_tell_what_is_resident_what_rests_and_on_which_device(free: dict[str, int]) -> None:
    engine = Heavy()
    models = ModelManager({"heavy": engine})
    used(models, engine, RYAN, SAILOR)
    facts = models.facts()
    assert [(row["key"], row["state"]) for row in facts["resident"]] == [("design", "resident"), ("custom", "parked")]
    assert facts["device"]["reason"] and facts["memory"] == {"free_mb": 60_000, "total_mb": 64_000}


def test_a_borrower_hears_how_far_the_load_is_and_gives_the_slot_back(free: dict[str, int]) -> None:
    engine = Heavy()
    models = ModelManager({"heavy": engine})
    with ExitStack() as stack:
        shares = list(borrow(stack, models, engine, RYAN, lambda: False))
        assert shares == [1.0] and models.is_resident(engine, RYAN)
        with pytest.raises(Cancelled), ExitStack() as other:
            list(borrow(other, models, engine, SAILOR, lambda: True))
    used(models, engine, SAILOR)
    assert engine.resident == "design"


def test_a_borrower_hears_why_a_load_failed_and_the_slot_is_free(free: dict[str, int]) -> None:
    engine = Heavy(fails=frozenset({"custom"}))
    models = ModelManager({"heavy": engine})
    with pytest.raises(OutOfMemory), ExitStack() as stack:
        list(borrow(stack, models, engine, RYAN, lambda: False))
    used(models, engine, SAILOR)
