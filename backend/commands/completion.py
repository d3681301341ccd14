"""`qwentts completion`: what a shell needs to complete verbs, options and names; and the answers it then asks for.

A completion is waited for at a key: it reads folder names and tables, and no setting is validated for it.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from backend.commands.grammar import DONE, Example
from backend.core.errors import Problem

NEEDS_NO_SETTINGS = True
SHELLS = ("bash", "zsh", "fish", "powershell")
EXAMPLES: tuple[Example, ...] = (
    ("qwentts completion bash", 'for ~/.bashrc: eval "$(qwentts completion bash)"'),
    ("qwentts completion zsh", 'for ~/.zshrc: eval "$(qwentts completion zsh)"'),
    ("qwentts completion fish", "qwentts completion fish > ~/.config/fish/completions/qwentts.fish"),
    ("qwentts completion powershell", "for $PROFILE: qwentts completion powershell | Out-String | Invoke-Expression"),
)
PROJECT = Path(__file__).resolve().parents[2]


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, help="which shell")


def run(arguments: argparse.Namespace) -> int:
    try:
        from argcomplete.shell_integration import shellcode
    except ImportError:
        raise Problem("The package argcomplete is not installed.", hint="Run ./start.sh; it installs it.") from None

    print(shellcode(["qwentts"], shell=arguments.shell))
    return DONE


def answer(parser: argparse.ArgumentParser) -> int:
    """Tell the shell what could stand at the cursor."""
    import argcomplete

    for verb in _verbs(parser):
        for action in verb._actions:  # noqa: SLF001 (argparse shows its arguments nowhere else)
            names = NAMES.get(action.dest)
            if names is not None and action.choices is None:
                action.completer = names  # type: ignore[attr-defined] # argcomplete reads it there
    argcomplete.autocomplete(parser)
    return DONE


def _verbs(parser: argparse.ArgumentParser) -> Iterable[argparse.ArgumentParser]:
    return next(
        action.choices.values()
        for action in parser._actions  # noqa: SLF001 (as above)
        if isinstance(action, argparse._SubParsersAction)  # noqa: SLF001 (as above)
    )


def _voices(parsed_args: argparse.Namespace, **_more: Any) -> list[str]:
    """Ids of saved voices: the folders that hold a record."""
    try:
        folders = sorted((_data_dir(parsed_args) / "saved_personalities").iterdir())
    except OSError:
        return []
    return [folder.name for folder in folders if (folder / "config.json").is_file()]


def _anybody(parsed_args: argparse.Namespace, **_more: Any) -> list[str]:
    return [*_voices(parsed_args), *_speakers()]


def _named(parsed_args: argparse.Namespace, **_more: Any) -> list[str]:
    """Of `voices`, whose imports are files."""
    return _voices(parsed_args) if getattr(parsed_args, "action", "") != "import" else []


def _speakers(**_more: Any) -> list[str]:
    from backend.core.tables.speakers import SPEAKERS

    return list(SPEAKERS)


def _emotions(**_more: Any) -> list[str]:
    from backend.core.tables.emotions import EMOTIONS

    return list(EMOTIONS)


def _languages(**_more: Any) -> list[str]:
    from backend.core.tables.languages import LANGUAGES

    return ["auto", *LANGUAGES]


def _models(**_more: Any) -> list[str]:
    """Keys of the catalog, without reading it as YAML, which takes longer than all the rest."""
    text = (PROJECT / "backend" / "downloads" / "catalog.yml").read_text("utf-8")
    return re.findall(r"^  (\w+):$", text.partition("\nmodels:")[2], re.MULTILINE)


NAMES: dict[str, Callable[..., list[str]]] = {
    "voice": _anybody,
    "into": _voices,
    "names": _named,
    "speaker": _speakers,
    "emotion": _emotions,
    "language": _languages,
    "keys": _models,
}
"""Argument → who names what could stand there."""


def _data_dir(parsed_args: argparse.Namespace) -> Path:
    """As the settings find it, by a quick look: argument, environment, .env, config.yml."""
    looks = (
        lambda: getattr(parsed_args, "data_dir", None),
        lambda: os.environ.get("STUDIO_DATA_DIR"),
        lambda: _line(".env", r"^STUDIO_DATA_DIR\s*=\s*(.+)$"),
        lambda: _line(getattr(parsed_args, "config", None) or "config.yml", r"^data_dir\s*:\s*(.+)$"),
    )
    return Path(next((found for look in looks if (found := look())), PROJECT)).expanduser()


def _line(name: str, pattern: str) -> str:
    try:
        found = re.search(pattern, Path(name).read_text("utf-8"), re.MULTILINE | re.IGNORECASE)
    except (OSError, UnicodeDecodeError):
        return ""
    return found.group(1).split(" #")[0].strip().strip("'\"") if found else ""
