"""Speaks a text by the WebSocket of the console document, and writes the sound to a file: its test client.

    python scripts/test_tts_stream_ws.py --url ws://127.0.0.1:8000/tts/speak-streaming --text "Hello." --out hello.wav

`--speak-split 32` sends the text in pieces of so many characters, as a program does that writes it word by word.
"""

from __future__ import annotations

import argparse
import json
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Event, Message, Ping, Request

SECONDS = 300.0  # without a word from the studio


def main(words: list[str] | None = None) -> int:
    """The exit code: 0 when the sound was written."""
    asked = _arguments(words)
    client = Client(asked.url, asked.key)
    began = time.monotonic()
    for start in range(0, len(asked.text), asked.speak_split or len(asked.text)):
        client.say("Speak", text=asked.text[start : start + (asked.speak_split or len(asked.text))])
    client.say("Flush")
    frames: list[bytes] = []
    for message in client.heard():
        if isinstance(message, bytes):
            if not frames:
                print(f"first sound after {time.monotonic() - began:.2f} s")
            frames.append(message)
            continue
        print(json.dumps(message))
        if message["type"] == "Flushed":
            break
    client.say("Close")
    if not frames:
        return 1
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_bytes(b"".join(frames))
    print(f"{asked.out}: {sum(map(len, frames)):,} bytes in {len(frames)} frames")
    return 0


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Speak a text by WS /tts/speak-streaming.")
    parser.add_argument("--url", default="ws://127.0.0.1:8000/tts/speak-streaming", help="address, with its query")
    parser.add_argument("--text", required=True, help="what to speak")
    parser.add_argument("--speak-split", type=int, default=0, metavar="N", help="send it in pieces of N characters")
    parser.add_argument("--out", type=Path, default=Path("output/ws_stream_test.wav"), help="file for the sound")
    parser.add_argument("--key", default="", help="the studio's token, where it asks for one")
    return parser.parse_args(words)


class Client:
    """One connection. Ends the program with a sentence where there is none."""

    def __init__(self, url: str, key: str) -> None:
        parts = urlsplit(url)
        host, port = parts.hostname or "127.0.0.1", parts.port or 80
        try:
            self._socket = socket.create_connection((host, port), SECONDS)
        except OSError as error:
            sys.exit(f"Nobody answers at {host}:{port}: {error.strerror or error}. Start the studio first.")
        self._protocol = WSConnection(ConnectionType.CLIENT)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        extra = [(b"Authorization", f"Bearer {key}".encode())] if key else []
        self._socket.sendall(self._protocol.send(Request(f"{host}:{port}", target, extra_headers=extra)))
        self._events = self._arriving()
        first = next(self._events, None)
        if not isinstance(first, AcceptConnection):
            sys.exit(f"The studio did not open the connection: {first}")

    def say(self, kind: str, **members: Any) -> None:
        text = json.dumps({"type": kind, **members})
        self._socket.sendall(self._protocol.send(Message(text)))

    def heard(self) -> Iterator[dict[str, Any] | bytes]:
        """What the studio sends, message by message, to its end."""
        whole: list[Any] = []
        for event in self._events:
            if isinstance(event, CloseConnection):
                sys.exit(f"The studio closed the connection: {event.code} {event.reason or ''}")
            if isinstance(event, Message):
                whole.append(event.data)
                if event.message_finished:
                    yield _joined(whole)
                    whole = []

    def _arriving(self) -> Iterator[Event]:
        while data := self._socket.recv(65_536):
            self._protocol.receive_data(data)
            for event in self._protocol.events():
                if isinstance(event, Ping):
                    self._socket.sendall(self._protocol.send(event.response()))
                else:
                    yield event


def _joined(parts: list[Any]) -> dict[str, Any] | bytes:
    if isinstance(parts[0], str):
        body: dict[str, Any] = json.loads("".join(parts))
        return body
    return b"".join(bytes(part) for part in parts)


if __name__ == "__main__":
    sys.exit(main())
