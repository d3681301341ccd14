"""Chimeras as jobs: a wish is checked before anything waits; what was made is listened to, saved or dropped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from backend.core.chimera import ChimeraRequest, ChimeraSave, ChimeraWish
from backend.core.errors import BadRequest, Conflict, NotFound, Problem
from backend.core.events import ProgressEvent
from backend.core.tables.emotions import canonical
from backend.core.tables.languages import LANGUAGES, language_code
from backend.core.tables.speakers import SPEAKERS
from backend.core.types import PersonalityVoice, PresetVoice
from backend.engines.base import VoiceKind
from backend.jobs.model import Job
from backend.jobs.runner import Handler, JobContext
from backend.rooms.queues import Queues
from backend.rooms.rooms import Rooms
from backend.safety.names import clean_emotion
from backend.speech.chimera_sessions import ChimeraSessions

if TYPE_CHECKING:
    from backend.engines.embeddings import SpeakerEncoder

CHIMERA = "chimera"
USUAL_SPEAKER = "Ryan"

File = tuple[IO[bytes] | bytes | Path, str]
"""A recording and what it was called."""


def handlers(rooms: Rooms) -> dict[str, Handler]:
    """By kind of job."""

    @cache
    def encoder() -> SpeakerEncoder:
        from backend.engines.embeddings import SpeakerEncoder  # brings numpy

        return SpeakerEncoder()

    def made(request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
        from backend.speech.chimera import Bench, make_chimera  # brings numpy

        bench = Bench(rooms.models, rooms.personalities, rooms.uploads, sessions_of(rooms), encoder())
        return make_chimera(ChimeraRequest.model_validate(request), context, bench)

    return {CHIMERA: made}


def sessions_of(rooms: Rooms) -> ChimeraSessions:
    return ChimeraSessions(rooms.settings.state_dir / CHIMERA)


def prepared(rooms: Rooms, wish: ChimeraWish, file: File | None = None, ai_file: File | None = None) -> ChimeraRequest:
    """The request of the job, with the recordings in the store. Raises BadRequest naming the field, NotFound,
    EngineUnavailable; then nothing is kept."""
    request = ChimeraRequest(**_checked(rooms, wish, file is not None, ai_file is not None).model_dump())
    sent = {"user": file, "ai": ai_file}
    kept = {f"{name}_upload": rooms.uploads.keep(*given) for name, given in sent.items() if given is not None}
    names = {f"{name}_name": given[1] for name, given in sent.items() if given is not None}
    return request.model_copy(update={**kept, **names})


def dropped(rooms: Rooms, request: ChimeraRequest) -> None:
    """The recordings of a request that is not carried out."""
    for upload in filter(None, (request.user_upload, request.ai_upload)):
        rooms.uploads.drop(upload)


class ChimeraDesk:
    """Where chimeras are asked for."""

    def __init__(self, rooms: Rooms, queues: Queues) -> None:
        self._rooms = rooms
        self._queues = queues
        self.sessions = sessions_of(rooms)

    def make(self, wish: ChimeraWish, file: File | None = None, ai_file: File | None = None) -> Job:
        """The job that makes it. Raises as `prepared` does, and Busy."""
        request = prepared(self._rooms, wish, file, ai_file)
        units = 1.0 if request.ai_upload else float(len(request.text) * request.tries)
        try:
            return self._queues.lane.submit(CHIMERA, request.model_dump(mode="json"), units, self._key(request))
        except Problem:
            dropped(self._rooms, request)
            raise

    def save(self, session: str, number: str, wish: ChimeraSave) -> tuple[dict[str, Any], bool]:
        """As `saved`."""
        return saved(self._rooms, session, number, wish)

    def _key(self, request: ChimeraRequest) -> str:
        if request.ai_upload:
            return f"{CHIMERA}:file"
        return f"{CHIMERA}:{self._rooms.models.pick(request.engine, _kind(request), request.language).info.name}"


def saved(rooms: Rooms, session: str, number: str, wish: ChimeraSave) -> tuple[dict[str, Any], bool]:
    """Keep a try as an emotion; answers the personality and whether it is new. Raises NotFound, Conflict, Stale."""
    sessions = sessions_of(rooms)
    record = sessions.get(session)
    one = _try_of(record, number)
    if bool(wish.personality) == bool(wish.name):
        what = "name a saved voice, or a name for a new one"
        raise BadRequest("It is not said where this is to be kept.", fields={"personality": what, "name": what})
    recording = {
        "sound": sessions.sound(session, str(one["index"])),
        "transcript": one["transcript"] if wish.transcript is None else wish.transcript,
        "transcript_source": CHIMERA if wish.transcript is None else "user",
        "origin": CHIMERA,
        "recipe": _recipe(record, one),
        "upload_name": f"{CHIMERA}.wav",
    }
    return (_new(rooms, wish, recording), True) if wish.name else (_added(rooms, wish, recording), False)


def _checked(rooms: Rooms, wish: ChimeraWish, sent: bool, ai_sent: bool) -> ChimeraWish:
    if sent == bool(wish.personality):
        what = "send a recording, or name a saved voice, one of the two"
        raise BadRequest("Whose voice it is to be is not clear.", fields={"file": what, "personality": what})
    if wish.personality:
        found = rooms.voice(PersonalityVoice(personality=wish.personality, emotion=wish.user_emotion))
        assert isinstance(found, PersonalityVoice), "it was one"
        wish = wish.model_copy(update={"personality": found.personality})
    cleaned = clean_emotion(wish.emotion)
    wish = wish.model_copy(update={"emotion": canonical(cleaned) or cleaned})
    return _silent(wish) if ai_sent else _speaking(rooms, wish)


def _speaking(rooms: Rooms, wish: ChimeraWish) -> ChimeraWish:
    """The wish with the actor's name as the studio writes it. Raises what is wrong with it."""
    if not wish.text.strip():
        raise BadRequest("The acted part has no words.", fields={"text": "is empty; or send ai_file"})
    language = language_code(wish.language)
    if language is None:
        known = f"is one of: auto, {', '.join(LANGUAGES)}"
        raise BadRequest("The language is not known.", fields={"language": known})
    named = [name for name in ("ai_speaker", "ai_description", "ai_clone") if getattr(wish, name)]
    if len(named) > 1:
        raise BadRequest("Several actors are named.", fields=dict.fromkeys(named, "name one actor only"))
    wish = wish.model_copy(update={"language": language, **({} if named else _usual(rooms, wish, language))})
    if wish.ai_speaker:
        speaker = rooms.voice(PresetVoice(speaker=wish.ai_speaker))
        assert isinstance(speaker, PresetVoice), "it was one"
        wish = wish.model_copy(update={"ai_speaker": speaker.speaker})
    rooms.models.pick(wish.engine, _kind(wish), language)
    return wish


