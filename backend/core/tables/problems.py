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
        "The bytes are no request: broken JSON, a doubled header, a chunk without end. Mend the client.",
    ),
    ProblemRow("request-timeout", errors.RequestTimeout, "The request dripped in too slowly. Try again."),
    ProblemRow("uri-too-long", errors.UriTooLong, "The address is longer than 64 kB. Put the data into the body."),
    ProblemRow(
        "upgrade-required",
        errors.UpgradeRequired,
        "A plain request came to an address of WebSockets. Connect to it with a WebSocket client, version 13.",
    ),
    ProblemRow("headers-too-large", errors.HeadersTooLarge, "The headers are larger than 64 kB together. Send fewer."),
    ProblemRow(
        "bad-request",
        errors.BadRequest,
        "A value is missing, unknown or out of range; `fields` names it. Correct it and send it again.",
    ),
    ProblemRow(
        "bad-text",
        errors.BadText,
        "The text holds nothing to speak. Write at least one word outside the tags.",
    ),
    ProblemRow(
        "text-too-long",
        errors.BadText,
        "The text is longer than the settings allow. Split it, or raise STUDIO_TEXT_LIMIT.",
    ),
    ProblemRow(
        "audio-unreadable",
        errors.BadAudio,
        "The file is no recording that can be read. Save it as WAV, MP3, FLAC, OGG, M4A or WebM.",
    ),
    ProblemRow(
        "audio-type-mismatch",
        errors.BadAudio,
        "The content is of another kind than the file's name says. Give it its right name.",
    ),
    ProblemRow("audio-empty", errors.BadAudio, "The recording holds no sound at all. Record again."),
    ProblemRow("audio-silent", errors.BadAudio, "The recording is silent. Check the microphone and record again."),
    ProblemRow(
        "audio-no-speech",
        errors.BadAudio,
        "Nobody speaks in the recording: there is no voice above the noise. Choose one in which a person speaks.",
    ),
    ProblemRow(
        "audio-too-short",
        errors.BadAudio,
        "A reference needs at least one second of voice. Five to fifteen are best.",
    ),
    ProblemRow(
        "audio-too-long",
        errors.BadAudio,
        "The recording is longer than can be used here. Cut it, or choose a part of it.",
    ),
    ProblemRow("audio-not-finite", errors.BadAudio, "The recording holds values that are no sound. Export it again."),
    ProblemRow(
        "audio-absurd",
        errors.BadAudio,
        "The file claims a rate, a length or a number of channels that no recording has. Export it again.",
    ),
    ProblemRow(
        "bad-archive",
        errors.BadArchive,
        "The zip is no export of a personality, or reaches outside its folder. Export it again.",
    ),
    ProblemRow("not-found", errors.NotFound, "Nothing lives at this address. See docs/api.md."),
    ProblemRow(
        "personality-not-found",
        errors.NotFound,
        "No saved voice has this id or name. The list of voices shows those there are.",
    ),
    ProblemRow(
        "emotion-not-found",
        errors.NotFound,
        "The voice has no recording of this emotion. Record it, or choose another.",
    ),
    ProblemRow(
        "job-not-found",
        errors.NotFound,
        "No job has this id. It may have been cleared away: the newest five hundred are kept.",
    ),
    ProblemRow(
        "take-not-found",
        errors.NotFound,
        "No take has this id. It may have been deleted; the history has an undo.",
    ),
    ProblemRow("segment-not-found", errors.NotFound, "The take has no segment of this number. They count from 0."),
    ProblemRow("clip-not-found", errors.NotFound, "The session has no clip of this id. It lists those it has."),
    ProblemRow("upload-not-found", errors.NotFound, "The recording was kept for a day and is gone. Send it again."),
    ProblemRow(
        "session-not-found",
        errors.NotFound,
        "What was made is kept for seven days until it is saved, and is gone. Make it again.",
    ),
    ProblemRow("speaker-not-found", errors.NotFound, "There is no such preset speaker. The catalog lists the nine."),
    ProblemRow(
        "voice-not-found",
        errors.NotFound,
        "No voice has this name. GET /v1/audio/voices lists those there are; OpenAI's own names are known, too.",
    ),
    ProblemRow("model-not-found", errors.NotFound, "There is no such model, or it is not here. The hint lists them."),
    ProblemRow("engine-not-found", errors.NotFound, "There is no such engine. The catalog lists those there are."),
    ProblemRow("method-not-allowed", errors.MethodNotAllowed, "The address has other methods; `Allow` lists them."),
    ProblemRow("conflict", errors.Conflict, "The thing is not in the state the request needs. Look at it again."),
    ProblemRow(
        "emotion-exists",
        errors.Conflict,
        "The voice has a recording of this emotion. Take another name for it, or send `replace`.",
    ),
    ProblemRow(
        "data-dir-in-use",
        errors.Conflict,
        "Another studio runs on the same data folder. Use that one, stop it, or give this one its own: "
        "`--data-dir FOLDER`, or STUDIO_DATA_DIR.",
    ),
    ProblemRow(
        "revision-mismatch",
        errors.Stale,
        "Somebody changed it since you read it. Read it again, then repeat the change.",
    ),
    ProblemRow(
        "unauthorised",
        errors.Unauthorised,
        "The studio was started with a token. Send it, or open a one-time link.",
    ),
    ProblemRow("forbidden", errors.Forbidden, "The request came from another web page. Use the studio's own page."),
    ProblemRow(
        "too-large",
        errors.TooLarge,
        "The body exceeds the limit of this address. The settings hold the limits.",
    ),
    ProblemRow(
        "wrong-content-type",
        errors.WrongType,
        "Bodies are application/json or multipart/form-data. Set the Content-Type header.",
    ),
    ProblemRow(
        "wrong-host",
        errors.Misdirected,
        "The Host is not one of the studio's names. Name yours in STUDIO_ALLOWED_HOSTS.",
    ),
    ProblemRow("queue-full", errors.Busy, "Too many jobs wait already. Try again in a while."),
    ProblemRow("too-many-streams", errors.Busy, "Too many event streams are open. Close other pages of the studio."),
    ProblemRow("decoders-busy", errors.Busy, "Other uploads are being read. Try again in a moment."),
    ProblemRow("locked", errors.Busy, "Somebody else has been changing the same thing for too long. Try again."),
    ProblemRow("cancelled", errors.Cancelled, "The job was stopped at a user's wish."),
    ProblemRow("engine-failed", errors.EngineFailed, "The engine broke while it worked. The hint says what to try."),
    ProblemRow(
        "engine-stalled",
        errors.EngineFailed,
        "The engine said nothing for too long and was stopped. Try a shorter text.",
    ),
    ProblemRow("interrupted", errors.Interrupted, "The work was cut off twice and was given up. Start it again."),
    ProblemRow(
        "engine-unavailable",
        errors.EngineUnavailable,
        "A package or a model is missing. The hint says how to get it.",
    ),
    ProblemRow(
        "shutting-down",
        errors.ShuttingDown,
        "The studio is closing. Its queue is kept and goes on after the next start.",
    ),
    ProblemRow(
        "storage-failed",
        errors.StorageFailed,
        "The disk refused a write. What was saved before is intact; check the disk.",
    ),
    ProblemRow(
        "out-of-memory",
        errors.OutOfMemory,
        "The memory did not suffice. Close other programs, use a shorter text or a smaller model.",
    ),
    ProblemRow(
        "offline",
        errors.Offline,
        "The offline switch is on, so nothing is fetched. Switch `STUDIO_OFFLINE` off, or copy the model by hand.",
    ),
    ProblemRow(
        "download-failed",
        errors.DownloadFailed,
        "No provider gave the file whole, after all tries. What was fetched is kept: start the download again later.",
    ),
    ProblemRow(
        "model-gated",
        errors.Gated,
        "The publisher wants you to accept its terms. Do that on the model's page and set `STUDIO_HF_TOKEN`.",
    ),
    ProblemRow("disk-full", errors.DiskFull, "The disk is full. Free some space; nothing saved before was harmed."),
    ProblemRow(
        "internal-error",
        errors.Problem,
        "A mistake of the studio's own. The log knows it by the `request_id`.",
    ),
)


def problem_page() -> str:
    """`docs/errors.md`."""
    return HEAD + "".join(f"\n## {row.code}\n\n**{row.status}** {row.title}. {row.text}\n" for row in PROBLEMS)


HEAD = """# Problems the studio names

Every failure is one JSON object (RFC 9457): in an answer's body (`application/problem+json`), in the last event of a
stream, in a job's record. `detail` says what happened to what, `hint` what to do; `fields` names wrong fields of a
request; `request_id` finds the request in the log. Programs look at `code`. What no waiting mends is answered with the
header `X-Should-Retry: false`, so that SDKs which repeat a 409, a 503 or a 507 by themselves ask once.

```json
{"type": "/docs/errors#emotion-not-found", "title": "There is no such thing here", "status": 404,
 "code": "emotion-not-found", "detail": "Anna has no 'happy'.", "hint": "Recorded: neutral, sad.",
 "request_id": "0c1d2e3f4a5b6c7d"}
```
"""
