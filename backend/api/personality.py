"""Saved voices over HTTP: records, emotions as recordings, export and import. Judges no audio."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel, Field

from backend.api.answers import PersonalityList, PersonalityRecord, Trashed
from backend.api.context import studio
from backend.api.declared import UNUSABLE, Example, Media, declared, sound
from backend.api.files import send, send_open
from backend.api.problems import cut
from backend.api.uploads import uploaded
from backend.core.errors import BadRequest
from backend.core.tables.repairs import REPAIRS, Repair
from backend.core.types import WireValue

bp = Blueprint("personality", __name__, url_prefix="/api/personality")


class Consent(WireValue):
    """Who agreed to have this voice kept, when, and in which words."""

    who: str = Field("", max_length=200)
    when: str = Field("", max_length=60)
    statement: str = Field("", max_length=2000)


class NewPersonality(WireValue):
    name: str = Field(min_length=1, max_length=200)
    description: str = Field("", max_length=2000)
    language: str = Field("", max_length=20)
    tags: list[str] = Field(default_factory=list, max_length=50)
    consent: Consent = Consent()
    take: str = Field("", max_length=60)
    """A take of a described voice: its sound becomes the reference."""


class PersonalityChange(WireValue):
    """What to change; what is absent stays."""

    name: str | None = Field(None, min_length=1, max_length=200)
    description: str | None = Field(None, max_length=2000)
    language: str | None = Field(None, max_length=20)
    tags: list[str] | None = Field(None, max_length=50)
    consent: Consent | None = None


class DryRun(BaseModel):
    dry_run: bool = False
    """Only show what is inside."""


KNOWN = ("personality-not-found",)
CHANGED = (*KNOWN, "revision-mismatch", "locked", "conflict")
IF_MATCH = ("If-Match",)
DELETED = Example(path={"key": "{deleted_personality}"})


class Recording(WireValue):
    """What comes beside the sound of an emotion. Absent means: leave it."""

    transcript: str | None = Field(None, max_length=5000)
    start: float | None = Field(None, ge=0, le=36_000)
    """Seconds of the upload before which nothing is used."""
    end: float | None = Field(None, ge=0, le=36_000)
    """Seconds of the upload after which nothing is used."""
    repairs: list[Repair] | None = Field(None, max_length=len(REPAIRS))
    """What to mend of the upload; an empty list mends nothing."""


@bp.get("")
@declared("List the saved voices.", tag="Personalities", document="002", answers={200: PersonalityList})
def list_all() -> Response:
    return jsonify({"personalities": studio().personalities.list()})


@bp.post("")
@declared(
    "Save a new voice; its recordings come afterwards.",
    tag="Personalities",
    document="002",
    answers={201: PersonalityRecord},
    problems=("take-not-found", "conflict", "locked", *UNUSABLE),
    example={"name": "Theodora", "language": "en", "tags": ["warm"]},
    form_too=True,
)
def create(asked: NewPersonality) -> tuple[Response, int]:
    facts = asked.model_dump(exclude={"take"})
    record = studio().lock_take(asked.take, facts) if asked.take else studio().personalities.create(**facts)
    return answer_record(record), 201


@bp.get("/<key>")
@declared("A saved voice.", tag="Personalities", document="002", answers={200: PersonalityRecord}, problems=KNOWN)
def show(key: str) -> Response:
    return answer_record(studio().personalities.get(key))


@bp.patch("/<key>")
@declared(
    "Change what is written of a voice.",
    tag="Personalities",
    document="002",
    problems=CHANGED,
    answers={200: PersonalityRecord},
    example={"description": "Reads in the evening."},
    headers=IF_MATCH,
)
def change(key: str, asked: PersonalityChange) -> Response:
    changes = asked.model_dump(exclude_unset=True, exclude_none=True)
    return answer_record(studio().personalities.update(key, changes, if_match=if_match()))


@bp.delete("/<key>")
@declared(
    "Put a voice into the trash.",
    tag="Personalities",
    document="002",
    problems=CHANGED,
    answers={200: Trashed},
    headers=IF_MATCH,
)
def delete(key: str) -> Response:
    return jsonify({"id": key, "trash": studio().personalities.delete(key, if_match=if_match())})


@bp.post("/<key>/restore")
@declared(
    "Bring a deleted voice back.",
    tag="Personalities",
    document="002",
    problems=CHANGED,
    answers={200: PersonalityRecord},
    example=DELETED,
)
def restore(key: str) -> Response:
    return answer_record(studio().personalities.restore(key))


@bp.get("/<key>/export")
@declared(
    "A voice as a zip.",
    tag="Personalities",
    document="002",
    problems=(*KNOWN, "locked"),
    answers={200: Media(("application/zip",), "The zip.")},
)
def export(key: str) -> Response:
    name = studio().personalities.get(key)["name"]
    return send_open(studio().personalities.export_zip(key), "application/zip", f"{name}.zip")


@bp.post("/import")
@declared(
    "Import a voice from a zip.",
    tag="Personalities",
    document="002",
    files=("file",),
    example={},
    answers={201: PersonalityRecord, 200: dict[str, Any]},
    problems=("bad-archive", "conflict", *UNUSABLE),
)
def import_zip(query: DryRun) -> tuple[Response, int]:
    """A personality from a zip under a new id; with `dry_run` only what is inside."""
    with uploaded("file") as file:
        if file is None:
            raise BadRequest("The form holds no file.", fields={"file": "is missing"})
        if query.dry_run:
            return jsonify(studio().personalities.inspect_zip(file.stream)), 200
        return answer_record(studio().personalities.import_zip(file.stream)), 201


@bp.get("/<key>/emotions/<emotion>")
@declared(
    "A recording of a voice.",
    tag="Personalities",
    document="002",
    answers={200: sound()},
    problems=(*KNOWN, "emotion-not-found"),
)
def recording(key: str, emotion: str) -> Response:
    return send(studio().personalities.emotion_path(key, emotion), "audio/wav")


@bp.put("/<key>/emotions/<emotion>")
@declared(
    "Put a recording of an emotion, or change what is written of it.",
    tag="Personalities",
    document="002",
    answers={200: PersonalityRecord},
    problems=(*CHANGED, "emotion-not-found", *UNUSABLE),
    files=("audio",),
    example={"transcript": "A line to speak."},
    headers=IF_MATCH,
)
def record(key: str, emotion: str, form: Recording) -> Response:
    with uploaded("audio") as file:
        wish = form.model_dump(exclude_none=True)
        if file is not None:
            wish |= {"sound": file.read(), "upload_name": cut(file.filename or "")}
    return answer_record(studio().personalities.put_emotion(key, emotion, if_match=if_match(), **wish))


@bp.delete("/<key>/emotions/<emotion>")
@declared(
    "Delete a recording of a voice.",
    tag="Personalities",
    document="002",
    headers=IF_MATCH,
    answers={200: PersonalityRecord},
    problems=(*CHANGED, "emotion-not-found"),
)
def forget(key: str, emotion: str) -> Response:
    return answer_record(studio().personalities.delete_emotion(key, emotion, if_match=if_match()))


@bp.get("/<key>/emotions/<emotion>/source")
@declared(
    "The recording as it was sent.",
    tag="Personalities",
    document="002",
    answers={200: Media(("application/octet-stream",), "The untouched upload.")},
    problems=(*KNOWN, "emotion-not-found", "not-found"),
)
def source(key: str, emotion: str) -> Response:
    """The untouched upload. Its bytes are a stranger's: they are only ever saved, never shown."""
    path = studio().personalities.source_path(key, emotion)
    return send(path, "application/octet-stream", path.name)


def if_match() -> int | None:
    """The revision the caller believes in. Raises BadRequest for anything but a number."""
    text = request.headers.get("If-Match", "").strip().strip('"')
    if text in ("", "*"):
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise BadRequest("If-Match must be the revision of the record, a whole number.")
    return int(text)


def answer_record(record: dict[str, Any]) -> Response:
    """A record with its revision as ETag."""
    response = jsonify(record)
    response.headers["ETag"] = f'"{record["revision"]}"'
    return response
