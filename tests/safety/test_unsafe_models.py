"""Nothing that a model's file holds is ever run: pickles with a canary, and no call that would allow it."""

from __future__ import annotations

import ast
import io
import pickle
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.core.errors import EngineUnavailable
from tests.tiny_checkpoints import tiny_checkpoints

ROOT = Path(__file__).resolve().parents[2]


class Canary:
    """Makes a file when somebody unpickles it."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, str]]:
        return open, (self.path, "w")


def plain(canary: Canary) -> bytes:
    return pickle.dumps({"model_state": canary, "dims": canary}, protocol=2)  # the one that torch expects


def zipped(canary: Canary) -> bytes:
    """As torch writes archives."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("model/data.pkl", plain(canary))
        archive.writestr("model/version", "3")
        archive.writestr("model/byteorder", "little")
    return buffer.getvalue()


def tarred(canary: Canary) -> bytes:
    """As torch wrote archives once."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in ("storages", "tensors", "pickle"):
            entry = tarfile.TarInfo(name)
            entry.size = len(plain(canary))
            archive.addfile(entry, io.BytesIO(plain(canary)))
    return buffer.getvalue()


DISGUISES = [plain, zipped, tarred]


def test_the_canary_sings_where_it_is_let(tmp_path: Path) -> None:
    pickle.loads(plain(Canary(tmp_path / "sang")))["dims"].close()  # noqa: S301 - this shows that the tests below can fail
    assert (tmp_path / "sang").exists()


@pytest.mark.parametrize("disguise", DISGUISES)
def test_weights_that_are_a_pickle_are_refused_unread(disguise: Callable[[Canary], bytes], tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the studio set is not installed")
    from backend.engines.qwen3_tts.weights import Weights

    folder = tmp_path / "Qwen3-TTS-12Hz-0.6B-Base"
    shutil.copytree(tiny_checkpoints() / folder.name, folder)
    content = disguise(Canary(tmp_path / "sang"))
    (folder / "pytorch_model.bin").write_bytes(content)
    Weights(folder)  # a pickle besides is not looked at
    (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(EngineUnavailable, match="damaged"):
        Weights(folder)
    assert not (tmp_path / "sang").exists()


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_kept_voice_that_is_a_pickle_is_refused_unread(disguise: Callable[[Canary], bytes], tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the studio set is not installed")
    from backend.engines.qwen3_tts.voices import _read

    (tmp_path / "voice.safetensors").write_bytes(disguise(Canary(tmp_path / "sang")))
    assert _read(tmp_path / "voice.safetensors") is None
    assert not (tmp_path / "sang").exists()


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_speaker_encoder_that_is_a_pickle_with_code_is_refused(
    disguise: Callable[[Canary], bytes], tmp_path: Path
) -> None:
    pytest.importorskip("torch", reason="the studio set is not installed")
    import numpy as np

    from backend.engines.embeddings import SpeakerEncoder

    (tmp_path / "encoder.pt").write_bytes(disguise(Canary(tmp_path / "sang")))
    noise = np.random.default_rng(1).normal(0, 0.1, 48_000).astype(np.float32)
    with pytest.raises(EngineUnavailable, match="damaged"):
        SpeakerEncoder(tmp_path / "encoder.pt").embed(noise)
    assert not (tmp_path / "sang").exists()


FORBIDDEN_CALLS = {"eval", "exec", "torch.hub.load", "pickle.load", "pickle.loads", "yaml.load", "joblib.load"}
SOURCES = [path for folder in ("backend", "scripts") for path in sorted((ROOT / folder).rglob("*.py"))]


def test_no_call_of_ours_would_run_what_a_download_holds() -> None:
    found = [f"{path.relative_to(ROOT)}:{call.lineno}" for path in SOURCES for call in calls(path) if is_unsafe(call)]
    assert not found


@pytest.mark.parametrize(
    "line",
    [
        *(
            "eval(x)",
            "pickle.load(x)",
            "torch.load(x)",
            "torch.load(x, weights_only=False)",
            "np.load(x, allow_pickle=1)",
        ),
        *("AutoModel.from_pretrained(x, trust_remote_code=True)", "yaml.load(x)", "torch.hub.load(x)"),
    ],
)
def test_the_search_finds_what_it_is_for(line: str) -> None:
    (call,) = [node for node in ast.walk(ast.parse(line)) if isinstance(node, ast.Call)]
    assert is_unsafe(call)


def calls(path: Path) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]


def is_unsafe(call: ast.Call) -> bool:
    name, given = ast.unparse(call.func), {word.arg: ast.unparse(word.value) for word in call.keywords}
    if name == "torch.load":
        return given.get("weights_only") != "True"
    pickles = given.get("allow_pickle", "False") != "False" or given.get("trust_remote_code", "False") != "False"
    return name in FORBIDDEN_CALLS or pickles
