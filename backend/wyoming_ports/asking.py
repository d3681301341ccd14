"""The studio asks its own Wyoming ports, as another program would: so the page can show that they answer.

A browser opens no TCP connection, so the studio does it for the page.
"""

from __future__ import annotations

import io
import socket
import wave
from collections.abc import Iterator
from contextlib import closing, contextmanager

from backend.core.errors import BadAudio, Conflict, EngineFailed, PreviousFailure
from backend.core.settings import Settings
from backend.wyoming_ports.events import Event, Wire

SECONDS = 5.0  # to connect
MOST_DATA = 2**20  # bytes of an answer
PIECE = 8192  # bytes of sound in one event
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""An address to listen on → one to ask."""


def ask_to_speak(settings: Settings, text: str, voice: str, language: str) -> Iterator[bytes]:
    """PCM as the port sends it. Raises Conflict where the port is off, else the port's own problem."""
    with _connected(settings, settings.wyoming_tts_port) as wire:
        named = {name: value for name, value in (("name", voice), ("language", language)) if value}
        wire.write(Event("synthesize", {"text": text, "voice": named}))
        for event in _until(wire, "audio-stop"):
            if event.type == "audio-chunk":
                yield event.payload


def ask_to_listen(settings: Settings, sound: bytes, language: str) -> dict[str, str]:
    """What the port heard in a WAV file: `text`, `language`, `engine`. Raises Conflict, BadAudio, the port's own."""
    with _connected(settings, settings.wyoming_asr_port) as wire:
        wire.write(Event("transcribe", {"language": language} if language else {}))
        for event in _sound_of(sound):
            wire.write(event)
        *_, last = _until(wire, "transcript")
        return {name: str(last.data.get(name) or "") for name in ("text", "language", "engine")}


@contextmanager
def _connected(settings: Settings, port: int) -> Iterator[Wire]:
    if not port:
        raise Conflict("Wyoming is switched off.", hint="Start by: ./start.sh --wyoming, or qwentts serve --wyoming")
    host = EVERYWHERE.get(settings.wyoming_host, settings.wyoming_host)
    try:
        sock = socket.create_connection((host, port), SECONDS)
    except OSError as error:
        raise EngineFailed(f"Wyoming's port {port} does not answer: {error.strerror or error}.") from error
    with closing(Wire(sock, MOST_DATA)) as wire:
        try:
            yield wire
        except OSError as error:  # a port that has too many callers resets them
            raise EngineFailed(
                f"Wyoming's port {port} broke the connection off: {error.strerror or error}.",
                hint="It may have too many connections: close some, then try again.",
            ) from error


def _until(wire: Wire, last: str) -> Iterator[Event]:
    """Events up to that one. Raises what the other side tells as an error, as a problem of that code."""
    while (event := wire.read()) is not None:
        if event.type == "error":
            raise PreviousFailure({"detail": event.data.get("text"), "code": event.data.get("code"), "status": 422})
        yield event
        if event.type == last:
            return
    raise EngineFailed("Wyoming's port ended the connection.")


def _sound_of(sound: bytes) -> Iterator[Event]:
    try:
        with wave.open(io.BytesIO(sound)) as file:
            form = {"rate": file.getframerate(), "width": file.getsampwidth(), "channels": file.getnchannels()}
            frames = PIECE // (form["width"] * form["channels"])
            yield Event("audio-start", form)
            while piece := file.readframes(frames):
                yield Event("audio-chunk", form, piece)
            yield Event("audio-stop", {})
    except (wave.Error, EOFError, ZeroDivisionError):
        raise BadAudio("That is no WAV file.", hint="Send 16-bit PCM in a WAV.") from None
