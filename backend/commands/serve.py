"""`qwentts serve`: the studio with its page, until a signal ends it; what it does lies in `serving.py`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from backend.commands.grammar import Example, takes_data_dir

if TYPE_CHECKING:
    from backend.core.settings import Settings

EXAMPLES: tuple[Example, ...] = (
    ("qwentts serve", "the page at http://127.0.0.1:8000"),
    ("qwentts serve --port 8100 --no-browser", "elsewhere, and no page opened"),
    ("qwentts serve --wyoming", "Home Assistant, too: speaks on port 10200, listens on 10300"),
    ("qwentts serve --host 0.0.0.0 --token 'a long secret'", "for other machines, who must send the key"),
)

TTS_PORT, ASR_PORT = 10200, 10300
"""Of Wyoming, by habit."""


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on; anything but loopback demands a token")
    parser.add_argument("--port", type=int, help="TCP port; 0 takes a free one")
    parser.add_argument("--token", metavar="KEY", help="key that every caller must send")
    parser.add_argument("--no-browser", dest="open_browser", action="store_false", default=None, help="open no page")
    parser.add_argument("--wyoming", action="store_true", help="open Wyoming's ports 10200 and 10300, too (no keys)")
    parser.add_argument("--wyoming-host", metavar="HOST", help="their address; off loopback everybody is served")
    takes_data_dir(parser)


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    from backend.commands.serving import serve  # brings the whole web side, which the help need not wait for

    return serve(_with_wyoming(settings, arguments))


def _with_wyoming(settings: Settings, arguments: argparse.Namespace) -> Settings:
    """Ports that the settings name stay those."""
    asked: dict[str, object] = {"wyoming_host": arguments.wyoming_host} if arguments.wyoming_host else {}
    if arguments.wyoming:
        asked["wyoming_tts_port"] = settings.wyoming_tts_port or TTS_PORT
        asked["wyoming_asr_port"] = settings.wyoming_asr_port or ASR_PORT
    return settings.model_copy(update=asked)
