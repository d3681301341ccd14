"""Paths as programs outside can open them: Linux inside Windows (WSL) has its own names for Windows' files."""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

_DRIVE = re.compile(r"/mnt/([a-z])(/.*)?")


def shown_path(path: Any, distribution: str) -> str:
    """The path as it is; inside a WSL distribution of that name, as Windows writes it.

    `/mnt/c/x` → `C:\\x`, `/home/x` → `\\\\wsl.localhost\\Ubuntu\\home\\x`.
    """
    if not distribution:
        return str(path)
    inside = PurePosixPath(path).as_posix()
    drive = _DRIVE.fullmatch(inside)
    if drive:
        return str(PureWindowsPath(f"{drive[1].upper()}:/", (drive[2] or "/").lstrip("/")))
    return f"\\\\wsl.localhost\\{distribution}" + inside.replace("/", "\\")
