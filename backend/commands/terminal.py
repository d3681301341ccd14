"""What commands share in a terminal: a bar while somebody watches, files that appear whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from backend.commands.grammar import FAILED
from backend.core.errors import BadRequest, DiskFull, EngineFailed, PreviousFailure, Problem

Event = Mapping[str, Any]
"""One report of work as `docs/api.md` shows it; the last has `done`, and `result` or `problem`."""

BAR = 24  # characters
EVERY = 0.1  # seconds between two drawings
TRUSTED = 2.0  # seconds of work from which its own pace tells the time left
FULL, EMPTY = "█", "░"
PLAIN = "#", "-"
"""For consoles whose encoding lacks the blocks."""


COMMAND_OF = {
    "GET /api/personality lists": "qwentts voices lists",
    "GET /api/history lists": "qwentts history lists",
    "GET /api/jobs lists": "qwentts jobs lists",
}
"""What a refusal tells programs to do → what people at a shell do."""


def tell(text: str) -> None:
    """A sentence for people."""
    if text:
        print(text, file=sys.stderr)


def watched(events: Iterable[Event], what: str, quiet: bool = False) -> dict[str, Any]:
    """The result of work, its stages shown where a person watches. Raises what went wrong; `what` names the work."""
    line = Line(quiet)
    try:
        for event in events:
            line.show(event)
            if event.get("problem") is not None:
                raise PreviousFailure(event["problem"])
            if event.get("result") is not None:
                return dict(event["result"])
    finally:
        line.clear()
        if isinstance(events, Generator):
            events.close()  # whoever leaves early cancels the work now, not when memory is tidied
    raise EngineFailed(f"{what} ended without a result.")


class Line:
    """The line at the bottom of a terminal: stage, bar, share, time left. Silent where nobody watches."""

    def __init__(self, quiet: bool = False) -> None:
        self._shown = sys.stderr.isatty() and not quiet
        self._began = time.monotonic()
        self._drawn = 0.0
        self._width = 0

    def show(self, event: Event) -> None:
        now = time.monotonic()
        if not self._shown or event.get("done") or now - self._drawn < EVERY:
            return
        self._drawn = now
        text = drawn(event, now - self._began, _signs())[: shutil.get_terminal_size().columns - 1]
        # Spaces wipe what the last line left: old consoles know no escapes for it.
        print(f"\r{text:<{self._width}}", end="", file=sys.stderr, flush=True)
        self._width = len(text)

    def clear(self) -> None:
        if self._width:
            print(f"\r{'':<{self._width}}\r", end="", file=sys.stderr, flush=True)
            self._width = 0


def drawn(event: Event, elapsed: float, signs: tuple[str, str] = (FULL, EMPTY)) -> str:
    """One line of a bar; `elapsed` are the seconds since the work began."""
    stage, share = str(event.get("stage", "")), event.get("progress")
    if event.get("queue_place"):
        stage = f"{stage} ({event['queue_place']} in the queue)"
    if share is None:
        return stage
    full = int(float(share) * BAR)
    eta = event.get("eta")
    if eta is None and elapsed > TRUSTED and share > 0:
        eta = elapsed * (1 - share) / share
    left = "" if eta is None else f"  {lasting(float(eta))} left"
    return f"{signs[0] * full}{signs[1] * (BAR - full)} {100 * share:3.0f} %{left}  {stage}"


def lasting(seconds: float) -> str:
    """`8 s`, `1:03`, `2:05:00`."""
    whole = max(1, round(seconds))
    hours, minutes = whole // 3600, whole // 60 % 60
    if hours:
        return f"{hours}:{minutes:02}:{whole % 60:02}"
    return f"{minutes}:{whole % 60:02}" if minutes else f"{whole} s"


def _signs() -> tuple[str, str]:
    try:
        (FULL + EMPTY).encode(sys.stderr.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return PLAIN
    return FULL, EMPTY


def plain(text: str) -> str:
    """What others wrote may hold escapes that a terminal obeys, and marks that turn the line around."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def as_json(value: Any) -> None:
    """One line of data."""
    print(json.dumps(value, ensure_ascii=False), flush=True)


def failed(source: str, problem: Problem, in_json: bool) -> int:
    """One of several could not be done: told, and the others go on. The exit status."""
    wrong = [f"{name} {text}." for name, text in problem.fields.items() if text not in problem.detail]
    hint = problem.hint or next(iter(wrong), "")
    sentence = " ".join(filter(None, (f"{source}:" if source else "", problem.detail, hint)))
    for route, command in COMMAND_OF.items():
        sentence = sentence.replace(route, command)
    tell(sentence)
    if in_json:
        as_json({"input": source, "problem": problem.as_dict()})
    return int(getattr(problem, "exit_status", FAILED))


def writable(output: Path) -> None:
    """Raises BadRequest for a file that cannot be, before anybody works for it."""
    if not output.parent.is_dir():
        raise BadRequest(f"There is no folder {output.parent}.", hint="Make it first.")
    if output.is_dir():
        raise BadRequest(f"{output} is a folder.", hint="Name a file; --out takes a folder.")


@contextmanager
def delivered(output: Path) -> Iterator[Path]:
    """Where to write so that the file appears whole at the end, or not at all. Raises BadRequest, DiskFull."""
    special = output.exists() and not output.is_file()  # a pipe, /dev/null: to be written, not replaced
    partial = output if special else output.with_name(f".{output.name[:60]}.{os.getpid()}.part")
    try:
        writable(output)
        yield partial
        if not special:
            os.replace(partial, output)
    except OSError as error:
        raise DiskFull(f"{output} cannot be written: {error.strerror}.") from None
    finally:
        if not special:
            partial.unlink(missing_ok=True)


def folder_for(name: str) -> Path:
    """The folder of several results, made where it is missing. Raises BadRequest, DiskFull."""
    folder = Path(name)
    if folder.exists() and not folder.is_dir():
        raise BadRequest(f"{folder} is a file.", hint="--out takes a folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DiskFull(f"{folder} cannot be made: {error.strerror}.") from None
    return folder
