"""Smart mode over HTTP: a long recording goes in, its clips come back, a voice is made of them."""

from __future__ import annotations

from io import BytesIO
from typing import Annotated

from flask import Blueprint, Response, jsonify, request, send_file
from pydantic import Field

from backend.api.answers import Dropped, PersonalityRecord, SmartSession, SmartSessionList
from backend.api.context import here, studio
from backend.api.declared import ACCEPTED, UNUSABLE, declared, sound
from backend.api.personality import Consent, answer_record
from backend.api.problems import cut
from backend.api.sse import stream
from backend.api.uploads import uploaded
from backend.core.errors import BadRequest
from backend.core.types import WireValue
from backend.jobs.model import Job

bp = Blueprint("smart", __name__, url_prefix="/api/smart")


class SmartRequest(WireValue):
    """The fields of the form beside the recording."""

    language: str = Field("auto", max_length=20)
    engine: str = Field("auto", max_length=40)


class ChosenClip(WireValue):
    clip: str = Field(max_length=20)
    transcript: str | None = Field(None, max_length=5000)
    start: float | None = Field(None, ge=0, le=36_000)
    """Seconds of the recording, where it shall begin elsewhere than the clip does."""
    end: float | None = Field(None, ge=0, le=36_000)


class VoiceOfClips(WireValue):
    """The voice to make. With `personality` the clips go to one that is there, and only `emotions` counts."""

    emotions: dict[str, ChosenClip] = Field(max_length=50)
    personality: str = Field("", max_length=200)
    name: str = Field("", max_length=200)
    description: str = Field("", max_length=2000)
    language: str = Field("", max_length=20)
    tags: list[str] = Field(default_factory=list, max_length=50)
    consent: Consent = Consent()


@bp.post("")
@declared(
    "Cut a long recording into clips, and judge them.",
    tag="Smart mode",
    answers=ACCEPTED,
    problems=(*UNUSABLE, "engine-not-found", "engine-unavailable", "queue-full", "too-many-streams"),
    example={"language": "en", "engine": "none"},
    files=("file",),
    headers=("Accept",),
)
def start(form: SmartRequest) -> Response | tuple[Response, int]:
    if "text/event-stream" in request.headers.get("Accept", ""):
        return stream(lambda: studio().follow(_submitted(form).id), here().slots)
    job = _submitted(form)
    return jsonify({"job_id": job.id, "status": job.status}), 202


class SmartDeskLaid(WireValue):
    """How far the clips are sorted."""

    placed: dict[Annotated[str, Field(max_length=200)], Annotated[str, Field(max_length=20)]] = Field(max_length=50)
    """Emotion → clip."""
    words: dict[Annotated[str, Field(max_length=20)], Annotated[str, Field(max_length=5000)]] = Field(
        default_factory=dict, max_length=600
    )
    """Clip → what is said in it, where somebody wrote it."""


@bp.get("")
@declared("List the recordings that are being cut or sorted.", tag="Smart mode", answers={200: SmartSessionList})
def list_sessions() -> Response:
    return jsonify(studio().smart.open())


@bp.put("/<session>/desk")
@declared(
    "Keep how far the clips are sorted.",
    tag="Smart mode",
    answers={200: Dropped},
    problems=("session-not-found", "disk-full"),
    example={"placed": {"neutral": "{clip}"}, "words": {}},
)
def lay(session: str, asked: SmartDeskLaid) -> Response:
    studio().smart.lay(session, asked.placed, asked.words)
    return jsonify({"session": session})


@bp.get("/<session>")
@declared("The clips of a recording.", tag="Smart mode", answers={200: SmartSession}, problems=("session-not-found",))
def show(session: str) -> Response:
    return jsonify(studio().smart.get(session))


@bp.delete("/<session>")
@declared("Drop a session.", tag="Smart mode", answers={200: Dropped}, problems=("session-not-found",))
def drop(session: str) -> Response:
    studio().smart.drop(session)
    return jsonify({"session": session})


@bp.get("/<session>/clips/<clip>.wav")
@declared(
    "Listen to a clip.", tag="Smart mode", answers={200: sound()}, problems=("session-not-found", "clip-not-found")
)
def clip_sound(session: str, clip: str) -> Response:
    sound = BytesIO(studio().smart.clip(session, clip))
    return send_file(sound, "audio/wav", download_name=f"{clip}.wav", conditional=True)


@bp.post("/<session>/personality")
@declared(
    "Make a voice of chosen clips.",
    tag="Smart mode",
    answers={201: PersonalityRecord},
    problems=("session-not-found", "clip-not-found", "personality-not-found", "conflict", *UNUSABLE),
    example={"name": "Bertha", "language": "en", "emotions": {"neutral": {"clip": "{clip}"}}},
)
def make_personality(session: str, asked: VoiceOfClips) -> tuple[Response, int]:
    if not asked.name.strip() and not asked.personality:
        raise BadRequest("The voice needs a name.", fields={"name": "is missing"})
    facts = asked.model_dump(include={"name", "description", "language", "tags", "consent"})
    emotions = {emotion: chosen.model_dump() for emotion, chosen in asked.emotions.items()}
    return answer_record(studio().smart.make_personality(session, emotions, facts, asked.personality or None)), 201


def _submitted(asked: SmartRequest) -> Job:
    with uploaded("file") as file:
        if file is None:
            raise BadRequest("The form holds no recording.", fields={"file": "is missing"})
        return studio().smart.start(file.stream, cut(file.filename or ""), asked.language, asked.engine)
