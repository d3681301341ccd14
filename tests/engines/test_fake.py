"""The test engine: tones that repeat, and faults exactly where they were asked for."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from backend.core.errors import EngineUnavailable, OutOfMemory
from backend.core.settings import Settings
from backend.core.types import PresetVoice, Samples, Segment
from backend.engines.base import SpeakOptions
from backend.engines.fake import FakeEngine
from backend.engines.registry import ENGINES, make_engines

RYAN = PresetVoice(speaker="Ryan")


def speak(engine: FakeEngine, text: str = "Hello there.", seed: int = 1) -> Samples:
    chunks = engine.speak([Segment(0, text)], RYAN, SpeakOptions(seed=seed))
    return np.concatenate([chunk.samples for chunk in chunks])


def test_it_is_hidden_unless_asked_for() -> None:
    assert "fake" in ENGINES
    assert "fake" not in make_engines(Settings())
    assert "fake" in make_engines(Settings(fake_engine="on"))


def test_an_unknown_fault_is_named() -> None:
    with pytest.raises(ValueError, match="explode@2"):
        FakeEngine("explode@2")


def test_a_fault_strikes_at_its_own_segment_only() -> None:
    engine = FakeEngine("oom@2 nan@3 empty@4 silence@5 raise@6=KeyError")
    assert speak(engine).any()
    with pytest.raises(OutOfMemory):
        speak(engine)
    assert np.isnan(speak(engine)).all()
    assert len(speak(engine)) == 0
    assert not speak(engine).any()
    with pytest.raises(KeyError):
        speak(engine)
    assert speak(engine).any()


def test_a_load_can_fail_once() -> None:
    engine = FakeEngine("load_fail@1")
    with pytest.raises(EngineUnavailable):
        engine.load("base")
    engine.load("base")
    assert engine.variant == "base"


def test_a_crash_is_a_real_one() -> None:
    program = (
        "from backend.engines.fake import FakeEngine; from backend.core.types import *; "
        "from backend.engines.base import SpeakOptions; "
        "list(FakeEngine('segv@1').speak([Segment(0, 'a')], PresetVoice(speaker='Ryan'), SpeakOptions()))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, capture_output=True).returncode != 0
