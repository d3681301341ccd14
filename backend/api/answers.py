"""The shapes of what the studio answers, for `/openapi.json`: members that are always there, others may be more.

They describe; nothing is checked against them but by the tests.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Status = Literal["queued", "running", "done", "failed", "cancelled"]


class Answered(BaseModel):
    """Something the studio says of itself."""

    model_config = ConfigDict(extra="allow", defer_build=True)


class Accepted(Answered):
    """A job that was begun; follow it at `/api/jobs/<job_id>/events`."""

    job_id: str


class Notice(Answered):
    """Something worth knowing that is no failure."""

    code: str
    text: str


class JobAbout(Answered):
    """By what people tell one job from another; empty where its kind has none."""

    text: str
    """How it begins."""
    voice: str
    """Id of a saved voice or a speaker, or a description."""


class JobState(Answered):
    id: str
    kind: str
    status: Status
    phase: str
    stage: str
    """What is being done, in words."""
    progress: float | None
    """0 to 1."""
    eta: float | None
    """Seconds."""
    queue_place: int | None
    created: str | None
    started: str | None
    finished: str | None
    attempts: int
    result: dict[str, Any] | None
    problem: dict[str, Any] | None
    last_event: int
    about: JobAbout


class JobList(Answered):
    jobs: list[JobState]


class Spoken(Answered):
    """What was spoken: a take."""

    id: str
    url: str
    format: str
    duration: float
    """Seconds."""
    sample_rate: int
    """Hertz."""
    engine: str
    seed: int | None
    segments: list[dict[str, Any]]
    notices: list[Notice]


class Take(Spoken):
    title: str
    text: str
    request: dict[str, Any]
    created: str
    starred: bool


class TakeList(Answered):
    takes: list[Take]
    total: int
    """Of all that match, listed or not."""


class Trashed(Answered):
    id: str
    trash: str
    """Its name in the trash, where it rests for seven days."""


class EmotionRecord(Answered):
    file: str
    url: str
    transcript: str
    duration: float
    """Seconds."""
    sample_rate: int
    """Hertz."""


class PersonalityRecord(Answered):
    id: str
    name: str
    description: str
    language: str
    tags: list[str]
    created: str
    updated: str
    revision: int
    """Counts changes; send it as If-Match."""
    consent: dict[str, str]
    emotions: dict[str, EmotionRecord]


class PersonalityList(Answered):
    personalities: list[PersonalityRecord]


class ScriptShown(Answered):
    segments: list[dict[str, Any]]
    tags: list[dict[str, Any]]
    notices: list[Notice]
    seconds: float
    """An estimate of how long it will be."""
    characters: int


class Catalog(Answered):
    engines: list[dict[str, Any]]
    recognisers: list[dict[str, Any]]
    speakers: list[dict[str, Any]]
    emotions: list[dict[str, Any]]
    languages: list[dict[str, str]]
    formats: list[str]
    subtitles: list[str]
    limits: dict[str, int]
    """Characters of a text, bytes of an upload and of an archive."""
    version: str
    engine_auto: str
    engine_for: dict[str, str]


class Health(Answered):
    status: str
    version: str
    uptime: float
    """Seconds."""
    queue: int
    """Jobs that wait."""
    lane: Literal["idle", "busy", "starting"]
    device: str | None
    """Where models compute: `cpu`, `cuda` or `mps`; null until one was loaded."""
    models: dict[str, bool]
    """Which stages of SV2TTS are here: `encoder`, `synthesizer`, `vocoder`."""
    streams: int
    """Open event streams and sockets."""


class Alive(Answered):
    status: str


class Transcript(Answered):
    job_id: str
    text: str
    raw_text: str
    language: str
    engine: str
    duration: float
    """Seconds."""
    segments: list[dict[str, Any]]


class SmartSession(Answered):
    session: str
    created: str
    duration: float
    """Seconds."""
    clips: list[dict[str, Any]]
    proposed: dict[str, str]
    """Emotion → the clip that fits it."""


class SmartSessionList(Answered):
    sessions: list[dict[str, Any]]
    """Newest first."""
    jobs: list[dict[str, Any]]
    """Recordings that wait or are being cut."""


class ChimeraSession(Answered):
    session: str
    best: int | None
    tries: list[dict[str, Any]]


class Dropped(Answered):
    session: str


class ModelsOverview(Answered):
    machine: dict[str, Any]
    studio_set: dict[str, Any]
    resident: list[dict[str, Any]]
    recommended: list[str]
    offline: bool
    folder: str
    models: list[dict[str, Any]]


class ModelExamined(Answered):
    key: str
    path: str
    exists: bool
    valid: bool
    missing: list[str]


class Jobs(Answered):
    jobs: list[dict[str, Any]]


class Freed(Answered):
    key: str
    freed: int
    """Bytes."""


class Opened(Answered):
    path: str


class Link(Answered):
    url: str
