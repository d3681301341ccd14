"""Plays a WAV file aloud with what the system has for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from backend.core.errors import Problem

PLAYERS: tuple[tuple[str, ...], ...] = (
    ("afplay",),
    ("pw-play",),
    ("paplay",),
    ("aplay", "-q"),
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"),
    ("play", "-q"),
)
"""Programs that play a file and end, the system's own first: macOS, PipeWire, PulseAudio, ALSA, FFmpeg, SoX."""


def play(sound: Path) -> None:
    """Returns when it is over. Raises Problem where nothing here plays sound."""
    if sys.platform == "win32":
        import winsound

        winsound.PlaySound(str(sound), winsound.SND_FILENAME)
        return
    for name, *options in PLAYERS:
        program = shutil.which(name)
        if program is not None and subprocess.run([program, *options, str(sound)], check=False).returncode == 0:
            return
    names = ", ".join(player[0] for player in PLAYERS)
    raise Problem("Nothing on this machine plays the sound.", hint=f"Install one of {names}, or write a file by -o.")
