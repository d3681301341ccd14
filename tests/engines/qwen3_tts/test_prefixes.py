"""What prompts begin with alike is computed once, changes nothing, and stays within its bounds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("numba")
torch = pytest.importorskip("torch")

from backend.core.settings import Settings  # noqa: E402  - torch and numba may be missing
from backend.core.types import PresetVoice, Segment  # noqa: E402  - as above
from backend.engines.base import SpeakOptions  # noqa: E402  - as above
from backend.engines.qwen3_tts.engine import Qwen3TtsEngine  # noqa: E402  - as above
from backend.engines.qwen3_tts.int8.backend import Int8Session  # noqa: E402  - as above
from backend.engines.qwen3_tts.int8.prefixes import LEAST, Prefixes  # noqa: E402  - as above

FIRST, SECOND = "The ferry left the harbour before dawn.", "Rain came, and nobody minded it at all."


def spoken(engine: Qwen3TtsEngine, text: str) -> np.ndarray:
    options = SpeakOptions(seed=3, max_new_tokens=12)
    chunks = engine.speak([Segment(0, text)], PresetVoice(speaker="Ryan"), options)
    return np.concatenate([chunk.samples for chunk in chunks])


@pytest.fixture
def engine(tmp_path: Path, tiny_models: Path) -> Any:
    settings = Settings(data_dir=tmp_path, models_dir=tiny_models, device="cpu", threads=1, qwen_size="0.6b")
    made = Qwen3TtsEngine(settings)
    made.load("custom")
    yield made
    made.unload()


def test_a_second_sentence_says_the_same_and_computes_only_what_is_new(
    engine: Qwen3TtsEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[int] = []
    go = Int8Session._go

    def counted(self: Int8Session, net: Any, work: Any, tokens: int, rows: int) -> None:
        passes.append(tokens)
        go(self, net, work, tokens, rows)

    monkeypatch.setattr(Int8Session, "_go", counted)
    backend = engine._resident.backend  # type: ignore[union-attr]  # loaded above
    backend.prefixes = Prefixes(0)  # keeps nothing
    alone, heard_alone = spoken(engine, SECOND), passes[0]
    backend.prefixes = Prefixes()
    spoken(engine, FIRST)
    whole = backend.prefixes.size
    passes.clear()
    after = spoken(engine, SECOND)
    assert np.array_equal(after, alone)
    assert heard_alone - passes[0] >= LEAST
    assert 0 < backend.prefixes.size < whole, "what both share is kept, the rest of the first is not"


def test_the_same_sentence_again_computes_its_last_position_only(engine: Qwen3TtsEngine) -> None:
    first = spoken(engine, FIRST)
    assert np.array_equal(spoken(engine, FIRST), first)


def test_what_was_used_longest_ago_goes_when_memory_is_full() -> None:
    class Small:
        keys = np.ones((1, 1, 1, 8, 4), np.uint16)
        seen = keys

    room: Any = Small()
    prompts = [np.full((8, 4), number, np.float32) for number in range(3)]
    one = 8 * 4 * 4 + 2 * 8 * 4 * 2
    kept = Prefixes(2 * one)
    kept.keep(prompts[0], room, 0)
    kept.keep(prompts[1], room, 0)
    assert kept.recall(prompts[0], room, 0) == 7
    kept.keep(prompts[2], room, 0)
    assert [kept.recall(prompt, room, 0) for prompt in prompts] == [7, 0, 7]
    assert kept.size == 2 * one
