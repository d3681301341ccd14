"""`qwentts link`: asks a running studio for a one-time link to its page."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from backend.commands.grammar import DONE, Example, takes_studio

if TYPE_CHECKING:
    from backend.core.settings import Settings

EXAMPLES: tuple[Example, ...] = (("qwentts link", "of the studio that runs here, where it was started with a token"),)


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, help="port of the running studio on this machine")
    takes_studio(parser)


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    from backend.commands.desk import named_or_running
    from backend.commands.wire import Wire

    address, key = named_or_running(settings, arguments) or (f"http://127.0.0.1:{settings.port}", settings.token)
    if arguments.port:
        address, key = f"http://127.0.0.1:{arguments.port}", settings.token
    print(Wire(address, key).ask("POST", "/api/session")["url"])
    return DONE
