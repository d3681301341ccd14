"""Every failure a user can meet, as a class with a code. Says nothing about HTTP beyond the status number.

Problem
├── Malformed 400             bytes that are no request: broken JSON, two Host headers
│   └── RequestTimeout 408, UriTooLong 414, UpgradeRequired 426, HeadersTooLarge 431
├── BadRequest 422            what was asked cannot be done as asked (fields say which part)
│   ├── BadText               empty, too long, not Unicode text
│   ├── BadAudio              an upload or a reference that is no usable recording
│   └── BadArchive            a zip that is not one of our exports
├── NotFound 404              personality, emotion, job, take, speaker
├── Conflict 409 / Stale 412  the thing is in another state than the caller believes
├── Forbidden 403, Unauthorised 401, TooLarge 413, WrongType 415, Misdirected 421
├── Busy 429                  the queue is full
├── Cancelled 499             the user stopped it
├── EngineFailed 500          an engine broke while working; the message says what to try
├── EngineUnavailable 503     a package or a model is missing; the hint says what to do
├── ShuttingDown 503          the studio is leaving
├── StorageFailed 500         the disk refused a write; what was saved before is intact
└── OutOfMemory / DiskFull 507
"""

from __future__ import annotations

from typing import Any


class Problem(Exception):
    """One failure, told to the user: what (detail), and what to do (hint)."""

    code = "internal-error"
    status = 500
    title = "Something went wrong in the studio"

    def __init__(
        self,
        detail: str,
        *,
        hint: str = "",
        code: str | None = None,
        fields: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint
        self.fields = fields or {}
        if code is not None:
            self.code = code

    def as_dict(self) -> dict[str, Any]:
        """RFC 9457 members, in the one shape used in bodies, events, histories and the page."""
        body: dict[str, Any] = {
            "type": f"/docs/errors#{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "hint": self.hint,
        }
        if self.fields:
            body["fields"] = self.fields
        return body


class Malformed(Problem):
    code, status, title = "malformed-request", 400, "The request could not be read"


class RequestTimeout(Malformed):
    code, status, title = "request-timeout", 408, "The request came too slowly"


class UriTooLong(Malformed):
    code, status, title = "uri-too-long", 414, "The address is too long"


class HeadersTooLarge(Malformed):
    code, status, title = "headers-too-large", 431, "The headers are too large"


class UpgradeRequired(Malformed):
    code, status, title = "upgrade-required", 426, "This address speaks WebSocket"


class BadRequest(Problem):
    code, status, title = "bad-request", 422, "The request cannot be carried out as it stands"


class BadText(BadRequest):
    code, title = "bad-text", "The text cannot be spoken"


class BadAudio(BadRequest):
    """Codes in use: audio-empty, audio-silent, audio-too-short, audio-too-long, audio-not-finite,
    audio-unreadable, audio-absurd, audio-type-mismatch."""

    code, title = "audio-unreadable", "The recording cannot be used"


class BadArchive(BadRequest):
    code, title = "bad-archive", "The archive cannot be imported"


class NotFound(Problem):
    """Codes in use: not-found, personality-not-found, emotion-not-found, job-not-found, take-not-found,
    speaker-not-found, voice-not-found, engine-not-found."""

    code, status, title = "not-found", 404, "There is no such thing here"


class MethodNotAllowed(Problem):
    code, status, title = "method-not-allowed", 405, "This address does not do that"


class Conflict(Problem):
    code, status, title = "conflict", 409, "That does not fit the present state"


class Stale(Problem):
    code, status, title = "revision-mismatch", 412, "Somebody else changed this meanwhile"


class Unauthorised(Problem):
    code, status, title = "unauthorised", 401, "A key is needed"


class Forbidden(Problem):
    code, status, title = "forbidden", 403, "This caller may not do that"


class TooLarge(Problem):
    code, status, title = "too-large", 413, "That is larger than the studio accepts"


class WrongType(Problem):
    code, status, title = "wrong-content-type", 415, "The content type is not accepted here"


class Misdirected(Problem):
    code, status, title = "wrong-host", 421, "The studio does not answer under this name"


class Busy(Problem):
    code, status, title = "queue-full", 429, "Too much is waiting already"


class Cancelled(Problem):
    code, status, title = "cancelled", 499, "Cancelled"


class EngineFailed(Problem):
    code, status, title = "engine-failed", 500, "The engine failed"


class Interrupted(Problem):
    code, status, title = "interrupted", 500, "The work was interrupted"


class EngineUnavailable(Problem):
    code, status, title = "engine-unavailable", 503, "The engine is not available"


class ShuttingDown(Problem):
    code, status, title = "shutting-down", 503, "The studio is closing"


class OutOfMemory(Problem):
    code, status, title = "out-of-memory", 507, "The memory did not suffice"


class MemoryShared(OutOfMemory):
    """Others used the same model meanwhile: alone it may suffice."""


class DiskFull(Problem):
    code, status, title = "disk-full", 507, "The disk is full"


class StorageFailed(Problem):
    code, status, title = "storage-failed", 500, "The data could not be saved"


class Offline(Problem):
    code, status, title = "offline", 503, "The studio is offline"


class DownloadFailed(Problem):
    code, status, title = "download-failed", 502, "The download failed"


class Gated(Problem):
    code, status, title = "model-gated", 403, "The publisher asks for an account"


class PreviousFailure(Problem):
    """A problem read back from a job's record, or sent by a child process: same members, same code."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__(
            str(body.get("detail", "")),
            hint=str(body.get("hint", "")),
            code=str(body.get("code", "internal-error")),
            fields=body.get("fields"),
        )
        self.status = int(body.get("status", 500))
        self.title = str(body.get("title", self.title))


def all_problem_classes() -> list[type[Problem]]:
    """Every class of the tree above, for `docs/errors.md` and its test."""
    found: list[type[Problem]] = []
    waiting = [Problem]
    while waiting:
        cls = waiting.pop()
        found.append(cls)
        waiting.extend(cls.__subclasses__())
    return found
