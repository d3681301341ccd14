"""Kokoro-FastAPI's `POST /dev/dialogue`: turns of several voices, which a script of ours says at once."""

from __future__ import annotations

from flask import Blueprint, Response
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from backend.api.declared import declared, sound
from backend.api.dialects.kokoro_tags import FASTEST, SLOWEST, VoiceAlias
from backend.api.dialects.openai_fields import Format, SpeechFields
from backend.api.dialects.openai_speech import MEDIA, PROBLEMS, spoken_as

bp = Blueprint("kokoro", __name__)

MOST_TURNS = 1000
ASKED = {
    "turns": [{"voice": "af_bella", "text": "Shall we begin?"}, {"voice": "am_michael", "text": "[happy] Of course!"}],
    "pause_between_turns": 0.5,
    "response_format": "mp3",
}


class Turn(BaseModel):
    """What one voice says."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    voice: str = Field(pattern=r"^[^\[\]]+$", max_length=200, validation_alias=AliasChoices("voice", "voice_id"))
    text: str = Field(min_length=1, pattern=r"\S")


class Dialogue(BaseModel):
    """Turns, and of the fields of a speech those that Kokoro has."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    model: str = Field("", max_length=200)
    turns: list[Turn] = Field(min_length=1, max_length=MOST_TURNS, validation_alias=AliasChoices("turns", "inputs"))
    pause_between_turns: float = Field(0.0, ge=0, le=10)
    """Seconds; 0 leaves the natural pause."""
    response_format: Format = "mp3"
    download_format: Format | None = None
    speed: float = Field(1.0, ge=SLOWEST, le=FASTEST)
    stream: bool = True
    return_download_link: bool = False
    lang_code: str = Field("", max_length=20)
    volume_multiplier: float = Field(1.0, ge=0, le=10)
    voice_aliases: dict[str, str | VoiceAlias] = Field(default_factory=dict, max_length=100)

    def as_speech(self) -> SpeechFields:
        pause = f" [pause {self.pause_between_turns:.3f}s] " if self.pause_between_turns else " "
        text = pause.join(f"[voice:{turn.voice}] {turn.text}" for turn in self.turns)
        shared = self.model_dump(exclude={"turns", "pause_between_turns"})
        return SpeechFields(**shared, input=text, voice=self.turns[0].voice, allow_voice_tags=True)


@bp.post("/dev/dialogue")
@declared(
    "Speak a dialogue of several voices.",
    tag="Kokoro-FastAPI",
    answers={200: sound(*MEDIA.values())},
    problems=(*PROBLEMS, "too-many-streams"),
    example=ASKED,
    document="Kokoro-FastAPI",
)
def dialogue(asked: Dialogue) -> Response:
    """Emotion tags and pauses work in every turn. A voice that is not known is refused before anything is heard."""
    return spoken_as(asked.as_speech())
