"""`qwentts doctor`: what is installed, what is missing and why it is wanted, which device is used, what to do.

Looks and reports; changes nothing. Starts even where the studio's own packages are missing, so it can say so. Models
and torch are asked in short-lived processes, never in this one.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.metadata
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ((3, 11), (3, 13))
SCARCE = 2.0  # GB free, below which the disk is worth a word

LIGHT = {
    "flask": "answers requests",
    "cheroot": "the web server",
    "pydantic": "checks what comes in",
    "pydantic-settings": "reads the settings",
    "pyyaml": "reads config.yml",
    "wsproto": "speaks WebSocket",
    "psutil": "knows how much memory is free",
    "argcomplete": "completes words in a shell",
    "anyascii": "names the folders of voices",
    "numpy": "sound as numbers",
    "scipy": "filters",
    "soundfile": "writes wav, mp3, ogg, opus and flac",
    "pyloudnorm": "levels recordings",
    "av": "reads m4a, webm and every other recording",
    "espeakng-loader": "the preview voice's tongue",
    "pyworld-prebuilt": "the preview voice's throat",
    "pykakasi": "reads Japanese aloud",
    "webrtcvad-wheels": "finds where somebody speaks",
    "pocketsphinx": "hears English",
}

STUDIO = {
    "torch": "runs every downloaded model",
    "transformers": "loads Qwen3-TTS",
    "safetensors": "reads the files of models",
    "tokenizers": "cuts text into tokens",
    "huggingface-hub": "finds models to download",
    "librosa": "prepares references for models",
    "pydub": "joins references",
    "openai-whisper": "transcribes recordings",
}

SIGNS = {"ok": "✓", "warning": "!", "failure": "✗"}

# Run in a process of its own: importing torch takes seconds and hundreds of megabytes.
DEVICE_QUESTION = """
import json, torch
cuda, mps = torch.cuda.is_available(), getattr(torch.backends, "mps", None)
name = torch.cuda.get_device_name(0) if cuda else ""
memory = torch.cuda.get_device_properties(0).total_memory / 2**30 if cuda else 0
print(json.dumps({"version": torch.__version__, "cuda": cuda, "built": torch.version.cuda, "name": name,
                  "memory": memory, "mps": bool(mps and mps.is_available())}))
"""


@dataclass(frozen=True)
class Check:
    """One fact about this machine."""

    name: str
    status: Literal["ok", "warning", "failure"]
    text: str
    hint: str = ""
    """What to do about it; empty when nothing is to be done."""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="qwentts doctor", description="Check this machine and say what to do.")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--data-dir", help="folder that holds models, voices and output")
    arguments = parser.parse_args(argv)
    checks = report(arguments.data_dir)
    if arguments.json:
        print(json.dumps({"checks": [asdict(check) for check in checks]}, indent=2, ensure_ascii=False))
    else:
        _show(checks)
    return 1 if any(check.status == "failure" for check in checks) else 0


def report(data_dir: str | Path | None = None) -> list[Check]:
    """Every check, in the order in which a person would ask."""
    checks = [_python(), *_packages()]
    settings = _settings(data_dir)
    if isinstance(settings, Check):
        return [*checks, settings]
    asked: list[Callable[[], Check]] = [
        _device,
        lambda: _voice(settings),
        _ffmpeg,
        lambda: _data_dir(settings.data_dir),
        lambda: _disk(settings.data_dir),
        lambda: _models(settings),
        lambda: _port(settings.host, settings.port),
    ]
    return [*checks, *(check() for check in asked)]


def _show(checks: Sequence[Check]) -> None:
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a console that has no ✓ shows a question mark, not a traceback
    for check in checks:
        print(f"{SIGNS[check.status]} {check.text}")
        if check.hint:
            print(f"    → {check.hint}")


def _python() -> Check:
    version = platform.python_version()
    if PYTHONS[0] <= sys.version_info[:2] <= PYTHONS[1]:
        return Check("python", "ok", f"Python {version}")
    hint = "Install Python 3.11, 3.12 or 3.13 and start ./start.sh again."
    return Check("python", "failure", f"Python {version} is outside 3.11 to 3.13.", hint)


def _packages() -> Iterator[Check]:
    missing = [name for name in LIGHT if not _version(name)]
    if missing:
        text = "Missing from the light set: " + ", ".join(f"{name} ({LIGHT[name]})" for name in missing) + "."
        yield Check("light", "failure", text, "Run ./start.sh; it installs what is missing.")
    else:
        yield Check("light", "ok", "Light set: " + ", ".join(f"{name} {_version(name)}" for name in LIGHT))
    there = [name for name in STUDIO if _version(name)]
    missing = [name for name in STUDIO if name not in there]
    if there:
        yield Check("studio", "ok", "Studio set: " + ", ".join(f"{name} {_version(name)}" for name in there))
    if missing:
        text = "Not installed: " + ", ".join(f"{name} ({STUDIO[name]})" for name in missing) + "."
        hint = "The preview engine speaks without them; ./setup.sh (setup.bat) installs them."
        yield Check("studio-missing", "warning", text, hint)


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _settings(data_dir: str | Path | None) -> Any:
    """The settings, or the check that says why there are none."""
    try:
        made = importlib.import_module("backend.core.settings").Settings
        return made(data_dir=data_dir) if data_dir else made()
    except ImportError as error:
        return Check("settings", "failure", f"The studio cannot start: {error}.", "Run ./start.sh.")
    except ValueError as error:  # pydantic's own error is one
        sentence = " ".join(str(error).split())
        return Check("settings", "failure", f"The settings cannot be used: {sentence}", "See docs/settings.md.")


def _device() -> Check:
    if not _version("torch"):
        return Check("device", "ok", "Device: CPU. torch is not installed, and the preview engine needs none.")
    answer = _python_answer(["-c", DEVICE_QUESTION], seconds=90)
    if not answer:
        return Check("device", "warning", "torch is installed but does not start.", "Run ./setup.sh again.")
    facts = json.loads(answer)
    torch = f"torch {facts['version']}"
    if facts["cuda"]:
        return Check("device", "ok", f"Device: CUDA. {torch} sees {facts['name']} with {facts['memory']:.0f} GB.")
    if facts["mps"]:
        return Check("device", "ok", f"Device: MPS. {torch} sees an Apple GPU.")
    if facts["built"]:
        hint = "Update the NVIDIA driver if there is such a GPU."
        return Check("device", "warning", f"Device: CPU. {torch} is built for CUDA but finds no GPU.", hint)
    if shutil.which("nvidia-smi"):
        hint = "Take away .venv/.installed-studio and run ./setup.sh: it looks for the GPU again."
        return Check(
            "device", "warning", f"Device: CPU. {torch} is the CPU build, but there is an NVIDIA driver.", hint
        )
    return Check("device", "ok", f"Device: CPU. {torch} is the CPU build, and there is no NVIDIA driver.")


def _voice(settings: Any) -> Check:
    """Speak one word in an empty data folder, as `qwentts speak` would."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="qwentts-doctor-", ignore_cleanup_errors=True) as folder:
        file = Path(folder) / "hello.wav"
        arguments = ["-m", "backend.cli", "speak", "Hello.", "--engine", "preview", "-o", str(file)]
        said = _python_run([*arguments, "--data-dir", folder], seconds=60)
        spoken = said is not None and said.returncode == 0 and file.is_file() and file.stat().st_size > 1000
    if spoken:
        return Check("voice", "ok", f"The preview voice speaks ({time.monotonic() - began:.1f} s from a cold start).")
    words = said.stderr.strip().splitlines()[-1:] if said else ["it took longer than a minute"]
    hint = "Run ./start.sh, which mends the light set; on Alpine Linux install espeak-ng from the system."
    return Check("voice", "failure", f"The preview voice does not speak: {' '.join(words)}", hint)


