"""What several dialects do with a performance: ask for it, wait for it, answer it as a WAV; and how recordings come."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Response, request
from pydantic import BaseModel, ConfigDict

from backend.api.bodies import parse_json, read_model
from backend.api.context import here, studio
from backend.api.files import send_open, send_take
from backend.api.problems import cut
from backend.api.sounding import caller_has_left
from backend.core.errors import BadRequest
from backend.core.tables.emotions import canonical, from_numbers
from backend.core.tables.languages import language_code
from backend.core.types import STUDIO_RATE, GenerationRequest

ENGINES = {"qwen": "qwen3_tts", "qwen_tts": "qwen3_tts", "qwen3": "qwen3_tts", "": "auto"}
"""What other programs call an engine → its name here."""


class Fields(BaseModel):
    """What a dialect's request holds: fields that nobody knows are let by."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Strengths(Fields):
    """Name of an emotion → how strong it is."""

    emotion: dict[str, float]


def asked_for(**values: Any) -> GenerationRequest:
    """The request of these values. Raises BadRequest naming what is out of range."""
    return read_model(GenerationRequest, values)


def spoken(asked: GenerationRequest) -> tuple[str, dict[str, Any]]:
    """Speak and wait: the job's id and its result. A caller who hangs up cancels it.

    Raises what is wrong with the request, and the job's problem.
    """
    with here().slots.held():
        result = studio().live.perform(asked, asked.client, caller_has_left())
    return str(result["job_id"]), result


def engine_named(name: str) -> str:
    """A program's name for an engine → ours; one that nobody has is refused later by its name."""
    plain = name.strip().casefold().replace("-", "_")
    return ENGINES.get(plain, plain)


def emotion_of(asked: Mapping[str, float] | str) -> str:
    """An emotion as numbers, as a word, or none; in a form the numbers are JSON. Raises BadRequest."""
    if isinstance(asked, str) and asked.lstrip().startswith("{"):
        return from_numbers(read_model(Strengths, {"emotion": parse_json(asked.encode())}).emotion)
    if isinstance(asked, str):
        return canonical(asked) or asked.strip() or "neutral"
    return from_numbers(asked)


def spoken_language(name: str) -> str:
    """The code of a language, `auto` where none is known: it is refused elsewhere."""
    return language_code(name) or "auto"


def words_of(result: Mapping[str, Any]) -> str:
    """The text as it was spoken: without tags."""
    return " ".join(str(segment["text"]) for segment in result["segments"])


def wav_answer(result: Mapping[str, Any], rate: int) -> Response:
    """The take as a WAV at so many hertz, with true sizes."""
    take = str(result["id"])
    if rate == STUDIO_RATE:
        response = send_take(take, "wav", download=False)
    else:
        response = send_open(studio().wav_at(take, rate), "audio/wav", "")
    facts = {"X-Sample-Rate": rate, "X-Duration": result["duration"], "X-Engine": result["engine"]}
    for name, value in facts.items():
        response.headers[name] = str(value)
    return response


def base64_sound(field: str, text: str) -> bytes:
    """The bytes of a recording in base64, with or without `data:…,` before it. Raises BadRequest naming the field."""
    body = text.partition(",")[2] if text[:5].casefold() == "data:" else text
    try:
        sound = base64.b64decode("".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        sound = b""
    if not sound:
        what = "must be a recording in base64"
        raise BadRequest(f"{field} is no recording in base64.", hint="Encode the file's bytes.", fields={field: what})
    return sound


def uploads_named(*names: str) -> Iterator[tuple[str, bytes]]:
    """File name and content of every upload under one of these names, in their order."""
    for name in names:
        for file in request.files.getlist(name):
            yield cut(file.filename or ""), file.read()


def one_upload(*names: str) -> tuple[str, bytes]:
    """File name and content of the recording. Raises BadRequest where there is none or more than one."""
    found = list(uploads_named(*names))
    if len(found) != 1:
        what = "is missing" if not found else "is given more than once"
        raise BadRequest("The form must hold one recording.", fields={names[0]: what})
    return found[0]
