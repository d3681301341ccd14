"""One connection of ElevenLabs' WebSocket: text in pieces, sound as base64. One thread hears, another speaks."""

from __future__ import annotations

import base64
import json
from functools import partial
from typing import Any

from backend.api.bodies import parse_json, read_model
from backend.api.dialects.elevenlabs_wish import CLIENT, SocketQuery, Wish, coding_of
from backend.api.sockets import ending
from backend.api.talking import NOTHING_TO_SAY, Flow, Speaker
from backend.core.errors import BadRequest, Problem
from backend.core.types import GenerationRequest, VoiceSpec
from backend.safety.websocket import POLICY, Socket
from backend.studio import Studio

MOST_WAITING = 50  # flushes


class Talk:
    """`run` returns when the connection is over. Raises NotFound, BadRequest where it cannot begin."""

    def __init__(self, ws: Socket, studio: Studio, voice_id: str, query: SocketQuery) -> None:
        self._ws = ws
        self._studio = studio
        self._query = query
        self._voice = studio.find_voice(voice_id)
        self._encoder = coding_of(query).encoder
        self._base: GenerationRequest | None = None
        self._now: Flow | None = None
        self._speaker: Speaker[Flow] = Speaker(ws, self._speak, self._conclude, partial(refuse, ws))

    def run(self) -> None:
        with self._speaker, ending(self._ws, partial(refuse, self._ws)):
            self._hear_all()
            for _ in self._ws:  # whoever leaves while the rest is spoken is noticed, too
                continue

    def _hear_all(self) -> None:
        """To the end of the text. Raises Closed, BadRequest."""
        while (message := self._ws.receive(self._query.inactivity_timeout)) is not None:
            body = _body_of(message)
            if body["text"] == "":
                self._finish()
                self._speaker.leave()
                return
            self._hear(body)
        raise BadRequest("No message came in time.", hint='End a text by {"text": ""}.')

    def _hear(self, body: dict[str, Any]) -> None:
        if self._base is None:
            wish = read_model(Wish, {**self._query.shared(), "text": "a", "voice_settings": body.get("voice_settings")})
            self._base = self._studio.checked(wish.asking("a", self._voice))
        if self._now is None and body["text"].strip():
            self._speaker.await_room(MOST_WAITING)  # who flushes faster than we speak has to wait
            self._now = self._studio.flowing(self._voice, self._asking, CLIENT)
            self._speaker.add(self._now)
        if self._now is not None:
            self._now.feed(body["text"])
        if body.get("flush") is True:
            self._finish()

    def _asking(self, text: str, voice: VoiceSpec) -> GenerationRequest:
        assert self._base is not None, "nothing is spoken before"
        return self._base.model_copy(update={"text": text, "voice": voice})

    def _finish(self) -> None:
        """What was said so far is whole."""
        flow, self._now = self._now, None
        if flow is not None:
            flow.end()

    def _speak(self, flow: Flow) -> None:
        try:
            for pcm in flow:
                self._send_sound(self._encoder.feed(pcm))
        except Problem as problem:
            if problem.code != NOTHING_TO_SAY:
                raise

    def _conclude(self) -> None:
        self._send_sound(self._encoder.end())
        self._ws.send(json.dumps({"audio": None, "isFinal": True}))
        self._ws.close()

    def _send_sound(self, data: bytes) -> None:
        if data:
            coded = base64.b64encode(data).decode()
            times: dict[str, None] = {"alignment": None, "normalizedAlignment": None}
            self._ws.send(json.dumps({"audio": coded, "isFinal": None, **times}))


def refuse(ws: Socket, problem: Problem) -> None:
    """A failure in ElevenLabs' words, and the end. Raises Closed."""
    message = f"{problem.detail} {problem.hint}".strip()
    ws.send(json.dumps({"message": message, "error": problem.code, "code": POLICY}))
    ws.close(POLICY, problem.detail)


def _body_of(message: str | bytes) -> dict[str, Any]:
    """Raises Malformed, BadRequest."""
    body = parse_json(message if isinstance(message, bytes) else message.encode("utf-8", "replace"))
    if not isinstance(body, dict) or not isinstance(body.get("text"), str):
        raise BadRequest("A message is a JSON object with a text.", fields={"text": "is missing"})
    return body
