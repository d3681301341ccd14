"""The recordings of one personality: which name is meant, and how an upload becomes a recording. Writes nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from backend.core.errors import BadRequest, NotFound
from backend.core.tables.emotions import canonical, nearest_available
from backend.core.tables.repairs import REPAIRS, USUAL
from backend.personality.record import Recording, Reference, Source
from backend.personality.shelf import Shelved, content_name
from backend.safety.names import clean_emotion

Model = TypeVar("Model", bound=BaseModel)


class Recorder(Protocol):
    """Makes an upload into a reference: `backend.speech.record.make_reference`."""

    def __call__(
        self,
        upload: bytes | Path,
        transcript: str = "",
        start: float = 0.0,
        end: float | None = None,
        name: str = "",
        repairs: Collection[str] = USUAL,
    ) -> Reference:
        """Raises BadAudio."""


@dataclass(frozen=True)
class Wish:
    """What a caller wants of one emotion. What is None stays as it was."""

    sound: bytes | Path | None = None
    transcript: str | None = None
    start: float | None = None  # seconds of the upload
    end: float | None = None  # seconds of the upload
    origin: str = "uploaded"
    recipe: dict[str, Any] | None = None
    """How it was made, where it was not recorded."""
    transcript_source: str = "user"
    upload_name: str = ""
    """What the upload was called, where it had a name."""
    repairs: tuple[str, ...] | None = None
    """What to mend of the upload: names of `core.tables.repairs`."""

    @property
    def makes_anew(self) -> bool:
        return any(one is not None for one in (self.start, self.end, self.repairs))


def existing_name(names: Collection[str], emotion: str) -> str | None:
    """The recorded emotion that is meant: the same name, in any letter case, or another word for a standard one."""
    standard = canonical(emotion)
    same = (name for name in names if name == emotion)
    alike = (name for name in names if name.casefold() == emotion.strip().casefold())
    meant = (name for name in names if standard is not None and canonical(name) == standard)
    return next(same, None) or next(alike, None) or next(meant, None)


def name_for(names: Collection[str], emotion: str) -> str:
    """The name under which a recording of that emotion is kept. Raises BadRequest."""
    cleaned = clean_emotion(emotion)
    return existing_name(names, cleaned) or canonical(cleaned) or cleaned


def recorded(shelved: Shelved, emotion: str) -> tuple[str, Recording]:
    """Raises NotFound."""
    name = existing_name(shelved.config.emotions, emotion)
    if name is None:
        raise NotFound(
            "This personality has no recording of that emotion.", hint="Record it.", code="emotion-not-found"
        )
    return name, shelved.config.emotions[name]


def best_name(shelved: Shelved, emotion: str) -> str:
    """The recording to speak an emotion with: that one, the nearest, neutral, any. Raises NotFound."""
    there = [name for name, recording in shelved.config.emotions.items() if recording.file in shelved.present]
    if not there:
        raise NotFound(
            f"“{shelved.config.name}” has no recordings yet: add one.",
            hint="Open the personality and record at least one emotion.",
            code="emotion-not-found",
        )
    return existing_name(there, emotion) or nearest_available(emotion, there) or there[0]


def fulfil(
    wish: Wish, name: str, old: Recording | None, folder: Path, recorder: Recorder
) -> tuple[Recording, dict[str, bytes]]:
    """The recording that the wish asks for, and the files it needs. Raises BadRequest, BadAudio, NotFound."""
    if wish.sound is not None:
        start, end = window(wish.start or 0.0, wish.end)
        data = wish.sound.read_bytes() if isinstance(wish.sound, Path) else wish.sound
        reference = recorder(data, wish.transcript or "", start, end, wish.upload_name, **_repairs(wish.repairs))
        source: dict[str, Any] = {
            "file": content_name(name, data, f"source.{reference.extension}"),
            "start": start,
            "end": end,
        }
        made = {"origin": wish.origin, "recipe": wish.recipe, "repairs": wish.repairs}
        wording = {"transcript": (wish.transcript or "").strip(), "transcript_source": wish.transcript_source}
        recording, files = _with_reference(name, made | {"source": source} | wording, reference)
        return recording, files | {source["file"]: data}
    if old is None:
        raise BadRequest("There is no recording yet.", hint="Send one.", fields={"audio": "is missing"})
    facts, files = old.model_dump(), {}
    if wish.transcript is not None:
        facts |= {"transcript": wish.transcript.strip(), "transcript_source": wish.transcript_source}
    if wish.makes_anew:
        return _cut_again(wish, name, facts, old.source, folder, recorder)
    return checked(Recording, facts), files


def _cut_again(
    wish: Wish, name: str, facts: dict[str, Any], source: Source | None, folder: Path, recorder: Recorder
) -> tuple[Recording, dict[str, bytes]]:
    """A new window of the kept upload; the upload itself stays as it is."""
    if source is None:
        raise BadRequest("No upload was kept that could be cut.", hint="Send the recording again.")
    start, end = window(
        source.start if wish.start is None else wish.start, source.end if wish.end is None else wish.end
    )
    repairs = facts["repairs"] if wish.repairs is None else wish.repairs
    try:
        reference = recorder(folder / source.file, facts["transcript"], start, end, "", **_repairs(repairs))
    except FileNotFoundError:
        raise NotFound("The kept upload is missing.", hint="Send it again.", code="emotion-not-found") from None
    changed = {"source": facts["source"] | {"start": start, "end": end}, "repairs": repairs}
    return _with_reference(name, facts | changed, reference)


def _repairs(wanted: Collection[str] | None) -> dict[str, Collection[str]]:
    """What to tell a recorder; nothing where the usual is wanted. Raises BadRequest for a repair that is none."""
    if wanted is None:
        return {}
    if unknown := set(wanted) - REPAIRS.keys():
        known = f"is one of: {', '.join(REPAIRS)}"
        raise BadRequest(f"There is no repair {sorted(unknown)[0]!r}.", fields={"repairs": known})
    return {"repairs": wanted}


def _with_reference(name: str, facts: Mapping[str, Any], reference: Reference) -> tuple[Recording, dict[str, bytes]]:
    file = content_name(name, reference.wav, "wav")
    return checked(Recording, {**facts, **reference.report, "file": file}), {file: reference.wav}


def window(start: float, end: float | None) -> tuple[float, float | None]:
    """Raises BadRequest when nothing lies between."""
    if end is not None and end <= start:
        raise BadRequest("The end of the trim lies before its start.", fields={"end": "must be greater than start"})
    return start, end


def checked(model: type[Model], facts: Mapping[str, Any]) -> Model:
    """The facts as a value. Raises BadRequest, naming the fields."""
    try:
        return model.model_validate(facts)
    except ValidationError as error:
        fields = {
            ".".join(str(part) for part in item["loc"]): item["msg"]
            for item in error.errors(include_url=False, include_input=False)
        }
        raise BadRequest(f"{', '.join(fields)}: not as it must be.", fields=fields) from error
