"""One connection of vLLM-Omni's WebSocket: texts come in pieces, every part is answered as sound between two messages.

What is said is worked in order; a client that hangs up meanwhile has its job cancelled.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from backend.api.bodies import parse_json, read_model
from backend.api.dialects.openai_errors import openai_error
from backend.api.dialects.openai_fields import SpeechFields, request_of
from backend.api.sounding import encoder_for
from backend.audio.streaming import StreamEncoder, encoded_file
from backend.core.errors import BadRequest, Problem
from backend.core.types import GenerationRequest, VoiceSpec
from backend.safety.websocket import POLICY, Socket
from backend.studio import Studio

CONFIG_SECONDS, IDLE_SECONDS = 10.0, 30.0
MOST_TEXT = 128 * 1024  # bytes of one input.text
BYTES_A_SECOND = 48_000
"""Of PCM before it is encoded."""


class SessionFields(SpeechFields):
    """What holds for everything that is said until the next session.config."""

    input: str = "a"
    """Not asked: it comes by input.text."""
    stream_audio: bool = False
    split_granularity: Literal["none", "sentence", "clause"] = "none"


class Part(Protocol):
    """What is spoken in one go."""

    @property
    def index(self) -> int: ...
    @property
    def unit(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def voice(self) -> VoiceSpec: ...


class Parts(Protocol):
    """A text that arrives in pieces."""

    is_open: bool

    def feed(self, text: str) -> Iterator[Part]: ...
    def flush(self) -> Iterator[Part]: ...
    def end(self) -> int: ...


@dataclass(frozen=True)
class Setting:
    """What the last session.config said."""

    fields: SessionFields
    asked: GenerationRequest
    parts: Parts

    def encoder(self) -> StreamEncoder:
        return encoder_for(self.fields.response_format, self.fields.sample_rate)


class Session:
    """`run` returns when the connection is over. Raises Closed."""

    def __init__(self, ws: Socket, studio: Studio, client: str, usual: dict[str, Any]) -> None:
        self._ws = ws
        self._studio = studio
        self._client = client
        self._usual = usual
        self._setting: Setting | None = None
        self._utterance = 0

    def run(self) -> None:
        while (message := self._ws.receive(self._patience)) is not None:
            try:
                body = _body_of(message)
                if body["type"] == "session.close":
                    return
                self._act(body)
            except Problem as problem:
                self._tell(problem)
                if self._setting is None:  # it never began
                    self._ws.close(POLICY, problem.detail)
                    return
        late = BadRequest(f"No message came for {self._patience:.0f} seconds.", hint="Connect anew.")
        self._tell(late)
        self._ws.close(POLICY, late.detail)

    @property
    def _patience(self) -> float:
        return CONFIG_SECONDS if self._setting is None else IDLE_SECONDS

    def _act(self, body: dict[str, Any]) -> None:
        if body["type"] == "session.config":
            self._setting = self._configured(body)
            return
        if self._setting is None:
            raise BadRequest("The first message must be session.config.")
        acts: dict[str, Callable[[Setting, dict[str, Any]], None]] = {
            "input.text": self._on_text,
            "input.done": self._on_done,
        }
        act = acts.get(body["type"])
        if act is None:
            raise BadRequest("This type of message is not known.", hint=f"Known are {', '.join(acts)}.")
        act(self._setting, body)

    def _configured(self, body: dict[str, Any]) -> Setting:
        if self._setting is not None and self._setting.parts.is_open:
            raise BadRequest("An utterance has begun; session.config must wait.", hint="Send input.done first.")
        given = {name: value for name, value in body.items() if name != "type" and value is not None}
        fields = read_model(SessionFields, {**self._usual, **given})
        asked = self._studio.checked(request_of(fields, self._client))
        encoder_for(fields.response_format, fields.sample_rate)
        return Setting(fields, asked, self._studio.parts(asked.voice, fields.split_granularity))

    def _on_text(self, setting: Setting, body: dict[str, Any]) -> None:
        text = body.get("text", "")
        if not isinstance(text, str) or len(text.encode()) > MOST_TEXT:
            raise BadRequest(f"input.text holds a text of at most {MOST_TEXT // 1024} kB.")
        for part in setting.parts.feed(text):
            self._speak(part, setting)

    def _on_done(self, setting: Setting, _body: dict[str, Any]) -> None:
        for part in setting.parts.flush():
            self._speak(part, setting)
        self._send("session.done", utterance_index=self._utterance, total_sentences=setting.parts.end())
        self._utterance += 1

    def _speak(self, part: Part, setting: Setting) -> None:
        """One part, failed or not, is answered by one audio.start and one audio.done."""
        rate = setting.fields.sample_rate or 24_000
        sound = {"format": setting.fields.response_format, "sample_rate": rate, "channels": 1}
        answer = Answer(self._send, self._ws, {"utterance_index": self._utterance, "sentence_index": part.index}, sound)
        self._send("audio.start", **answer.ids, sentence_text=part.unit, **sound)
        failed = False
        asked = setting.asked.model_copy(update={"text": part.text, "voice": part.voice})
        try:
            take = self._spoken(asked, setting, answer)
            if setting.fields.word_timestamps:
                answer.tell_times(_times(take))
        except Problem as problem:
            failed = True
            self._tell(problem, **({"partial_audio": True, "action": "discard"} if answer.bytes else {}))
        self._send("audio.done", **answer.ids, total_bytes=answer.bytes, error=failed)

    def _spoken(self, asked: GenerationRequest, setting: Setting, answer: Answer) -> dict[str, Any]:
        """The take, after its sound was sent."""
        encoder, in_json = setting.encoder(), setting.fields.word_timestamps
        gone = self._gone
        if not setting.fields.stream_audio:
            take = self._studio.live.perform(asked, self._client, gone)
            data = b"".join(encoded_file(self._studio.takes.file(str(take["id"]), "wav"), encoder))
            answer.hand_over(data, float(take["duration"]), in_json=in_json)
            return take
        with self._studio.live.speak(asked, self._client, gone) as speech:
            for pcm in speech:
                answer.hand_over(encoder.feed(pcm), len(pcm) / BYTES_A_SECOND, in_json=in_json)
            answer.hand_over(encoder.end(), 0.0, in_json=in_json)
            return speech.result

    def _gone(self) -> bool:
        return self._ws.closed

    def _tell(self, problem: Problem, **more: object) -> None:
        error = openai_error(problem)
        self._send("error", message=error["message"], code=error["code"], param=error["param"], **more)

    def _send(self, kind: str, **facts: object) -> None:
        self._ws.send(json.dumps({"type": kind, **facts}))


class Answer:
    """The sound of one part on its way."""

    def __init__(self, send: Callable[..., None], ws: Socket, ids: dict[str, int], sound: dict[str, Any]) -> None:
        self.ids = ids
        self.bytes = 0
        self._send = send
        self._ws = ws
        self._sound = {name: sound[name] for name in ("sample_rate", "channels")}
        self._chunks = 0
        self._seconds = 0.0

    def hand_over(self, data: bytes, seconds: float, *, in_json: bool) -> None:
        begin, self._seconds = self._seconds, self._seconds + seconds
        self.bytes += len(data)
        if data and in_json:
            self._chunk(data, begin, None)
        elif data:
            self._ws.send(data)

    def tell_times(self, times: list[dict[str, Any]] | None) -> None:
        """Of all words of the part, after its sound; None where nobody knows them."""
        self._chunk(b"", 0.0, times)

    def _chunk(self, data: bytes, begin: float, times: list[dict[str, Any]] | None) -> None:
        span = {"chunk_start_ms": round(1000 * begin), "chunk_end_ms": round(1000 * self._seconds)}
        coded = base64.b64encode(data).decode()
        facts = {**self.ids, "chunk_id": self._chunks, **span, **self._sound, "audio_b64": coded, "timestamps": times}
        self._send("audio.chunk", **facts)
        self._chunks += 1


def _body_of(message: str | bytes) -> dict[str, Any]:
    """Raises Malformed, BadRequest."""
    if isinstance(message, bytes):
        raise BadRequest("Messages are JSON in text frames.")
    body = parse_json(message.encode("utf-8", "replace"))
    if not isinstance(body, dict) or not isinstance(body.get("type"), str):
        raise BadRequest("A message is a JSON object with a type.")
    return body


def _times(take: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Of every word, from the beginning of the part; None where the engine tells none."""
    rows = [word for segment in take["segments"] for word in segment["words"]]
    times = [
        {"word": row["word"], "start_ms": round(1000 * row["start"]), "end_ms": round(1000 * row["end"])}
        for row in rows
    ]
    return times or None
