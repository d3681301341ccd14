"""Chimeras over HTTP: made by a job, listened to, saved as an emotion, dropped. Knows no sound."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from flask import Blueprint, Response, jsonify, request

from backend.api.bodies import parse_json, read_model
from backend.api.context import here, studio
from backend.api.files import send
from backend.api.personality import checked_text
from backend.api.problems import cut
from backend.api.sse import stream
from backend.api.uploads import uploaded
from backend.core.chimera import ChimeraSave, ChimeraWish
from backend.core.errors import Malformed
from backend.jobs.model import Job

bp = Blueprint("chimera", __name__, url_prefix="/api/chimera")

NUMBERS = frozenset({"user_seconds", "ai_seconds", "crossfade_ms", "temperature", "tries", "seed", "ai_clone"})
"""Fields of a form that are written as JSON: numbers, true and false."""


@bp.post("")
def make() -> Response | tuple[Response, int]:
    """The job, or its events for those who accept them."""
    if "text/event-stream" in request.headers.get("Accept", ""):
        return stream(lambda: studio().follow(_submitted().id), here().slots)
    return jsonify({"job_id": _submitted().id}), 202


@bp.get("/<session>")
def show(session: str) -> Response:
    return jsonify(studio().chimera.sessions.get(session))


@bp.get("/<session>/<name>.wav")
def sound(session: str, name: str) -> Response:
    """`0`, `0-ai`, `user`: a try, its acted part, the user's recording."""
    return send(studio().chimera.sessions.sound(session, name), "audio/wav")


@bp.post("/<session>/<number>/save")
def save(session: str, number: str) -> tuple[Response, int]:
    personality, is_new = studio().chimera.save(session, number, read_model(ChimeraSave))
    response = jsonify(personality)
    response.headers["ETag"] = f'"{personality["revision"]}"'
    return response, 201 if is_new else 200


@bp.delete("/<session>")
def drop(session: str) -> Response:
    studio().chimera.sessions.drop(session)
    return jsonify({"session": session})


def _submitted() -> Job:
    if request.mimetype != "multipart/form-data":
        return studio().chimera.make(read_model(ChimeraWish))
    with ExitStack() as open_files:
        file, ai_file = (open_files.enter_context(uploaded(name)) for name in ("file", "ai_file"))
        wish = read_model(ChimeraWish, _form())
        sent = [None if one is None else (one.stream, cut(one.filename or "")) for one in (file, ai_file)]
        return studio().chimera.make(wish, *sent)


def _form() -> dict[str, Any]:
    """The fields of the form as the object that JSON would hold; an empty field is left out."""
    fields = {name: checked_text(name, text) for name, text in request.form.items() if text.strip()}
    return {name: _value(text) if name in NUMBERS else text for name, text in fields.items()}


def _value(text: str) -> Any:
    """What is no number stays text, and is refused by the name of its field."""
    try:
        return parse_json(text.strip().encode())
    except Malformed:
        return text
