"""Every example of /openapi.json is run as it is printed, against a studio that is there."""

from __future__ import annotations

import math
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.api.openapi_routes import Operation, operations
from backend.api.openapi_samples import samples
from backend.app import create_app
from backend.core.settings import Settings
from backend.core.tables.formats import AUDIO_FORMATS
from tests.conftest import wav_bytes
from tests.contract.stage import Stage
from tests.running_studio import RunningStudio

ELSEWHERE: dict[str, tuple[int, str]] = {
    "delete_api_models_model": (404, "no model lies where tests run"),
    "post_api_personality_key_emotions_emotion_transcribe": (503, "no recogniser of quality is installed"),
    "post_api_switch_model": (503, "no model lies where tests run"),
    "post_api_session": (409, "the studio of the test asks for no key"),
}
"""Operation → the status it has on a machine of tests, and why it is not the one that is printed."""

NOT_RUN = {"post_api_models_model_open": "opens a window of the file manager"}


def _operations() -> list[Operation]:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data_dir=Path(folder), port=8000))
    return [op for op in operations(app) if not op.is_socket and op.id not in NOT_RUN]


OPERATIONS = _operations()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, voice_wav: bytes) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    running = RunningStudio(folder / "data", offline=True)
    yield Stage(running, folder, voice_wav, _long_recording())
    running.stop()


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")
@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: op.id)
def test_the_example_does_what_is_printed(op: Operation, stage: Stage) -> None:
    line = stage.line(op, samples(op)[0]["source"])
    printed = shlex.split(line)
    kept = stage.folder / (printed[printed.index("-o") + 1] if "-o" in printed else "answer")
    where = [] if "-o" in printed else ["-o", str(kept)]
    words = [*printed, *where, "-w", "%{http_code} %{content_type}", "--max-time", "60"]
    done = subprocess.run(words, cwd=stage.folder, capture_output=True, text=True, check=True)
    status, _, kind = done.stdout.partition(" ")
    expected, _ = ELSEWHERE.get(op.id, (op.example.status or next(iter(op.facts.answers)), ""))
    said = kept.read_bytes()[:2000] if kept.exists() else b""
    assert int(status) == expected, (line, said)
    if int(status) < 400 and int(status) != 204:
        assert said or op.method == "HEAD"
        is_text = not kind or kind.startswith(("text/", "application/json", "application/x-ndjson"))
        assert is_text is ("-o" not in printed), "what a terminal cannot show is kept as a file"
        if kept.suffix and kind.startswith("audio/"):
            assert AUDIO_FORMATS[kept.suffix[1:]].media_type == kind
    kept.unlink(missing_ok=True)


@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: op.id)
def test_the_example_in_python_can_be_compiled(op: Operation) -> None:
    compile(samples(op)[1]["source"], op.id, "exec")


def test_the_examples_in_javascript_can_be_compiled(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node on this machine")
    blocks = "\n".join(f"async () => {{\nlet file;\n{samples(op)[2]['source']}\n}};" for op in OPERATIONS)
    (tmp_path / "samples.mjs").write_text(blocks, encoding="utf-8")
    done = subprocess.run([node, "--check", str(tmp_path / "samples.mjs")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _long_recording() -> bytes:
    """Twelve seconds of phrases with pauses between them."""
    rate, samples_ = 24_000, []
    for n in range(rate * 12):
        time = n / rate
        speaks = (time % 3.0) < 2.4
        loud = max(0.0, math.sin(2 * math.pi * 3.1 * time)) ** 0.5 if speaks else 0.0
        samples_.append(int(7000 * loud * sum(math.sin(2 * math.pi * 140 * k * time) / k for k in range(1, 6))))
    return wav_bytes(samples_, rate)
