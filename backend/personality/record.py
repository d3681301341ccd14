"""What `config.json` of a personality says, checked as the work of a stranger. Touches no disk.

Keys that this version does not know are kept through every update; they are never shown by the API.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, NoReturn
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from backend.core.errors import BadRequest
from backend.core.tables.repairs import USUAL, Repair
from backend.safety.names import clean_emotion

SCHEMA = 1
CONFIG = "config.json"
MAX_CONFIG_BYTES = 8 * 2**20
MAX_EMOTIONS = 200
MAX_RECIPE = 20_000
"""Characters of JSON."""
MAX_DEPTH = 40
"""Levels of nesting that a config may have."""
SOURCE_EXTENSIONS = ("wav", "mp3", "flac", "ogg", "opus", "m4a", "webm", "aac", "aiff")

WAV_NAME = re.compile(r"[a-z0-9-]{1,60}-[0-9a-f]{12}\.wav")
SOURCE_NAME = re.compile(rf"[a-z0-9-]{{1,60}}-[0-9a-f]{{12}}\.source\.(?:{'|'.join(SOURCE_EXTENSIONS)})")


class ConfigError(ValueError):
    """A `config.json` that is no personality's; the message is a sentence."""


class Kept(BaseModel):
    """A part of the record. Unknown keys are kept, numbers are finite."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)


class Finding(Kept):
    code: str = Field(max_length=60)
    text: str = Field(max_length=500)
    kind: str = Field(pattern="^(repair|warning)$")
    params: dict[str, str] = Field(default_factory=dict, max_length=10)


class Unjudged(Kept):
    """Something the doctor could not tell."""

    code: str = Field(max_length=60)
    text: str = Field(max_length=500)


class Quality(Kept):
    score: int = Field(0, ge=0, le=100)
    """All findings counted, those of a second look, too."""
    verdict: str = Field("", max_length=60)
    findings: tuple[Finding, ...] = Field((), max_length=50)
    unjudged: tuple[Unjudged, ...] = Field((), max_length=20)
    measured: dict[str, float | str] = Field(default_factory=dict, max_length=20)
    """What a second look measured, by name."""


class Source(Kept):
    """The untouched upload, and the window of it that was used."""

    file: str = Field(pattern=f"^{SOURCE_NAME.pattern}$")
    start: float = Field(0.0, ge=0)
    """Seconds."""
    end: float | None = Field(None, ge=0)
    """Seconds; None is the end of the upload."""


def _proper_recipe(recipe: dict[str, Any]) -> dict[str, Any]:
    try:
        size = len(json.dumps(recipe, allow_nan=False))
    except (TypeError, ValueError):  # an infinity can be written as 1e999
        raise ValueError("a recipe holds something that is no JSON") from None
    if size > MAX_RECIPE:
        raise ValueError("a recipe is too long")
    return recipe


Recipe = Annotated[dict[str, Any], AfterValidator(_proper_recipe)]
"""How a recording was made that nobody recorded: parameters, seeds, hashes of its parts."""


class Recording(Kept):
    """One emotion of a personality."""

    file: str = Field(pattern=f"^{WAV_NAME.pattern}$")
    transcript: str = Field("", max_length=5000)
    transcript_source: str = Field("user", max_length=40)
    duration: float = Field(ge=0, le=600)
    """Seconds."""
    sample_rate: int = Field(24_000, ge=1, le=384_000)
    """Hertz."""
    loudness_lufs: float | None = None
    origin: str = Field("uploaded", max_length=40)
    recipe: Recipe | None = None
    quality: Quality = Quality()
    repairs: tuple[Repair, ...] | None = None
    """What was mended of the upload; None is what is usual."""
    peaks: tuple[Annotated[float, Field(ge=0, le=1)], ...] = Field((), max_length=2000)
    source: Source | None = None

    @property
    def files(self) -> tuple[str, ...]:
        return (self.file, self.source.file) if self.source else (self.file,)


class Consent(Kept):
    """Who agreed to have this voice kept, when, in which words."""

    who: str = Field("", max_length=200)
    when: str = Field("", max_length=60)
    statement: str = Field("", max_length=2000)


def _proper_emotion(name: str) -> str:
    try:
        same = clean_emotion(name) == name
    except BadRequest as problem:
        raise ValueError(problem.detail) from None
    if not same:
        raise ValueError("the name of an emotion is not written in its plain form")
    return name


class Config(Kept):
    """The whole of `config.json`."""

    schema_: int = Field(SCHEMA, alias="schema", ge=SCHEMA, le=SCHEMA)
    revision: int = Field(1, ge=1, le=2**53)
    id: str = Field(max_length=300)
    name: str = Field(min_length=1, max_length=200)
    description: str = Field("", max_length=2000)
    language: str = Field("", max_length=20)
    tags: tuple[Annotated[str, Field(max_length=60)], ...] = Field((), max_length=50)
    created: str = Field("", max_length=40)
    updated: str = Field("", max_length=40)
    consent: Consent = Consent()
    emotions: dict[Annotated[str, AfterValidator(_proper_emotion)], Recording] = Field(
        default_factory=dict, max_length=MAX_EMOTIONS
    )

    @property
    def files(self) -> frozenset[str]:
        """Every file that this record names."""
        return frozenset(name for recording in self.emotions.values() for name in recording.files)

    def changed(self, **values: Any) -> Config:
        """A copy with these values, the next revision and the present time. The values are taken as checked."""
        return self.model_copy(update={"revision": self.revision + 1, "updated": now(), **values})


@dataclass(frozen=True)
class Reference:
    """An upload made into a reference: what a recorder answers and the shelf keeps."""

    wav: bytes = field(repr=False)
    """Mono, 24 kHz, 16-bit PCM with a plain header."""
    extension: str
    """What the upload's container is called; one of SOURCE_EXTENSIONS."""
    report: dict[str, Any]
    """duration, sample_rate, loudness_lufs, quality {score, verdict, findings}, peaks."""


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_config(data: bytes) -> Config:
    """The record in those bytes. Raises ConfigError with a sentence that says what is wrong."""
    if len(data) > MAX_CONFIG_BYTES:
        raise ConfigError("it is larger than any record")
    try:
        body = json.loads(data.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ConfigError("it is not whole JSON") from error
    if not isinstance(body, dict) or _too_deep(body):
        raise ConfigError("it is no record of a personality")
    if isinstance(body.get("schema"), int) and body["schema"] > SCHEMA:
        raise ConfigError("it was written by a newer version of the studio")
    try:
        return Config.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])[:80]
        raise ConfigError(f"{where}: {first['msg']}"[:200]) from error


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
    return bool(level)


