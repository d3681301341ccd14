"""What slow work reports: one `ProgressEvent` after another, the last with `done`. Times in seconds."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Phase = Literal["queued", "loading", "working", "encoding", "done", "failed", "cancelled"]
FINAL_PHASES = frozenset({"done", "failed", "cancelled"})


class Notice(BaseModel):
    """Something the user should know that stopped nothing: a tag spoken as text, a stand-in emotion."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    """Stable name; the page translates by it."""
    text: str
    """The English sentence."""
    params: dict[str, str] = Field(default_factory=dict)
    """What to put into the translated sentence."""


class ProgressEvent(BaseModel):
    """One report of a job. `phase` is for programs, `stage` is the sentence for people."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    phase: Phase
    stage: str = ""
    """An English sentence; the page shows its own translation by `stage_code` and `params`."""
    stage_code: str = ""
    params: dict[str, str] = Field(default_factory=dict)
    progress: float | None = None
    """0 to 1, never falling within one attempt."""
    eta: float | None = None
    """Seconds until done, from this machine's own history; None where there is none."""
    segment: int | None = None
    """1-based number of the segment being spoken."""
    segments: int | None = None
    queue_place: int | None = None
    """1 = next to run."""
    notice: Notice | None = None
    audio: str | None = None
    """Base64 of 16-bit little-endian mono PCM; live only, never stored in the log."""
    audio_rate: int | None = None
    """Hertz of `audio`."""
    heard: str | None = None
    """What a transcription is sure of by now, from its beginning; live only, never stored in the log."""
    result: dict[str, Any] | None = None
    """Only in phase `done`; spread into the event on the wire."""
    problem: dict[str, Any] | None = None
    """Only in phases `failed` and `cancelled`."""

    @property
    def done(self) -> bool:
        return self.phase in FINAL_PHASES

    def on_the_wire(self, job_id: str) -> dict[str, Any]:
        """The JSON object of one `data:` line: no empty members, the result spread, `done` only at the end."""
        body = {"job_id": job_id, **self.model_dump(exclude_none=True, exclude={"result", "params"})}
        if self.params:
            body["params"] = self.params
        if self.result:
            body |= {key: value for key, value in self.result.items() if key not in body}
        if self.done:
            body["done"] = True
        return body
