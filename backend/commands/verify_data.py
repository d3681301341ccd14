"""`qwentts verify-data`: lists everything in the data folder that does not fit together; changes nothing."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from backend.commands.grammar import DONE, FAILED, Example, takes_data_dir

if TYPE_CHECKING:
    from backend.core.settings import Settings

EXAMPLES: tuple[Example, ...] = (("qwentts verify-data", "after a crash of the disk, or out of curiosity"),)


def declare(parser: argparse.ArgumentParser) -> None:
    takes_data_dir(parser)


def run(settings: Settings, _arguments: argparse.Namespace) -> int:
    from backend.rooms.rooms import Rooms

    found = Rooms(settings).verify()
    print("\n".join(found) if found else f"Everything in {settings.data_dir} fits together.")
    return FAILED if found else DONE
