"""What commands share in a terminal: stages shown while somebody watches, files that cannot be written."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from backend.core.errors import BadRequest, DiskFull, EngineFailed, PreviousFailure
from backend.core.events import ProgressEvent


def watched(events: Iterable[ProgressEvent], what: str) -> dict[str, Any]:
    """The result of work, its stages shown where a person watches. Raises what went wrong; `what` names the work."""
    shown = sys.stderr.isatty()
    for event in events:
        if shown:
            share = "" if event.progress is None else f" {100 * event.progress:.0f} %"
            print(f"\r\x1b[K{event.stage}{share}", end="\r\x1b[K" if event.done else "", file=sys.stderr, flush=True)
        if event.problem is not None:
            raise PreviousFailure(event.problem)
        if event.result is not None:
            return event.result
    raise EngineFailed(f"{what} ended without a result.")


@contextmanager
def writing(output: str) -> Iterator[None]:
    """Tell what keeps a file that was asked for from being written. Raises BadRequest, DiskFull."""
    try:
        yield
    except FileNotFoundError:
        raise BadRequest(f"There is no folder {Path(output).parent}.", hint="Make it first.") from None
    except OSError as error:
        raise DiskFull(f"{output} cannot be written: {error.strerror}.") from None
