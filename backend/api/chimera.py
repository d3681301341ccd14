"""Chimeras over HTTP: made by a job, listened to, saved as an emotion, dropped. Knows no sound."""

from __future__ import annotations

from contextlib import ExitStack

from flask import Blueprint, Response, jsonify, request

from backend.api.answers import ChimeraSession, Dropped, PersonalityRecord
from backend.api.context import here, studio
from backend.api.declared import ACCEPTED, FORM, UNUSABLE, Example, declared, sound
from backend.api.files import send
from backend.api.problems import cut
from backend.api.sse import stream
from backend.api.uploads import uploaded
from backend.core.chimera import ChimeraSave, ChimeraWish
from backend.jobs.model import Job

bp = Blueprint("chimera", __name__, url_prefix="/api/chimera")


@bp.post("")
@declared(
    "Join a recording of a voice with an acted one.",
    tag="Chimera",
    answers=ACCEPTED,
    problems=(
        *("personality-not-found", "emotion-not-found", "speaker-not-found", "engine-not-found", "engine-unavailable"),
        *("bad-text", *UNUSABLE, "queue-full", "too-many-streams"),
    ),
    example={"personality": "anna", "emotion": "happy", "text": "Come in, there is cake for everybody!", "tries": 1},
    files=("file", "ai_file"),
    blank_is_absent=True,
    headers=("Accept",),
)
def make(asked: ChimeraWish) -> Response | tuple[Response, int]:
    """The job, or its events for those who accept them."""
    if "text/event-stream" in request.headers.get("Accept", ""):
        return stream(lambda: studio().follow(_submitted(asked).id), here().slots)
    return jsonify({"job_id": _submitted(asked).id}), 202


@bp.get("/<session>")
@declared("The tries of a session.", tag="Chimera", answers={200: ChimeraSession}, problems=("session-not-found",))
def show(session: str) -> Response:
    return jsonify(studio().chimera.sessions.get(session))


@bp.get("/<session>/<name>.wav")
@declared(
    "Listen to a try, to its acted part, to your own recording.",
    tag="Chimera",
    answers={200: sound()},
    problems=("session-not-found", "not-found"),
    example=Example(path={"name": "0"}),
)
def listen(session: str, name: str) -> Response:
    """`0`, `0-ai`, `user`: a try, its acted part, the user's recording."""
    return send(studio().chimera.sessions.sound(session, name), "audio/wav")


@bp.post("/<session>/<number>/save")
@declared(
    "Keep a try as an emotion of a saved voice, or of a new one.",
    tag="Chimera",
    answers={201: PersonalityRecord, 200: PersonalityRecord},
    problems=("session-not-found", "not-found", "personality-not-found", "emotion-exists", "conflict", *UNUSABLE),
    example=Example({"emotion": "angry", "personality": "anna"}, path={"number": "0"}, status=200),
)
def save(session: str, number: str, asked: ChimeraSave) -> tuple[Response, int]:
    personality, is_new = studio().chimera.save(session, number, asked)
    response = jsonify(personality)
    response.headers["ETag"] = f'"{personality["revision"]}"'
    return response, 201 if is_new else 200


@bp.delete("/<session>")
@declared("Drop a session.", tag="Chimera", answers={200: Dropped}, problems=("session-not-found",))
def drop(session: str) -> Response:
    studio().chimera.sessions.drop(session)
    return jsonify({"session": session})


def _submitted(wish: ChimeraWish) -> Job:
    if request.mimetype != FORM:
        return studio().chimera.make(wish)
    with ExitStack() as open_files:
        file, ai_file = (open_files.enter_context(uploaded(name)) for name in ("file", "ai_file"))
        sent = [None if one is None else (one.stream, cut(one.filename or "")) for one in (file, ai_file)]
        return studio().chimera.make(wish, *sent)
