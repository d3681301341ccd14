"""`qwentts reference <page>`: prints the pages that are made from the source; a test holds the committed ones to it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import yaml

from backend.core.settings import PROJECT_DIR, Settings
from backend.core.tables.problems import problem_page

EXAMPLE_HEAD = """# Settings of the studio. Copy to config.yml and take away the # before what you want to change.
# Order: these < .env < environment (STUDIO_ and the name in capitals) < arguments. A misspelt key stops the start.
"""

SETTINGS_HEAD = """# Settings

Every setting can stand in `config.yml` (start from `config.example.yml`), in `.env` or the environment as `STUDIO_` and
its name in capitals, and some as an argument of `qwentts serve`. Later ones win, in this order. A misspelt key
stops the start and is named. `QWEN_TTS_MODELS_DIR` sets `models_dir` too.

| Setting | Default | What it does |
|---|---|---|
"""


def run(_settings: Settings, arguments: argparse.Namespace) -> int:
    print(PAGES[arguments.page](), end="")
    return 0


def settings_example() -> str:
    """`config.example.yml`: every setting, commented out, with its default and its sentence."""
    blocks = [f"\n# {text}\n# {_line(name, value)}\n" for name, value, text in _rows()]
    return EXAMPLE_HEAD + "".join(blocks)


def settings_page() -> str:
    """`docs/settings.md`."""
    return SETTINGS_HEAD + "".join(f"| `{name}` | `{_short(value)}` | {text} |\n" for name, value, text in _rows())


def _rows() -> list[tuple[str, Any, str]]:
    return [(name, _plain(field.default), field.description or "") for name, field in Settings.model_fields.items()]


def _plain(value: Any) -> Any:
    if value == PROJECT_DIR:
        return "."  # the project folder, wherever it stands
    if isinstance(value, Path):
        return value.as_posix()
    return list(value) if isinstance(value, tuple) else value


def _line(name: str, value: Any) -> str:
    return str(yaml.safe_dump({name: value}, allow_unicode=True)).strip()


def _short(value: Any) -> str:
    return {None: "none", "": "empty"}.get(value, str(value)) if not isinstance(value, list) else "empty list"


PAGES = {"settings-example": settings_example, "settings": settings_page, "errors": problem_page}
