"""Deepgram's `POST /v1/listen`: a recording as the body of the request becomes their transcript. Our studio inside."""

from __future__ import annotations

import hashlib
import io
import string
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO, Any, TypedDict, cast

from flask import Blueprint, Response, jsonify
from flask import request as http
from pydantic import BaseModel, ConfigDict, Field

from backend.api import problems
from backend.api.bodies import read_object
from backend.api.context import here, studio
from backend.api.declared import UNUSABLE, Example, declared
from backend.api.dialects.deepgram import shaped
from backend.api.problems import cut
from backend.api.sounding import caller_has_left
from backend.api.uploads import uploaded
from backend.core.errors import BadRequest

PATH = "/v1/listen"
UNMEASURED = 1.0
"""Clients demand a confidence; by this one nobody throws a word away."""
MANY = "multi"
"""Their word for a recording in several languages."""

bp = Blueprint("deepgram_listening", __name__)


class ListenQuery(BaseModel):
    """What the address may say; anything else is let by."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=False, protected_namespaces=())

    model: str = Field("nova-3", max_length=200)
    """A recogniser of the studio; names of Deepgram's models mean the best there is."""
    language: str = Field("auto", max_length=40)
    utterances: bool = False
    """Whether what was said in one go is listed, too."""
    diarize: bool = False
    callback: str | None = None


class Heard(TypedDict):
    """`metadata` of the recording, `results.channels[0].alternatives[0]` with `transcript` and `words`."""

    metadata: dict[str, Any]
    results: dict[str, Any]


@bp.post(PATH)
@declared(
    "Write down a recording as Deepgram does.",
    tag="Deepgram",
    answers={200: Heard},
    problems=(*UNUSABLE, "engine-not-found", "engine-unavailable", "engine-failed", "queue-full", "too-many-streams"),
    files=("file",),
    example=Example(query={"model": "nova-3", "language": "en"}),
    document="Deepgram",
)
def listen(query: ListenQuery) -> Response:
    """The body is the recording itself (`Content-Type: audio/*` or `application/octet-stream`), `{"url"}` at a host of
    the setting `reference_hosts`, or a form with `file`. Nothing measures confidence here: it is 1."""
    if query.diarize or query.callback:
        name = "diarize" if query.diarize else "callback"
        what = "The studio does not tell who speaks." if query.diarize else "The studio calls no other address."
        raise BadRequest(what, fields={name: "is not offered here"})
    with here().slots.held():
        with _recording() as (source, name):
            hashed = Hashed(source)
            wish = {"engine": studio().listening.named(query.model), "language": _language(query.language)}
            job = studio().listening.transcribe(cast("IO[bytes]", hashed), name, wish, kept=False)
        result = studio().listening.followed(job.id, caller_has_left()).finish()
    return jsonify({"metadata": _metadata(result, hashed.digest()), "results": _results(result, query)})


class Hashed:
    """A file that remembers what was read of it."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self._hash.update(data)
        return data

    def digest(self) -> str:
        return self._hash.hexdigest()


@contextmanager
def _recording() -> Iterator[tuple[IO[bytes], str]]:
    """What came, and a name that tells its type. Raises BadRequest, WrongType, Forbidden, DownloadFailed."""
    if http.mimetype == "multipart/form-data":
        with uploaded("file") as file:
            if file is None:
                raise BadRequest("The form holds no recording.", fields={"file": "is missing"})
            yield file.stream, cut(file.filename or "")
    elif http.mimetype == "application/json":
        address = read_object().get("url")
        if not isinstance(address, str) or not address:
            raise BadRequest("The body holds no address of a recording.", fields={"url": "is missing"})
        data, name = studio().fetch_reference(address)
        yield io.BytesIO(data), name
    elif not (http.content_length or http.environ.get("wsgi.input_terminated")):
        raise BadRequest("There is no recording.", hint="Send it as the body, with its content type.")
    else:
        yield http.stream, ""


def _language(asked: str) -> str:
    return "auto" if asked.strip().casefold() in ("", MANY) else asked


def _metadata(result: dict[str, Any], digest: str) -> dict[str, Any]:
    name = str(result["engine"])
    return {
        "request_id": http.environ["studio.request_id"],
        "sha256": digest,
        "created": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "duration": result["duration"],
        "channels": 1,
        "models": [name],
        "model_info": {name: {"name": name, "version": "1", "arch": str(result["engine_title"])}},
    }


def _results(result: dict[str, Any], query: ListenQuery) -> dict[str, Any]:
    rows = result["segments"]
    words = [word for row in rows for word in _words(row)]
    channel = {
        "alternatives": [{"transcript": result["text"], "confidence": UNMEASURED, "words": words}],
        "detected_language": result["language"],
    }
    found: dict[str, Any] = {"channels": [channel]}
    if query.utterances:
        found["utterances"] = [
            {
                "id": str(row["id"]),
                "start": row["start"],
                "end": row["end"],
                "confidence": UNMEASURED,
                "channel": 0,
                "transcript": row["text"],
                "words": _words(row),
            }
            for row in rows
        ]
    return found


def _words(row: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "word": word["word"].strip(string.punctuation).lower(),
            "start": word["start"],
            "end": word["end"],
            "confidence": UNMEASURED,
            "punctuated_word": word["word"],
        }
        for word in row["words"]
    ]


problems.shape(PATH, shaped)
