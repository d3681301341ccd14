"""Spoken lines on disk between two passes, so that an hour of speech needs no more memory than a minute.

Samples are float32, so that the gain of the second pass costs no precision: 96 kB a second.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import numpy as np

from backend.core.types import Samples


class Spool:
    """A temporary file of lines, read back in any order. Removed on every exit."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = open(path, "x+b")  # noqa: SIM115 - closed by __exit__
        self._places: list[tuple[int, int]] = []

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)

    def append(self, samples: Samples) -> None:
        data = np.ascontiguousarray(samples, dtype="<f4").tobytes()
        start = self._file.seek(0, 2)
        self._file.write(data)
        self._places.append((start, len(data)))

    def read(self, index: int) -> Samples:
        """The line of that number, shape (n_samples,)."""
        start, size = self._places[index]
        self._file.seek(start)
        return np.frombuffer(self._file.read(size), dtype="<f4").astype(np.float32)
