"""`qwentts verify-data`: lists everything in the data folder that does not fit together; changes nothing."""

from __future__ import annotations

import argparse

from backend.core.settings import Settings
from backend.rooms.rooms import Rooms


def run(settings: Settings, _arguments: argparse.Namespace) -> int:
    found = Rooms(settings).verify()
    print("\n".join(found) if found else f"Everything in {settings.data_dir} fits together.")
    return 1 if found else 0
