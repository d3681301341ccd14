"""Where the espeak-ng library lies. Finds files only: nothing here loads or imports it."""

from __future__ import annotations

import ctypes.util
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path

LIBRARY_NAMES = {"win32": "espeak-ng.dll", "darwin": "libespeak-ng.dylib"}


@dataclass(frozen=True)
class EspeakLibrary:
    path: str
    """File, or a name that the system's loader knows."""
    data: str
    """Folder of espeak-ng-data; empty where the library knows it."""


def find_library() -> EspeakLibrary | None:
    """The library of the espeakng-loader package, else the system's own, else None."""
    spec = importlib.util.find_spec("espeakng_loader")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / LIBRARY_NAMES.get(sys.platform, "libespeak-ng.so")
        if path.is_file():
            return EspeakLibrary(str(path), str(Path(folder) / "espeak-ng-data"))
    name = ctypes.util.find_library("espeak-ng")
    return EspeakLibrary(name, "") if name else None
