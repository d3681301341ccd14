"""Environments for programs of others: a folder of .clients for each, made the first time. Knows no studio."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.soak.own_server import PROJECT

FOLDER = PROJECT / ".clients"
MODELS_OF_ITS_OWN = frozenset(
    "accelerate einops faster-whisper opencv-python-headless pyarrow rapidocr sentence-transformers "
    "transformers".split()
)
"""What Open WebUI demands for models that run inside it: gigabytes, and nothing here uses them."""
LAST_FOR_313 = "homeassistant<2026.3"
FFMPEG = "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())"


class Absent(Exception):
    """It cannot run on this machine; the words say why."""


@dataclass(frozen=True)
class Place:
    name: str
    make: Callable[[Place], None]

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    def made(self) -> Place:
        """Itself, whole. Raises Absent."""
        done = self.folder / "made"
        if not done.exists():
            print("  is installed; some minutes, once.", flush=True)
            self.folder.mkdir(parents=True, exist_ok=True)
            self.make(self)
            done.touch()
        return self


def python_of(place: Place) -> Path:
    windows = place.folder / "Scripts" / "python.exe"
    return windows if windows.exists() else place.folder / "bin" / "python"


def node_modules(place: Place) -> Path:
    return place.folder / "node_modules"


def version_of(place: Place, package: str) -> str:
    told = node_modules(place) / package / "package.json"
    if told.exists():
        return str(json.loads(told.read_text(encoding="utf-8"))["version"])
    return _said(python_of(place), "-c", f"from importlib.metadata import version; print(version({package!r}))")


def _node(*packages: str) -> Callable[[Place], None]:
    def make(place: Place) -> None:
        if not shutil.which("npm"):
            raise Absent("needs Node: there is no npm here")
        (place.folder / "package.json").write_text('{"private": true}', encoding="utf-8")
        _run("npm", "install", "--no-audit", "--no-fund", "--silent", *packages, folder=place.folder)

    return make


def _open_webui(place: Place) -> None:
    _venv(place, ("3.11", "3.12"))
    _pip(place, "--no-deps", "open-webui")
    asked = "from importlib.metadata import requires; print(chr(10).join(requires('open-webui')))"
    rows = [row for row in _said(python_of(place), "-c", asked).splitlines() if "extra ==" not in row]
    _pip(place, *(row for row in rows if re.split(r"[\[=<>; ]", row)[0] not in MODELS_OF_ITS_OWN))


def _home_assistant(place: Place) -> None:
    """Its integrations install what they need at their first start; ffmpeg they expect on the machine."""
    version = _venv(place, ("3.14", "3.13"), os.environ.get("HOME_ASSISTANT_PYTHON"))
    wanted = LAST_FOR_313 if version == "3.13" else "homeassistant"
    _pip(place, "--ignore-requires-python", wanted, "imageio-ffmpeg")
    link = python_of(place).with_name("ffmpeg")
    link.unlink(missing_ok=True)
    link.symlink_to(_said(python_of(place), "-c", FFMPEG))


def _kokoro(place: Place) -> None:
    _venv(place, ("3.11", "3.12", "3.13", "3.14"))
    _pip(place, "pytest", "httpx", "openai", "requests", "numpy")


def _venv(place: Place, versions: tuple[str, ...], named: str | None = None) -> str:
    """Made by a Python of one of these versions, the first that is found. Returns which. Raises Absent."""
    usual = [sys.executable, *filter(None, (shutil.which(f"python{version}") for version in versions))]
    for python in [named] if named else usual:
        asked = [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        found = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
        if found in versions:
            _run(python, "-m", "venv", place.folder)
            return found
    raise Absent(f"needs Python {' or '.join(versions)}, and none is found")


def _pip(place: Place, *arguments: str) -> None:
    _run(python_of(place), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments)


def _run(*command: str | Path, folder: Path = PROJECT) -> None:
    subprocess.run(command, cwd=folder, check=True)


def _said(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


NODE = ("openai", "@deepgram/sdk", "@elevenlabs/elevenlabs-js")
PLACES: dict[str, Place] = {
    **{name: Place("node", _node(*NODE)) for name in ("openai", "deepgram", "elevenlabs")},
    "sillytavern": Place("sillytavern", _node("sillytavern")),
    "open-webui": Place("open-webui", _open_webui),
    "home-assistant": Place("home-assistant", _home_assistant),
    **{name: Place("kokoro", _kokoro) for name in ("kokoro", "kokoro-dialogue")},
}
