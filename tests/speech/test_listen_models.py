"""Long sound through the real code of Qwen3-ASR and GigaAM, on tiny random checkpoints: cut, heard, put together."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import tiny_asr
import tiny_gigaam

from backend.core.errors import Cancelled
from backend.core.settings import Settings
from backend.engines.listening import RATE, make_listeners
from backend.model_manager import ModelManager
from backend.speech.listen import listen
from tests.tone_speech import WORDS, spoken

pytest.importorskip("torch")
LONG = spoken(WORDS * 15, {40: 0.9, 90: 0.4})


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> ModelManager:
    root = tmp_path_factory.mktemp("models")
    tiny_asr.make(root, seed=4)
    tiny_gigaam.make(root, "v3_e2e_rnnt")
    settings = Settings(models_dir=root, data_dir=root, device="cpu", dtype="float32", threads=1)
    return ModelManager({}, listeners=make_listeners(settings))


@pytest.mark.parametrize(
    ("engine", "language", "name"),
    [("qwen3_asr", "de", "qwen3_asr_0_6b"), ("qwen", "auto", "qwen3_asr_0_6b"), ("gigaam", "ru", "gigaam_v3_e2e_rnnt")],
)
def test_long_sound_is_written_down(models: ModelManager, engine: str, language: str, name: str) -> None:
    shares: list[float] = []
    found = listen(LONG, models, engine=engine, language=language, told=shares.append)
    assert found.engine == name and found.text and len(found.utterances) >= 2
    assert shares == sorted(shares) and shares[-1] == 1.0
    assert found.duration == pytest.approx(len(LONG) / RATE)
    edges = [edge for one in found.utterances for edge in (one.start, one.end)]
    assert min(edges) >= 0 and max(edges) <= found.duration + 0.1
    assert all(one.start < after.start for one, after in itertools.pairwise(found.utterances))


@pytest.mark.parametrize(("engine", "language"), [("qwen3_asr", "auto"), ("gigaam", "ru")])
def test_a_long_sound_can_be_cancelled_and_heard_again(models: ModelManager, engine: str, language: str) -> None:
    asked = itertools.count()
    with pytest.raises(Cancelled):
        listen(LONG, models, engine=engine, language=language, cancelled=lambda: next(asked) > 40)
    assert listen(LONG, models, engine=engine, language=language).text


def test_silence_is_heard_by_nobody(models: ModelManager) -> None:
    found = listen(np.zeros(3 * RATE, np.float32), models, engine="gigaam", language="ru")
    assert (found.text, found.utterances) == ("", ())
