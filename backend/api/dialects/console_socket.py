"""`WS /tts/speak-streaming` of the console document: text is gathered by Speak and spoken by Flush, as a WAV in frames.

One thread hears the messages, another speaks what was flushed, in order. A Clear silences at once.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from flask import Blueprint, Response, jsonify
from flask import request as http

from backend.api.bodies import parse_json, read_model
from backend.api.context import studio
from backend.api.declared import EMPTY, declared
from backend.api.dialects.console import DOCUMENT, TAG, Speaking, voice_of, wish_of
from backend.api.fields import object_of
from backend.api.sockets import socket_route
from backend.api.sounding import encoder_for
from backend.api.talking import Speaker
from backend.core.errors import Problem
from backend.core.types import GenerationRequest
from backend.safety.websocket import Closed, Socket

bp = Blueprint("console_socket", __name__)

PATH = "/tts/speak-streaming"
CLIENT = "console"
MOST_WAITING = 50  # flushes
MESSAGES = {
    "Speak": "in: {text}: adds to the text that is gathered",
    "Flush": "in: speaks what was gathered",
    "Clear": "in: forgets what was gathered and what waits, and silences what is being spoken",
    "Close": "in: what was flushed is spoken to its end, then the connection is closed; what was not is dropped",
    "Metadata": "out: first of all: {request_id, sample_rate, encoding, channels, engine, voice, protocol}",
    "binary": "out: the WAV of a flush in pieces: the first begins with its header, in which the sizes are open",
    "Flushed": "out: after the last frame of every flush: {sequence_id, sample_rate, elapsed_s, bytes, cleared}",
    "Warning": "out: {code, description, hint}: no message, or a text that cannot be spoken; nothing is closed",
}


@bp.get(f"{PATH}/protocol")
@declared("The messages of the WebSocket.", tag=TAG, answers={200: dict}, document=DOCUMENT)
def protocol() -> Response:
    rows = {name: text.partition(": ") for name, text in MESSAGES.items()}
    incoming = {name: text for name, (way, _, text) in rows.items() if way == "in"}
    outgoing = {name: text for name, (way, _, text) in rows.items() if way == "out"}
    examples = [{"type": "Speak", "text": "..."}, {"type": "Flush"}, {"type": "Clear"}, {"type": "Close"}]
    return jsonify(
        {
            "path": PATH,
            "query": list(Speaking.model_fields),
            "incoming": incoming,
            "outgoing": outgoing,
            "examples": examples,
        }
    )


def _admitted() -> dict[str, str]:
    """Raises, as an ordinary answer, what is wrong with the query."""
    asked = read_model(Speaking, object_of(Speaking, http.args))
    studio().checked(wish_of(asked, "a", voice_of(asked)))
    return {}


@socket_route(bp, PATH, headers=_admitted)
@declared(
    "Speak text that is gathered message by message.",
    tag=TAG,
    answers={101: EMPTY},
    messages=MESSAGES,
    problems=("voice-not-found", "engine-not-found", "engine-unavailable"),
    document=DOCUMENT,
)
def speak_streaming(ws: Socket, query: Speaking) -> None:
    Talk(ws, query).run()


class Speech(Protocol):
    """Sound while it is spoken."""

    def __iter__(self) -> Iterator[bytes]: ...
    def close(self) -> None: ...


@dataclass
class Flush:
    """One text that is spoken, or waits for it."""

    number: int
    asked: GenerationRequest
    cleared: threading.Event = field(default_factory=threading.Event)
    speech: Speech | None = None

    def close(self) -> None:
        self.cleared.set()
        speech = self.speech
        if speech is not None:
            speech.close()


class Talk:
    """One connection. `run` returns when it is closed."""

    def __init__(self, ws: Socket, asked: Speaking) -> None:
        self._ws = ws
        self._asked = asked
        self._voice = voice_of(asked)
        self._studio = studio()
        self._rate = asked.rate
        self._text = ""
        self._count = 0
        self._speaker: Speaker[Flush] = Speaker(ws, self._speak, ws.close)

    def run(self) -> None:
        self._tell(
            "Metadata",
            request_id=secrets.token_hex(8),
            sample_rate=self._rate,
            encoding="wav",
            channels=1,
            engine=self._asked.engine or self._studio.settings.tts_engine,
            voice=self._asked.voice,
            protocol=f"{PATH}/protocol",
        )
        with self._speaker:
            for message in self._ws:
                if not self._speaker.leaving:
                    self._hear(message)

    def _hear(self, message: str | bytes) -> None:
        try:
            parsed = parse_json(message.encode()) if isinstance(message, str) else None
        except Problem:
            parsed = None
        body: dict[str, Any] = parsed if isinstance(parsed, dict) else {}
        kind = body.get("type")
        if kind == "Speak" and isinstance(body.get("text"), str):
            self._gather(body["text"])
        elif kind == "Flush":
            self._flush()
        elif kind == "Clear":
            self._clear()
        elif kind == "Close":
            self._close()
        else:
            hint = f"See {PATH}/protocol."
            self._warn("invalid-message", "This message is none that is known here.", hint)

    def _gather(self, text: str) -> None:
        if len(self._text) + len(text) > self._studio.settings.text_limit:
            self._warn("text-too-long", "The text that is gathered would be too long.", "Flush first.")
            return
        self._text += text

    def _flush(self) -> None:
        text, self._text = self._text, ""
        if not text.strip():
            self._warn("nothing-to-flush", "There is no text to speak.", "Send Speak first.")
            return
        if len(self._speaker.turns) >= MOST_WAITING:
            self._warn("too-many-flushes", "Too much waits to be spoken.", "Wait for a Flushed.")
            return
        self._count += 1
        self._speaker.add(Flush(self._count, wish_of(self._asked, text, self._voice)))

    def _clear(self) -> None:
        self._text = ""
        for flush in self._speaker.turns:
            flush.close()

    def _close(self) -> None:
        if self._text.strip():
            self._text = ""
            self._warn("text-dropped", "Text that was not flushed is not spoken.", "Send Flush before Close.")
        self._speaker.leave()

    def _speak(self, flush: Flush) -> None:
        began = time.monotonic()
        sent = 0 if flush.cleared.is_set() else self._spoken(flush)
        self._tell(
            "Flushed",
            sequence_id=flush.number,
            sample_rate=self._rate,
            elapsed_s=round(time.monotonic() - began, 3),
            bytes=sent,
            cleared=flush.cleared.is_set(),
        )

    def _spoken(self, flush: Flush) -> int:
        """Send the sound; answers its bytes. What cannot be spoken is warned of."""
        encoder = encoder_for("wav", self._rate)
        sent = 0
        try:
            speech = self._studio.live.speak(flush.asked, CLIENT, lambda: self._ws.closed)
            with speech:
                flush.speech = speech
                if flush.cleared.is_set():
                    return 0
                for pcm in speech:
                    if flush.cleared.is_set():
                        return sent
                    sent += self._send(encoder.feed(pcm))
                if not flush.cleared.is_set():
                    sent += self._send(encoder.end())
        except Problem as problem:
            if not flush.cleared.is_set():
                self._warn(problem.code, problem.detail, problem.hint)
        return sent

    def _send(self, data: bytes) -> int:
        if data:
            self._ws.send(data)
        return len(data)

    def _warn(self, code: str, description: str, hint: str) -> None:
        self._tell("Warning", code=code, description=description, hint=hint)

    def _tell(self, kind: str, **facts: Any) -> None:
        with contextlib.suppress(Closed):
            self._ws.send(json.dumps({"type": kind, **facts}))
