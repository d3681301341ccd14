"""The walls of the house: who may import whom, and where each library lives; nowhere else is that picture kept."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BACKEND = ROOT / "backend"

# A room (a folder or a file of backend/) → the rooms it may import. A room may always import itself.
MAY_IMPORT: dict[str, set[str]] = {
    "core": set(),
    "text": {"core"},
    "safety": {"core"},
    "audio": {"core", "safety"},
    "downloads": {"core", "safety"},
    "engines": {"core", "text", "audio", "downloads"},
    "model_manager": {"core", "engines", "downloads"},
    "personality": {"core", "audio", "safety"},
    "personality_manager": {"core", "audio", "safety", "personality"},
    "jobs": {"core"},
    "chimera_maker": {"core", "text", "audio"},
    "speech": {"core", "text", "audio", "safety", "engines", "model_manager", "personality_manager", "chimera_maker"},
    "rooms": {
        *("core", "text", "audio", "safety", "engines", "model_manager", "personality_manager", "jobs", "speech"),
        "downloads",
    },
    "studio": {"core", "engines", "jobs", "rooms"},
    "doctor": {"core", "safety", "downloads"},
    "api": {"core", "safety", "audio", "jobs", "studio", "wyoming_ports"},
    "app": {"core", "api", "safety", "jobs", "studio"},
    "server": {"core", "safety"},
    "wyoming_ports": {"core", "jobs", "rooms", "safety", "studio"},
    "commands": {
        *("core", "api", "safety", "jobs", "studio", "app", "server", "doctor", "downloads", "rooms", "wyoming_ports"),
    },
    "cli": {"core", "commands", "doctor"},
}

# `python backend/app.py` has to start the server, so app hands over to the command line, inside a function.
HANDED_OVER = {("app", "cli")}

# A library → the only rooms that may import it. What is not named here may be imported by every room.
HOMES: dict[str, set[str]] = {
    "flask": {"api", "app"},
    "werkzeug": {"api", "app", "safety", "server"},
    "cheroot": {"server"},
    "wsproto": {"safety"},
    "torch": {"engines"},
    "transformers": {"engines"},
    "whisper": {"engines"},
    "ctranslate2": {"engines"},
    "librosa": {"engines"},
    "numba": {"engines"},
    "llvmlite": {"engines"},
    "safetensors": {"engines"},
    "tokenizers": {"engines"},
    "huggingface_hub": {"downloads"},
    "espeakng_loader": {"engines"},
    "pyworld": {"engines", "audio"},
    "pykakasi": {"engines"},
    "pocketsphinx": {"engines"},
    "webrtcvad": {"audio"},
    "av": {"audio", "safety"},
    "soundfile": {"audio", "safety"},
    "pyloudnorm": {"audio", "speech"},
    "sqlite3": {"jobs"},
    "anyascii": {"safety"},
}

# The start of the web process must not pay for these: they are imported in functions or in child processes.
HEAVY = (
    "numpy",
    "scipy",
    "av",
    "soundfile",
    "pyloudnorm",
    "pyworld",
    "pykakasi",
    "pocketsphinx",
    "webrtcvad",
    "torch",
    "transformers",
    "ctranslate2",
    "huggingface_hub",
)


@dataclass(frozen=True)
class Import:
    room: str
    target: str
    """Dotted name of what is imported."""
    place: str


def room_of(path: Path) -> str:
    """`backend/safety/gate.py` → `safety`; `backend/studio.py` → `studio`."""
    first = path.relative_to(BACKEND).parts[0]
    return first.removesuffix(".py")


def imports_of(path: Path) -> Iterator[Import]:
    """Every import of a file, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        place = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(room_of(path), alias.name, place)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{place} imports by dots; name the room"
            for alias in node.names:
                yield Import(room_of(path), f"{node.module}.{alias.name}", place)


FILES = sorted(path for path in BACKEND.rglob("*.py") if path != BACKEND / "__init__.py")
IMPORTS = [found for path in FILES for found in imports_of(path)]


def test_every_room_has_a_line_in_the_table() -> None:
    assert {room_of(path) for path in FILES} <= MAY_IMPORT.keys()


def test_rooms_import_inwards_only() -> None:
    broken = [
        f"{found.place}: {found.room} may not import {found.target}"
        for found in IMPORTS
        if found.target.startswith("backend.")
        and (room := found.target.split(".")[1]) != "__version__"
        and room != found.room
        and (found.room, room) not in HANDED_OVER
        and room not in MAY_IMPORT[found.room]
    ]
    assert not broken, "\n".join(broken)


def test_the_table_has_no_circles() -> None:
    def reach(room: str, seen: frozenset[str]) -> None:
        assert room not in seen, f"{room} reaches itself"
        for other in MAY_IMPORT[room]:
            reach(other, seen | {room})

    for room in MAY_IMPORT:
        reach(room, frozenset())


def test_libraries_stay_at_home() -> None:
    broken = [
        f"{found.place}: {library} lives in {', '.join(sorted(HOMES[library]))}, not in {found.room}"
        for found in IMPORTS
        if (library := found.target.split(".")[0]) in HOMES and found.room not in HOMES[library]
    ]
    assert not broken, "\n".join(broken)


def test_no_direct_child_of_backend_shadows_a_library() -> None:
    ours = {path.stem for path in BACKEND.iterdir()}
    assert not ours & (sys.stdlib_module_names | HOMES.keys() | {"numpy", "scipy", "yaml"})


def test_only_settings_read_the_environment() -> None:
    readers = {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in {"environ", "environb", "getenv"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    }
    allowed = {reader for reader in readers if reader.split(":")[0] in MAY_READ_THE_ENVIRONMENT}
    assert readers == allowed, readers - allowed


# Files that touch the environment all the same, and why.
MAY_READ_THE_ENVIRONMENT: dict[str, str] = {
    "backend/engines/device.py": "tells OpenMP how to wait, before torch is imported",
    "backend/core/settings.py": "answers what other programs say of their folders",
    "backend/cli.py": "whether a shell asks for completions, before anything is loaded",
    "backend/commands/completion.py": "the data folder of a completion, without validating settings",
}


@pytest.mark.parametrize("module", ["backend.app", "backend.cli", "backend.commands.serving"])
def test_starting_the_web_process_imports_no_heavy_library(module: str) -> None:
    question = f"import sys, {module}; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, cwd=ROOT, check=True)
    assert answer.stdout.split() == []