def _usual(rooms: Rooms, wish: ChimeraWish, language: str) -> dict[str, Any]:
    """Who acts where nobody is named: the user's own voice where the engine acts on it, else a speaker."""
    try:
        if rooms.models.pick(wish.engine, "cloned", language).info.emotions == "acted":
            return {"ai_clone": True}
    except Problem:  # it clones nobody
        pass
    native = [row.id for row in SPEAKERS.values() if row.language == language]
    return {"ai_speaker": native[0] if native else USUAL_SPEAKER}


def _new(rooms: Rooms, wish: ChimeraSave, recording: Mapping[str, Any]) -> dict[str, Any]:
    personality = rooms.personalities.create(wish.name, wish.description, wish.language or "auto")
    try:
        return rooms.personalities.put_emotion(personality["id"], wish.emotion, **recording)
    except BaseException:
        rooms.personalities.delete(personality["id"])  # half a voice is worse than none
        raise


def _added(rooms: Rooms, wish: ChimeraSave, recording: Mapping[str, Any]) -> dict[str, Any]:
    personality = rooms.personalities.get(wish.personality)
    there = {canonical(name) or name.casefold() for name in personality["emotions"]}
    wanted = clean_emotion(wish.emotion)
    if (canonical(wanted) or wanted.casefold()) in there and not wish.replace:
        raise Conflict(
            f"{personality['name']} has a recording of “{wanted}”.",
            hint="Take another name for the emotion, or say that it may be replaced.",
            code="emotion-exists",
            fields={"replace": "true replaces it"},
        )
    guard = None if wish.replace else personality["revision"]
    return rooms.personalities.put_emotion(personality["id"], wanted, if_match=guard, **recording)


def _kind(wish: ChimeraWish) -> VoiceKind:
    if wish.ai_clone:
        return "cloned"
    return "designed" if wish.ai_description else "preset"


def _silent(wish: ChimeraWish) -> ChimeraWish:
    """A wish whose acted part is a file: nothing is spoken. Raises BadRequest for what would have to be."""
    spoken = [name for name in ("text", "ai_speaker", "ai_description", "ai_clone") if getattr(wish, name)]
    if spoken:
        what = "is not spoken where a file is sent"
        raise BadRequest("The acted part is sent and asked for at once.", fields=dict.fromkeys(spoken, what))
    return wish


def _try_of(record: Mapping[str, Any], number: str) -> dict[str, Any]:
    """Raises NotFound."""
    for one in record["tries"]:
        if str(one["index"]) == number:
            found: dict[str, Any] = one
            return found
    raise NotFound("This chimera has no such try.", hint=f"It has {len(record['tries'])}, from 0.")


def _recipe(record: Mapping[str, Any], one: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that made this try: parameters, seed, hashes of both parts, what was measured."""
    own = {name: one[name] for name in ("index", "seed", "similarity", "similarity_joined", "join", "parts")}
    ai = {**record["recipe"]["ai"], "sha256": one["ai_sha256"]}
    return {"kind": CHIMERA, "created": record["created"], **record["recipe"], **own, "ai": ai}
