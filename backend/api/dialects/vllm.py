"""vLLM-Omni's own addresses: many texts in one request, and a WebSocket for texts that are still being written.

Their fields are those of `POST /v1/audio/speech`; without a format both speak WAV, as there.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Iterator
from typing import Any

from flask import Blueprint, Response, stream_with_context
from pydantic import BaseModel, ConfigDict, Field

from backend.api.bodies import read_model
from backend.api.context import here, studio
from backend.api.declared import EMPTY, declared
from backend.api.dialects.openai_errors import openai_error
from backend.api.dialects.openai_fields import SpeechFields, request_of
from backend.api.dialects.openai_speech import MEDIA, PROBLEMS, usage_of
from backend.api.dialects.vllm_session import Session
from backend.api.sockets import socket_route
from backend.api.sounding import caller_has_left, encoder_for
from backend.api.sse import StreamSlots
from backend.audio.streaming import encoded_file
from backend.core.errors import Problem
from backend.safety.websocket import Socket

bp = Blueprint("vllm", __name__, url_prefix="/v1/audio/speech")

CLIENT = "vllm"
MOST_ITEMS = 32
FORMAT = {"response_format": "wav"}
"""What they speak without being told."""


class Batch(BaseModel):
    """The texts; every other field of `/v1/audio/speech` is what they share, unless an item says otherwise."""

    model_config = ConfigDict(extra="allow", frozen=True)

    items: list[dict[str, Any]] = Field(min_length=1, max_length=MOST_ITEMS)

    def fields(self, index: int) -> SpeechFields:
        """Raises BadRequest, naming the field."""
        own = {name: value for name, value in self.items[index].items() if value is not None}
        named = {"voice": None} if own.keys() & {"speaker"} else {}  # its own other name for a voice counts
        shared = {name: value for name, value in (self.model_extra or {}).items() if value is not None}
        return read_model(SpeechFields, {**FORMAT, **shared, **named, **own})


class BatchAnswer(BaseModel):
    id: str
    results: list[dict[str, Any]]
    """`index`, `status` (`success` or `error`), and `audio_data` (base64), `media_type`, `usage` or `error`."""
    total: int
    succeeded: int
    failed: int


@bp.post("/batch")
@declared(
    "Speak up to 32 texts; what fails among them fails alone.",
    tag="vLLM-Omni",
    answers={200: BatchAnswer},
    problems=PROBLEMS,
    example={"items": [{"input": "[happy] Good morning!"}, {"input": "Good night.", "speed": 0.9}], "voice": "Ryan"},
    document="vLLM-Omni",
)
def batch(asked: Batch) -> Response:
    """Every text is a checked take of its own. The answer is written while they are spoken; leaving cancels."""
    slots = here().slots
    slots.take()
    return Response(Spoken(asked, slots, caller_has_left()), content_type="application/json")


class Spoken:
    """The bytes of the answer, item by item."""

    def __init__(self, asked: Batch, slots: StreamSlots, gone: Callable[[], bool]) -> None:
        self._asked = asked
        self._slots: StreamSlots | None = slots
        self._gone = gone
        self._bytes: Any = stream_with_context(self._answer())  # names of voices are looked up on the way

    def __iter__(self) -> Iterator[bytes]:
        return self._bytes

    def close(self) -> None:
        slots, self._slots = self._slots, None
        if slots is not None:
            slots.give_back()
        self._bytes.close()

    def _answer(self) -> Iterator[bytes]:
        yield json.dumps({"id": f"speech-batch-{secrets.token_hex(12)}"})[:-1].encode() + b', "results": ['
        done = 0
        for index in range(len(self._asked.items)):
            if self._gone():
                return
            row = self._row(index)
            done += row["status"] == "success"
            yield (b", " if index else b"") + json.dumps({"index": index, **row}).encode()
        total = len(self._asked.items)
        yield b"], " + json.dumps({"total": total, "succeeded": done, "failed": total - done})[1:].encode()

    def _row(self, index: int) -> dict[str, Any]:
        try:
            fields = self._asked.fields(index)
            take = studio().live.perform(request_of(fields, CLIENT), CLIENT, self._gone)
            encoder = encoder_for(fields.response_format, fields.sample_rate)
            sound = b"".join(encoded_file(studio().takes.file(str(take["id"]), "wav"), encoder))
        except Problem as problem:
            return {"status": "error", "error": openai_error(problem)["message"]}
        data = {"audio_data": base64.b64encode(sound).decode(), "media_type": MEDIA[fields.response_format]}
        return {"status": "success", **data, "usage": usage_of(fields, take)}


@socket_route(bp, "/stream")
@declared(
    "Speak texts that are still being written, as vLLM-Omni does.",
    tag="vLLM-Omni",
    answers={101: EMPTY},
    messages={
        "session.config": "first, within 10 seconds, and again between utterances: the fields of `/v1/audio/speech`, "
        "`stream_audio`, `split_granularity` (`none`, `sentence`, `clause`), `word_timestamps`",
        "input.text": '`{"type": "input.text", "text": "…"}`: a piece of the text',
        "input.done": "the utterance is whole; another may follow",
        "session.close": "the socket is closed",
        "audio.start, audio.done": "around the sound of each part, which comes as binary messages",
        "audio.chunk": "with `word_timestamps`: the sound in base64, and at the end the times of the words",
        "session.done": "all of an utterance was spoken",
        "error": "what was wrong, in `message`",
    },
    document="vLLM-Omni",
)
def converse(ws: Socket) -> None:
    """Emotion tags and dialogue voices hold over the parts of an utterance. Hanging up cancels what is spoken."""
    Session(ws, studio(), CLIENT, FORMAT).run()
