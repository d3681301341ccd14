"""What a caller asks of the chimera room, and what its job holds. Plain JSON, checked once at the door."""

from __future__ import annotations

from pydantic import Field

from backend.core.types import WireValue


class ChimeraWish(WireValue):
    """Whose voice, whose feeling, and how they are joined. The recordings themselves come beside it."""

    personality: str = Field("", max_length=200)
    """Saved voice of the user, where no file is sent."""
    user_emotion: str = Field("neutral", min_length=1, max_length=60)
    """Which of its recordings."""
    transcript: str = Field("", max_length=5000)
    """What is said in the user's file; of a saved voice it is known."""
    ai_transcript: str = Field("", max_length=5000)
    """What is said in the acted file."""
    text: str = Field("", max_length=600)
    """What the acted part says, where it is spoken here."""
    emotion: str = Field("happy", min_length=1, max_length=60)
    """What is acted."""
    ai_speaker: str = Field("", max_length=60)
    ai_description: str = Field("", max_length=2000)
    ai_clone: bool = False
    """The user's own voice, cloned, speaks the acted part: nearer in timbre, as far as the engine acts."""
    engine: str = Field("auto", max_length=40)
    language: str = Field("auto", max_length=20)
    user_seconds: float = Field(5.0, ge=1, le=20, allow_inf_nan=False)
    ai_seconds: float = Field(5.0, ge=1, le=20, allow_inf_nan=False)
    crossfade_ms: float = Field(120.0, ge=50, le=200, allow_inf_nan=False)
    temperature: float = Field(0.9, ge=0, le=2, allow_inf_nan=False)
    tries: int = Field(3, ge=1, le=8)
    """Spoken with as many seeds; the one nearest to the user's voice is the best."""
    seed: int | None = Field(None, ge=0, le=2**31 - 1)


class ChimeraRequest(ChimeraWish):
    """The wish with every name looked up and every recording in the store: what the job holds."""

    user_upload: str = ""
    user_name: str = ""
    """What the user's file was called."""
    ai_upload: str = ""
    ai_name: str = ""


class ChimeraSave(WireValue):
    """Where a try is kept: an emotion of a saved voice, or of a new one."""

    personality: str = Field("", max_length=200)
    name: str = Field("", max_length=200)
    """Of the new voice."""
    description: str = Field("", max_length=2000)
    language: str = Field("", max_length=20)
    emotion: str = Field(min_length=1, max_length=60)
    transcript: str | None = Field(None, max_length=5000)
    """Corrected words of the whole; None takes those of the try."""
    replace: bool = False
    """Whether a recording of that emotion may be replaced."""
