"""A caller of Deepgram's wire: one socket and what came over it, or one request."""

from __future__ import annotations

import json
import struct
import urllib.error
import urllib.request
from typing import Any

import websocket

from tests.running_studio import RunningStudio

KEY = "a-key-for-the-tests"
SECOND = 48_000  # bytes of linear16 at 24 kHz
SENTENCE = "[happy] Good morning to you."


class Caller:
    """One socket, and what came over it."""

    def __init__(self, studio: RunningStudio, query: str = "", **named: Any) -> None:
        self.ws = websocket.WebSocket()
        self.ws.settimeout(15)
        address = f"ws://127.0.0.1:{studio.port}/v1/speak?seed=7&engine=fake&{query}"
        try:
            self.ws.connect(address, **named)  # type: ignore[no-untyped-call]  # the library has no types for it
            self.metadata = json.loads(self.ws.recv())
        except BaseException:
            self.hang_up()
            raise

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_error: object) -> None:
        self.hang_up()

    def hang_up(self) -> None:
        if self.ws.sock is not None:
            self.ws.sock.close()

    def say(self, kind: str, **members: Any) -> None:
        self.ws.send(json.dumps({"type": kind, **members}))

    def hear(self, last: str = "Flushed") -> tuple[bytes, list[dict[str, Any]]]:
        """Sound and replies up to a reply of this kind."""
        sound: list[bytes] = []
        replies: list[dict[str, Any]] = []
        while not replies or replies[-1]["type"] != last:
            message = self.ws.recv()
            if isinstance(message, bytes):
                sound.append(message)
            else:
                replies.append(json.loads(message))
        return b"".join(sound), replies

    def spoken(self, *pieces: str) -> bytes:
        for piece in pieces:
            self.say("Speak", text=piece)
        self.say("Flush")
        return self.hear()[0]

    def end(self) -> tuple[int, str]:
        """Code and reason of the server's farewell, over what stands before it."""
        while True:
            opcode, frame = self.ws.recv_data_frame(control_frame=True)
            if opcode == 8:
                return struct.unpack(">H", frame.data[:2])[0], frame.data[2:].decode()


def post(studio: RunningStudio, query: str, text: Any = SENTENCE, **headers: str) -> tuple[int, Any, bytes]:
    request = urllib.request.Request(  # noqa: S310 — the address is ours
        f"{studio.address}/v1/speak?seed=7&engine=fake&{query}",
        json.dumps({"text": text}).encode(),
        {"Content-Type": "application/json", **headers},
    )
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:  # noqa: S310 — the address is ours
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.headers, refused.read()