_NUMBERS = re.compile(r"\[\n[-0-9.,e\s]+?\n\s*\]")


def write_config(config: Config) -> bytes:
    """JSON that people can read: indented, any script as itself, lists of numbers on one line."""
    text = json.dumps(config.model_dump(mode="json", by_alias=True), ensure_ascii=False, indent=2, allow_nan=False)
    text = _NUMBERS.sub(lambda match: re.sub(r"\s+", " ", match[0]).replace("[ ", "[").replace(" ]", "]"), text)
    return (text + "\n").encode("utf-8", "backslashreplace")  # a lone surrogate becomes its JSON escape


def describe(config: Config, key: str, present: Collection[str]) -> dict[str, Any]:
    """The record as the API answers it. `present` are the files of the folder: what is missing is not offered."""
    address = f"/api/personality/{quote(key, safe='')}/emotions/"
    facts = {name: getattr(config, name) for name in ("name", "description", "language", "created", "updated")}
    return {
        "id": key,
        **facts,
        "tags": list(config.tags),
        "revision": config.revision,
        "schema": SCHEMA,
        "consent": config.consent.model_dump(include={"who", "when", "statement"}),
        "emotions": {
            name: describe_recording(recording, address + quote(name, safe=""))
            for name, recording in config.emotions.items()
            if recording.file in present
        },
    }


_SHOWN = {
    *("file", "transcript", "transcript_source", "duration", "sample_rate", "loudness_lufs", "peaks"),
    *("origin", "recipe"),
}


def describe_recording(recording: Recording, address: str) -> dict[str, Any]:
    quality = recording.quality
    findings = [item.model_dump(include={"code", "text", "kind", "params"}) for item in quality.findings]
    unjudged = [item.model_dump(include={"code", "text"}) for item in quality.unjudged]
    source = recording.source
    window = {"url": f"{address}/source", "start": source.start, "end": source.end} if source else None
    return {
        **recording.model_dump(mode="json", include=_SHOWN),
        "url": address,
        "quality": {
            "score": quality.score,
            "verdict": quality.verdict,
            "findings": findings,
            "unjudged": unjudged,
            "measured": quality.measured,
        },
        "source": window,
        "repairs": list(USUAL if recording.repairs is None else recording.repairs),
    }
