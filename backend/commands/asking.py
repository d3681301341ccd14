"""Checks what was asked for before any work: shapes, files, texts; the same with and without a server."""

from __future__ import annotations

import argparse
import glob
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from backend.commands.grammar import Misused
from backend.core.errors import BadRequest

Model = TypeVar("Model", bound=BaseModel)

STREAM = "-"
"""The name that stands for standard input and standard output."""
MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
"""How Windows begins the texts that it saves as “Unicode”."""


def checked(model: type[Model], data: Mapping[str, Any]) -> Model:
    """A value of ours. Raises BadRequest that names the first wrong member."""
    try:
        return model.model_validate(dict(data))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Misused(f"{'.'.join(map(str, first['loc']))} {first['msg'].removeprefix('Input ')}.") from None


def given(arguments: argparse.Namespace, names: Iterable[str]) -> dict[str, Any]:
    """The arguments of these names that were written, as members of a request."""
    return {name: value for name in names if (value := getattr(arguments, name)) is not None}


def existing(names: Iterable[str], hint: str = "Name a recording.") -> list[Path]:
    """Raises BadRequest for what is no file."""
    paths = [Path(name) for name in names]
    for path in paths:
        if path == Path():  # an empty name, as of a variable that is not set
            raise Misused("A name is empty.", hint=hint)
        if path.is_dir():
            raise BadRequest(f"{path} is a folder.", hint=hint)
        if not path.is_file():
            raise BadRequest(f"There is no file {path}.", hint=hint)
    return paths


def spread(names: Iterable[str]) -> list[str]:
    """Names with * or ? as what they fit, which shells of Windows leave to the program; none fits: as it stands."""
    found: list[str] = []
    for name in names:
        wild = glob.has_magic(name) and not Path(name).exists()
        found += (sorted(glob.glob(name)) if wild else []) or [name]
    return found


def text_from(text: str | None) -> str:
    """The words to speak: the argument, or standard input. Raises BadRequest."""
    if text not in (None, "", STREAM):
        return str(text)
    if text == "" or (text is None and sys.stdin.isatty()):
        hint = "Give one as the argument, by --file, or send it by standard input."
        raise Misused("There is no text.", hint=hint)
    return worded(decoded(sys.stdin.buffer.read(), "Standard input"), "Standard input")


def worded(text: str, what: str) -> str:
    """Raises BadRequest for one that is empty."""
    if not text.strip():
        raise BadRequest(f"{what} holds no text.", hint="Write at least one word.")
    return text


def text_of(path: Path) -> str:
    """Raises BadRequest."""
    try:
        return decoded(path.read_bytes(), str(path))
    except OSError as error:
        raise BadRequest(f"{path} cannot be read: {error.strerror}.") from None


def decoded(raw: bytes, what: str) -> str:
    """Raises BadRequest for what is no text."""
    try:
        text = raw.decode(MARKS.get(raw[:2], "utf-8-sig"))
    except UnicodeDecodeError:
        raise BadRequest(f"{what} is not UTF-8 text.", hint="Save it as UTF-8.") from None
    if "\0" in text:
        raise BadRequest(f"{what} is no text.", hint="Name a file of plain text.")
    return text


def one_each(targets: Mapping[Path, Path]) -> None:
    """Source → what will be written. Raises BadRequest where two would be written to one place."""
    seen: dict[Path, Path] = {}
    for source, target in targets.items():
        if target in seen:
            raise Misused(f"{seen[target]} and {source} would both become {target}.", hint="Rename one of them.")
        seen[target] = source
