"""`qwentts reference <page>`: prints the pages that are made from the source; a test holds the committed ones to it."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

import yaml

from backend.commands.grammar import STATUSES, VERBS, Example, module_of
from backend.core.settings import PROJECT_DIR, Settings
from backend.core.tables.problems import problem_page

NEEDS_NO_SETTINGS = True
EXAMPLES: tuple[Example, ...] = (("qwentts reference cli", "docs/cli.md, as it must be now"),)

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


COMMANDS_HEAD = """# The command line

`qwentts VERB …` does what the page does. Where a studio runs on the data folder it is asked, so that the models it has
loaded are used; else the work is done in the process itself, with the same answer. `--server URL --token KEY` names
another studio, `--no-server` asks none. Standard output holds data only: everything for people is on standard error,
and a bar is drawn only where somebody watches. With `--json` each result is one line of JSON, and so is a failure:
`{"input", "problem"}`, the problem as in [errors](errors.md). Texts are UTF-8 (UTF-16 with its mark is read, too).
Shells complete verbs, options, voices, speakers and models: `qwentts completion` prints what they need. Where commands
of other programs went: [migration](migration.md).

"""


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("page", choices=tuple(PAGES))


def run(arguments: argparse.Namespace) -> int:
    print(PAGES[arguments.page](), end="")
    return 0


def commands_page() -> str:
    """`docs/cli.md`: every verb with its arguments and examples, from the verbs themselves."""
    statuses = "".join(f"| {number} | {text} |\n" for number, text in STATUSES.items())
    page = f"{COMMANDS_HEAD}| Exit status | |\n|---|---|\n{statuses}"
    return page + "".join(_verb(name, summary) for name, summary in VERBS.items())


def _verb(name: str, summary: str) -> str:
    module = module_of(name)
    parser = argparse.ArgumentParser(prog=f"qwentts {name}", add_help=False)
    module.declare(parser)
    rows = [row for action in parser._actions if (row := _argument(action))]  # noqa: SLF001 (nowhere else)
    examples = "".join(f"{command}    # {text}\n" for command, text in module.EXAMPLES)
    table = "| Argument | |\n|---|---|\n" + "".join(rows)
    return f"\n## {name}\n\n{summary[0].upper()}{summary[1:]}.\n\n```bash\n{examples}```\n\n{table}"


def _argument(action: argparse.Action) -> str:
    shown = action.metavar or (action.dest.upper() if action.option_strings else action.dest)
    value = "" if action.nargs == 0 else str(shown)
    names = " ".join(filter(None, (", ".join(action.option_strings), value)))
    choices = f" One of {', '.join(map(str, action.choices))}." if action.choices else ""
    text = re.sub(r"\s+", " ", action.help or "").replace("|", "\\|")
    return f"| `{names}` | {text[:1].upper()}{text[1:]}.{choices} |\n"


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


PAGES = {"cli": commands_page, "settings-example": settings_example, "settings": settings_page, "errors": problem_page}
