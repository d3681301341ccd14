"""Who does what a verb asks for: a running studio over HTTP, or this process. Both answer in the same words.

A running studio tells by a file in its data folder where it is, and brings a key of its own with it, as long as it
lives. Whoever may read that file may read all voices and takes anyway.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from backend.commands.grammar import Misused
from backend.commands.terminal import Event
from backend.core.settings import Settings

RUNNING = "server.json"
"""In the state folder: address, key, process and the second it was started, of a studio that runs."""

DRIFT = 60.0  # seconds by which a clock that was set makes a process seem older or younger

Record = dict[str, Any]


class Desk(Protocol):
    """What can be asked for. Iterators tell how far the work is, the last event holds `result`; leaving one cancels.

    All raise the problems of `docs/errors.md`, and `Gone` where a running studio went away.
    """

    def speak(self, request: Record) -> Iterator[Event]:
        """Of a GenerationRequest."""

    def sound(self, take: str, extension: str, target: Path) -> None:
        """A form of a take into a file."""

    def takes(self, query: str, limit: int) -> tuple[list[Record], int]:
        """Newest first, and how many there are."""

    def take(self, key: str) -> Record: ...

    def delete_take(self, key: str) -> None: ...

    def preview(self, text: str, voice: Record) -> Record:
        """What a script will become."""

    def text_limit(self) -> int:
        """Characters of one script."""

    def transcribe(self, source: Path, wish: Mapping[str, Any]) -> Iterator[Event]:
        """`wish` holds engine, language, clean, context."""

    def written(self, result: Mapping[str, Any], name: str) -> str:
        """A transcription in a format."""

    def voices(self) -> list[Record]: ...

    def create_voice(self, facts: Mapping[str, Any]) -> Record: ...

    def record(self, key: str, emotion: str, source: Path, transcript: str | None) -> Record: ...

    def delete_voice(self, key: str) -> None: ...

    def restore_voice(self, key: str) -> Record: ...

    def export_voice(self, key: str, target: Path) -> None: ...

    def import_voice(self, source: Path) -> Record: ...

    def welcome(self, source: Path, transcript: str) -> Record:
        """A voice for a few requests, made of a recording: a VoiceSpec without emotion."""

    def farewell(self, voice: Record) -> None:
        """It is no longer needed."""

    def smart(self, source: Path, wish: Mapping[str, Any]) -> Iterator[Event]: ...

    def smart_clip(self, session: str, clip: Mapping[str, Any], target: Path) -> None: ...

    def smart_voice(self, session: str, wish: Mapping[str, Any]) -> Record: ...

    def drop_smart(self, session: str) -> None: ...

    def chimera(self, wish: Record, file: Path | None, ai_file: Path | None) -> Iterator[Event]: ...

    def chimera_sound(self, session: str, name: str, target: Path) -> None: ...

    def save_chimera(self, session: str, number: str, wish: Record) -> Record: ...

    def drop_chimera(self, session: str) -> None: ...

    def models(self) -> Record: ...

    def examine_model(self, key: str) -> Record: ...

    def download_model(self, key: str, provider: str) -> Iterator[Event]: ...

    def delete_model(self, key: str) -> Record: ...


def desk_for(settings: Settings, arguments: argparse.Namespace) -> Desk:
    """The studio that is named, the one that runs on the data folder, or this process."""
    found = named_or_running(settings, arguments)
    if found is not None:
        from backend.commands.there import There

        return There(*found, find=lambda: named_or_running(settings, arguments))
    from backend.commands.here import Here  # brings the rooms: nothing of them is needed beside a studio

    return Here(settings)


def named_or_running(settings: Settings, arguments: argparse.Namespace) -> tuple[str, str] | None:
    """Address and key of a studio; None where this process shall work. Raises Misused."""
    if arguments.server:
        return _checked(arguments.server), settings.token
    return None if arguments.no_server else running(settings)


def running(settings: Settings) -> tuple[str, str] | None:
    """Address and key of the studio that runs on the data folder."""
    try:
        told = json.loads((settings.state_dir / RUNNING).read_text("utf-8"))
        began = _started(int(told["pid"]))
        alive = began is not None and abs(began - float(told["started"])) < DRIFT
        return (str(told["address"]), str(told["key"])) if alive else None
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None


def tell_running(settings: Settings, address: str, key: str) -> None:
    """Write down where this process serves; only its user may read it."""
    told = {"address": address, "key": key, "pid": os.getpid(), "started": _started(os.getpid())}
    forget_running(settings)
    door = os.open(settings.state_dir / RUNNING, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(door, "w", encoding="utf-8") as file:
        json.dump(told, file)


def forget_running(settings: Settings) -> None:
    (settings.state_dir / RUNNING).unlink(missing_ok=True)


def _started(pid: int) -> float | None:
    """When the process of that number began; a number is given away again, and containers see others."""
    import psutil

    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def _checked(address: str) -> str:
    """Raises Misused for what is no address of a studio."""
    parts = urlsplit(address if "://" in address else f"http://{address}")
    try:
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise Misused(f"{address} is no address of a studio.", hint="Write it like http://127.0.0.1:8000.")
    return parts.geturl().rstrip("/")
