"""Our GigaAM hears what the package gigaam hears: `golden.npz` holds what that said of checkpoints made in seconds.

tests/oracle/gigaam_says.py wrote it, and says how to write it anew.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tiny_gigaam

from backend.engines.gigaam import pieces
from backend.engines.listening import RATE
from backend.engines.transcript import plain

torch = pytest.importorskip("torch")
GOLDEN = Path(__file__).with_name("golden.npz")
SECONDS = (0.1, 0.73, 2.0, 5.119)


def sound(seconds: float) -> np.ndarray:
    """As tests/oracle/gigaam_says.py makes it."""
    time = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.Generator(np.random.PCG64(round(1000 * seconds))).random(len(time)) - 0.5
    return (0.3 * np.sin(2 * np.pi * (150 + 120 * time) * time) + 0.1 * noise).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    for version in tiny_gigaam.VERSIONS:
        tiny_gigaam.make(root, version)
    return root / tiny_gigaam.FOLDER


@pytest.mark.parametrize("version", tiny_gigaam.VERSIONS)
@pytest.mark.parametrize("seconds", SECONDS)
def test_it_hears_and_writes_what_the_package_does(folder: Path, version: str, seconds: float) -> None:
    from backend.engines.gigaam.model import load

    said = np.load(GOLDEN)
    key = f"{version}/{seconds}"
    words = folder / f"{version}_tokenizer.model"
    model = load(folder / f"{version}.ckpt", words if words.exists() else None)
    samples = sound(seconds)
    with torch.inference_mode():
        heard = model.encoder(model.bands(torch.from_numpy(samples)))
        written = model.head.written(heard, lambda: None)
    np.testing.assert_allclose(heard.numpy()[::5], said[f"{key}/encoded"], atol=1e-4, rtol=0)
    assert [one.token for one in written] == said[f"{key}/tokens"].tolist()
    assert [one.frame for one in written] == said[f"{key}/frames"].tolist()
    text = pieces.text_of([one.piece for one in model.hear(samples, lambda: None)])
    assert plain(text) == plain(str(said[f"{key}/text"]))


def test_the_comparison_is_about_something() -> None:
    said = np.load(GOLDEN)
    assert {key.split("/")[0] for key in said.files} == set(tiny_gigaam.VERSIONS)
    lengths = [len(str(said[f"{version}/5.119/text"])) for version in tiny_gigaam.VERSIONS]
    kinds = [len(set(said[f"{version}/5.119/tokens"].tolist())) for version in tiny_gigaam.VERSIONS]
    assert min(lengths) > 30 and min(kinds) >= 6
