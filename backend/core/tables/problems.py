"""Every code a failure can have, with the sentence that explains it: `docs/errors.md` and `/docs/errors` in data."""

from __future__ import annotations

from dataclasses import dataclass

from backend.core import errors
from backend.core.errors import Problem


@dataclass(frozen=True)
class ProblemRow:
    code: str
    kind: type[Problem]
    text: str
    """What happened, and what to do."""

    @property
    def status(self) -> int:
        return self.kind.status

    @property
    def title(self) -> str:
        return self.kind.title


PROBLEMS: tuple[ProblemRow, ...] = (
    ProblemRow(
        "malformed-request",
        errors.Malformed,
        "The bytes are no request: broken JSON, a doubled header. Mend the client.",
    ),
    ProblemRow("request-timeout", errors.RequestTimeout, "The request dripped in too slowly. Try again."),
    ProblemRow("uri-too-long", errors.UriTooLong, "The address is longer than 64 kB. Put the data into the body."),
    ProblemRow("headers-too-large", errors.HeadersTooLarge, "The headers are larger than 64 kB together. Send fewer."),
    ProblemRow("bad-request", errors.BadRequest, "A value is missing, unknown or out of range; `fields` names it."),
    ProblemRow(
        "bad-text", errors.BadText, "The text holds nothing to speak. Write at least one word outside the tags."
    ),
    ProblemRow(
        "text-too-long",
        errors.BadText,
        "The text is longer than the settings allow. Split it, or raise STUDIO_TEXT_LIMIT.",
    ),
    ProblemRow("bad-archive", errors.BadArchive, "The zip is not an export of a personality. Export it again."),
    ProblemRow("not-found", errors.NotFound, "Nothing lives at this address. See docs/api.md."),
    ProblemRow(
        "method-not-allowed",
        errors.MethodNotAllowed,
        "The address has other methods; `Allow` lists them.",
    ),
    ProblemRow("conflict", errors.Conflict, "The thing is not in the state the request needs."),
    ProblemRow(
        "revision-mismatch",
        errors.Stale,
        "Somebody changed it since you read it. Read it again, then repeat the change.",
    ),
    ProblemRow(
        "unauthorised", errors.Unauthorised, "The studio was started with a token. Send it, or open a one-time link."
    ),
    ProblemRow("forbidden", errors.Forbidden, "The request came from another web page. Use the studio's own page."),
    ProblemRow(
        "too-large", errors.TooLarge, "The body exceeds the limit of this address. The settings hold the limits."
    ),
    ProblemRow("wrong-content-type", errors.WrongType, "Bodies are application/json or multipart/form-data."),
    ProblemRow(
        "wrong-host",
        errors.Misdirected,
        "The Host is not the studio's. Name yours in STUDIO_ALLOWED_HOSTS.",
    ),
    ProblemRow("queue-full", errors.Busy, "Too many jobs wait already. Try again in a while."),
    ProblemRow("too-many-streams", errors.Busy, "Too many event streams are open. Close other pages of the studio."),
    ProblemRow("cancelled", errors.Cancelled, "The job was stopped at a user's wish."),
    ProblemRow("engine-failed", errors.EngineFailed, "The engine broke while it worked. The hint says what to try."),
    ProblemRow("interrupted", errors.Interrupted, "The work was cut off twice and was given up. Start it again."),
    ProblemRow(
        "engine-unavailable", errors.EngineUnavailable, "A package or a model is missing. The hint says how to get it."
    ),
    ProblemRow(
        "shutting-down",
        errors.ShuttingDown,
        "The studio is closing. Its queue is kept and goes on after the next start.",
    ),
    ProblemRow("out-of-memory", errors.OutOfMemory, "The memory did not suffice. Use shorter text or a smaller model."),
    ProblemRow("disk-full", errors.DiskFull, "The disk is full. Free some space; nothing saved before was harmed."),
    ProblemRow(
        "internal-error", errors.Problem, "A mistake of the studio's own. The log knows it by the `request_id`."
    ),
)


def problem_page() -> str:
    """`docs/errors.md`."""
    rows = "\n".join(f"| `{row.code}` | {row.status} | {row.title}. {row.text} |" for row in PROBLEMS)
    return HEAD + rows + "\n"


HEAD = """# Problems the studio names

Every failure is one JSON object (RFC 9457): in an answer's body (`application/problem+json`), in the last event of a
stream, in a job's record. `detail` says what happened to what, `hint` what to do; `fields` names wrong fields of a
request; `request_id` finds the request in the log. Programs look at `code`.

```json
{"type": "/docs/errors#emotion-not-found", "title": "There is no such thing here", "status": 404,
 "code": "emotion-not-found", "detail": "Anna has no 'happy'.", "hint": "Recorded: neutral, sad.",
 "request_id": "0c1d2e3f4a5b6c7d"}
```

| Code | Status | What it means, and what to do |
|---|---|---|
"""