def _ffmpeg() -> Check:
    return Check("ffmpeg", "ok", "FFmpeg is not needed: the packages av and soundfile read and write every format.")


def _data_dir(data_dir: Path) -> Check:
    place = data_dir
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        hint = "Give the folder to your user, or take another one by --data-dir."
        return Check("data", "failure", f"Data folder {data_dir} cannot be written: {error.strerror}.", hint)
    return Check("data", "ok", f"Data folder {data_dir}")


def _disk(data_dir: Path) -> Check:
    place = data_dir
    while not place.exists() and place != place.parent:
        place = place.parent
    free = shutil.disk_usage(place).free / 1e9
    if free < SCARCE:
        hint = "Free some space: a model takes 2 to 5 GB, a minute of speech 3 MB."
        return Check("disk", "warning", f"Only {free:.1f} GB are free.", hint)
    return Check("disk", "ok", f"{free:.0f} GB are free.")


def _models(settings: Any) -> Check:
    """Which models are here, and what those lack that are not whole."""
    catalog = importlib.import_module("backend.downloads.catalog").catalog()
    locate = importlib.import_module("backend.downloads.locate").locate
    found = [one for key in catalog if (one := locate(settings, key)) is not None]
    whole = [f"{one.key} ({one.source})" for one in found if one.valid]
    broken = [f"{one.key}: {', '.join(one.missing)}" for one in found if not one.valid]
    if broken:
        return Check("models", "warning", f"Not whole: {'; '.join(broken)}", "qwentts models download KEY mends it.")
    if whole:
        return Check("models", "ok", f"Models: {', '.join(whole)}")
    return Check("models", "ok", "No models yet; the preview engine speaks until there are.")


def _port(host: str, port: int) -> Check:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as door, contextlib.suppress(OSError):
        if os.name != "nt":
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((host, port))
        return Check("port", "ok", f"Port {port} is free.")
    hint = "If it is not a studio that runs there already, start with --port and another number."
    return Check("port", "warning", f"Port {port} is taken.", hint)


def _python_answer(arguments: Sequence[str], seconds: float) -> str:
    answer = _python_run(arguments, seconds)
    return answer.stdout if answer and answer.returncode == 0 else ""


def _python_run(arguments: Sequence[str], seconds: float) -> subprocess.CompletedProcess[str] | None:
    """What a Python of its own says in the project's folder; None when it takes too long."""
    command = [sys.executable, *arguments]
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return None


if __name__ == "__main__":
    sys.exit(main())
