"""Saved voices over HTTP: records, emotions as recordings, export and import. Judges no audio."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request
from pydantic import Field

from backend.api.bodies import parse_json, query_flag, read_model
from backend.api.context import studio
from backend.api.files import send, send_open
from backend.api.problems import cut
from backend.api.uploads import uploaded
from backend.core.errors import BadRequest, Malformed
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
def list_all() -> Response:
    return jsonify({"personalities": studio().personalities.list()})


@bp.post("")
def create() -> tuple[Response, int]:
    asked = read_model(NewPersonality, _form_object() if request.mimetype == "multipart/form-data" else None)
    facts = asked.model_dump(exclude={"take"})
    record = studio().lock_take(asked.take, facts) if asked.take else studio().personalities.create(**facts)
    return answer_record(record), 201


@bp.get("/<key>")
def show(key: str) -> Response:
    return answer_record(studio().personalities.get(key))


@bp.patch("/<key>")
def change(key: str) -> Response:
    changes = read_model(PersonalityChange).model_dump(exclude_unset=True, exclude_none=True)
    return answer_record(studio().personalities.update(key, changes, if_match=if_match()))


@bp.delete("/<key>")
def delete(key: str) -> Response:
    return jsonify({"id": key, "trash": studio().personalities.delete(key, if_match=if_match())})


@bp.post("/<key>/restore")
def restore(key: str) -> Response:
    return answer_record(studio().personalities.restore(key))


@bp.get("/<key>/export")
def export(key: str) -> Response:
    name = studio().personalities.get(key)["name"]
    return send_open(studio().personalities.export_zip(key), "application/zip", f"{name}.zip")


@bp.post("/import")
def import_zip() -> tuple[Response, int]:
    """A personality from a zip under a new id; with `dry_run` only what is inside."""
    with uploaded("file") as file:
        if file is None:
            raise BadRequest("The form holds no file.", fields={"file": "is missing"})
        if query_flag("dry_run"):
            return jsonify(studio().personalities.inspect_zip(file.stream)), 200
        return answer_record(studio().personalities.import_zip(file.stream)), 201


@bp.get("/<key>/emotions/<emotion>")
def recording(key: str, emotion: str) -> Response:
    return send(studio().personalities.emotion_path(key, emotion), "audio/wav")


@bp.put("/<key>/emotions/<emotion>")
def record(key: str, emotion: str) -> Response:
    with uploaded("audio") as file:
        wish = read_model(Recording, _recording_object()).model_dump(exclude_none=True)
        if file is not None:
            wish |= {"sound": file.read(), "upload_name": cut(file.filename or "")}
    return answer_record(studio().personalities.put_emotion(key, emotion, if_match=if_match(), **wish))


@bp.delete("/<key>/emotions/<emotion>")
def forget(key: str, emotion: str) -> Response:
    return answer_record(studio().personalities.delete_emotion(key, emotion, if_match=if_match()))


@bp.get("/<key>/emotions/<emotion>/source")
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


def _form_object() -> dict[str, Any]:
    """The fields of a form as the object JSON would hold: `tags` repeated, or a JSON list; `consent` as JSON."""
    fields: dict[str, Any] = {name: checked_text(name, request.form[name]) for name in request.form}
    if "tags" in fields:
        tags = request.form.getlist("tags")
        fields["tags"] = parse_json(tags[0].encode()) if tags[0].startswith("[") else [t for t in tags if t.strip()]
    if "consent" in fields:
        fields["consent"] = parse_json(fields["consent"].encode()) if fields["consent"].strip() else {}
    return fields


def _recording_object() -> dict[str, Any]:
    fields: dict[str, Any] = {name: checked_text(name, request.form[name]) for name in request.form}
    for name in ("start", "end"):
        text = fields.pop(name, "")
        if text.strip():
            fields[name] = _seconds(name, text)
    if "repairs" in fields:
        fields["repairs"] = _names(fields["repairs"])
    return fields


def _names(text: str) -> Any:
    """A JSON list, or names with commas between them; nothing is an empty list."""
    if text.lstrip().startswith("["):
        return parse_json(text.encode())
    return [name.strip() for name in text.split(",") if name.strip()]


def _seconds(name: str, text: str) -> float:
    try:
        value = parse_json(text.encode())
    except Malformed:
        value = None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadRequest(f"{name} must be a number of seconds.", fields={name: "must be a number of seconds"})
    return float(value)


def checked_text(name: str, text: str) -> str:
    """Form text as UTF-8 that can be saved. Raises BadRequest for what was no UTF-8."""
    if "\ufffd" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise BadRequest(f"{name} is not UTF-8 text.", fields={name: "must be UTF-8 text"})
    return text
