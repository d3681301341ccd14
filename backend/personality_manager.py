"""Saved voices: one folder each, its record, its recordings, its trash. Judges no audio: a recorder is handed in.

Every change holds the personality's lock, checks the revision the caller believes in, and is one commit (see
`personality/shelf.py`). Readers hold nothing. Records are answered as `docs/api.md` shows them.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from backend.core.errors import BadRequest, Conflict, EngineUnavailable, NotFound, Stale
from backend.core.tables.languages import language_code
from backend.personality import archive
from backend.personality.guests import Guests
from backend.personality.inspection import Inconsistency, inspect_shelf
from backend.personality.record import MAX_EMOTIONS, Config, Consent, Quality, Reference, describe, now
from backend.personality.recordings import Recorder, Wish, best_name, checked, fulfil, name_for, recorded
from backend.personality.shelf import GRACE, KIND, Shelf, Shelved
from backend.safety.names import clean_name
from backend.safety.saving import Trash, remove, telling_disk_errors, write_new

if TYPE_CHECKING:
    from backend.core.types import ClonedVoice, PersonalityVoice

__all__ = ["Inconsistency", "PersonalityManager", "Recorder", "Reference"]

_TRIES = 5
"""How often a cut is made again because somebody changed the recording meanwhile."""


class PersonalityManager:
    """All saved voices below one folder. Safe to use from many threads, and beside other processes."""

    def __init__(
        self,
        root: Path,
        trash: Path,
        recorder: Recorder | None = None,
        trash_days: float = 7,
        guests: Path | None = None,
    ) -> None:
        self._shelf = Shelf(root)
        self._trash = Trash(trash)
        self._record = recorder or _no_recorder
        self._trash_days = trash_days
        self.guests = Guests(guests or root.parent / ".guests", self._record)
        """Recordings that came with a request to be spoken with once."""

    def list(self) -> list[dict[str, Any]]:
        """All whole personalities, by name."""
        everything = sorted(self._shelf.everything(), key=lambda item: (item.config.name.casefold(), item.key))
        return [_described(shelved) for shelved in everything]

    def get(self, key: str) -> dict[str, Any]:
        """Raises NotFound."""
        return _described(self._shelf.load(key))

    def create(
        self,
        name: str,
        description: str = "",
        language: str = "",
        tags: Sequence[str] = (),
        consent: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """A new personality without recordings, under an id of its own. Raises BadRequest, DiskFull."""
        facts = {"name": name, "description": description, "language": language, "tags": tags, "consent": consent or {}}
        stamp = now()
        config = checked(Config, {"id": "", "created": stamp, "updated": stamp} | _checked_facts(facts))
        with self._arriving() as folder:
            return _described(self._settle(folder, config))

    def update(self, key: str, changes: Mapping[str, Any], if_match: int | None = None) -> dict[str, Any]:
        """Change name, description, language, tags, consent. Raises NotFound, Stale, BadRequest, DiskFull."""
        facts = _checked_facts(changes)
        with self._shelf.changing(key) as shelved:
            _check_revision(shelved, if_match)
            if "consent" in facts:  # what other programs wrote there stays
                facts["consent"] = shelved.config.consent.model_copy(update=facts["consent"])
            return _described(self._shelf.commit(shelved, shelved.config.changed(**facts), {}))

    def delete(self, key: str, if_match: int | None = None) -> str:
        """Move it into the trash by one rename; answers the trash entry. Raises NotFound, Stale."""
        with self._shelf.changing(key) as shelved:
            _check_revision(shelved, if_match)
            return self._trash.put(shelved.folder, KIND, shelved.key)

    def forget(self, key: str) -> None:
        """Remove for ever what of that id is in the trash."""
        for item in self._trash.contents(KIND):
            if item.name == key:
                remove(item.path)

    def restore(self, key: str) -> dict[str, Any]:
        """Bring the latest deleted one of that id back. Raises NotFound, Conflict."""
        with self._shelf.naming():
            item = self._trash.find(KIND, key)
            if item is None:
                raise NotFound("Nothing with this id is in the trash.", code="personality-not-found")
            target = self._shelf.root / item.name
            if os.path.lexists(target):
                raise Conflict("There is a personality with this id.", hint="Delete it or rename its folder first.")
            self._trash.restore(item, target)
        return self.get(item.name)

    def put_emotion(
        self, key: str, emotion: str, sound: bytes | Path | None = None, *, if_match: int | None = None, **wish: Any
    ) -> dict[str, Any]:
        """Record an emotion; without sound, cut the kept upload again or change the transcript only.

        `wish` may hold the other members of `Wish`: transcript, start, end, origin, recipe, transcript_source,
        upload_name, repairs; what is None stays as it was. Raises NotFound, Stale, BadRequest, BadAudio, DiskFull.
        """
        wanted = Wish(sound=sound, **wish)
        for _ in range(_TRIES):
            before = self._shelf.load(key)
            _check_revision(before, if_match)
            name = name_for(before.config.emotions, emotion)
            old = before.config.emotions.get(name)
            recording, files = fulfil(wanted, name, old, before.folder, self._record)  # slow: nothing is held
            with self._shelf.changing(key) as shelved:
                _check_revision(shelved, if_match)
                emotions = shelved.config.emotions
                if sound is None and emotions.get(name) != old:
                    continue  # what was cut is no longer what is there
                if len(emotions.keys() | {name}) > MAX_EMOTIONS:
                    raise BadRequest(f"A personality holds at most {MAX_EMOTIONS} emotions.", hint="Delete one first.")
                changed = shelved.config.changed(emotions=emotions | {name: recording})
                return _described(self._shelf.commit(shelved, changed, files))
        raise Conflict("Somebody else keeps changing this recording.", hint="Try again.")

    def judge_emotion(self, key: str, emotion: str, file: str, quality: Mapping[str, Any]) -> dict[str, Any]:
        """Keep a new judgement of the recording that lies in `file`. Raises NotFound, BadRequest, DiskFull, and
        Conflict where it was recorded anew meanwhile."""
        with self._shelf.changing(key) as shelved:
            name, recording = recorded(shelved, emotion)
            if recording.file != file:
                raise Conflict("The reference was recorded anew meanwhile.", hint="Ask for the look again.")
            judged = recording.model_copy(update={"quality": checked(Quality, quality)})
            changed = shelved.config.changed(emotions=shelved.config.emotions | {name: judged})
            return _described(self._shelf.commit(shelved, changed, {}))

    def delete_emotion(self, key: str, emotion: str, if_match: int | None = None) -> dict[str, Any]:
        """Forget one recording. Raises NotFound, Stale, DiskFull."""
        with self._shelf.changing(key) as shelved:
            _check_revision(shelved, if_match)
            name, _ = recorded(shelved, emotion)
            left = {other: recording for other, recording in shelved.config.emotions.items() if other != name}
            return _described(self._shelf.commit(shelved, shelved.config.changed(emotions=left), {}))

    def emotion_path(self, key: str, emotion: str) -> Path:
        """The WAV of an emotion. Raises NotFound."""
        shelved = self._shelf.load(key)
        return _present(shelved, recorded(shelved, emotion)[1].file)

    def source_path(self, key: str, emotion: str) -> Path:
        """The untouched upload of an emotion; its bytes are a stranger's. Raises NotFound."""
        shelved = self._shelf.load(key)
        source = recorded(shelved, emotion)[1].source
        if source is None:
            raise NotFound("No upload was kept for this emotion.", code="emotion-not-found")
        return _present(shelved, source.file)

    def export_zip(self, key: str) -> IO[bytes]:
        """Everything about it as one zip: an open nameless file at its beginning. The caller closes it."""
        shelved = self._shelf.load(key)
        return archive.export(shelved.folder, shelved.config)

    def inspect_zip(self, file: IO[bytes] | Path) -> dict[str, Any]:
        """What an import would bring: the record without addresses, `files` and `bytes`. All is checked, nothing
        written. Raises BadArchive."""
        with _as_file(file) as opened:
            return archive.preview(archive.unpack(opened, archive.discard))

    def import_zip(self, file: IO[bytes] | Path) -> dict[str, Any]:
        """Import an export under a new id. Raises BadArchive or DiskFull, and then nothing is left of it."""
        with _as_file(file) as opened, self._arriving() as folder:

            def keep(name: str, pieces: Iterator[bytes]) -> None:
                with telling_disk_errors():
                    write_new(folder / name, pieces)

            return _described(self._settle(folder, archive.unpack(opened, keep).config))

    def voice_for(self, key: str, emotion: str = "neutral") -> tuple[ClonedVoice, str]:
        """The voice to speak an emotion with, and which recording it is: that one, the nearest, neutral, any.

        Raises NotFound, also for a personality without recordings.
        """
        from backend.core.types import ClonedVoice

        shelved = self._shelf.load(key)
        used = best_name(shelved, emotion)
        recording, neutral = shelved.config.emotions[used], shelved.config.emotions.get("neutral")
        voice = ClonedVoice(
            reference=shelved.folder / recording.file,
            transcript=recording.transcript,
            emotion=used,
            neutral_reference=shelved.folder / neutral.file if neutral and neutral.file in shelved.present else None,
        )
        return voice, used

    def resolve(self, spec: PersonalityVoice, emotion: str) -> ClonedVoice:
        """The voice of a request for one emotion. Raises NotFound."""
        return self.voice_for(spec.personality, emotion)[0]

    def sweep(self, grace: float = 0.0) -> int:
        """Remove leftovers of killed changes and what the trash has kept long enough; answers how many.

        At the start nobody reads what was let go, later give a grace in seconds.
        """
        return self._shelf.sweep(grace) + self._trash.purge(KIND, self._trash_days)

    def verify(self, grace: float = GRACE) -> Sequence[Inconsistency]:
        """Everything in the folder that is not as it should be; reads every file, changes none."""
        return tuple(inspect_shelf(self._shelf, grace))

    @contextmanager
    def _arriving(self) -> Iterator[Path]:
        """A temporary folder that is gone afterwards, unless it has become a personality."""
        folder = self._shelf.new_folder()
        try:
            yield folder
        finally:
            self._shelf.abandon(folder)

    def _settle(self, folder: Path, config: Config) -> Shelved:
        # an id in the trash is not given away: its owner may come back
        return self._shelf.settle(folder, config, frozenset(item.name for item in self._trash.contents(KIND)))


def _no_recorder(
    upload: bytes | Path,
    transcript: str = "",
    start: float = 0.0,
    end: float | None = None,
    name: str = "",
    repairs: Collection[str] = (),
) -> Reference:
    raise EngineUnavailable("Recordings cannot be checked in this process.")


def _described(shelved: Shelved) -> dict[str, Any]:
    return describe(shelved.config, shelved.key, shelved.present)


def _check_revision(shelved: Shelved, believed: int | None) -> None:
    if believed is not None and believed != shelved.config.revision:
        raise Stale(
            f"Revision {believed} was meant, but the present one is {shelved.config.revision}.",
            hint="Load it again and repeat the change.",
        )


def _checked_facts(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes as the record holds them. Raises BadRequest."""
    unknown = changes.keys() - {"name", "description", "language", "tags", "consent"}
    if unknown:
        raise BadRequest("That cannot be changed.", fields=dict.fromkeys(sorted(unknown), "is unknown"))
    facts = dict(changes)
    if "name" in facts:
        facts["name"] = clean_name(str(facts["name"]))
    if "language" in facts:
        facts["language"] = _language(str(facts["language"]))
    if "tags" in facts:
        facts["tags"] = tuple(clean_name(str(tag), "tag", 60) for tag in facts["tags"])
    if "consent" in facts:
        facts["consent"] = checked(Consent, facts["consent"] or {}).model_dump(include={"who", "when", "statement"})
    whole = checked(Config, {"id": "", "name": "-"} | facts)
    return {name: getattr(whole, name) if name != "consent" else facts[name] for name in facts}


def _language(name: str) -> str:
    code = language_code(name)
    if code is None:
        raise BadRequest(
            "That language is not one of the ten.", hint="Give a code like en, it, zh.", fields={"language": "unknown"}
        )
    return "" if code == "auto" else code


def _present(shelved: Shelved, name: str) -> Path:
    if name not in shelved.present:
        raise NotFound("The file of this recording is missing.", hint="Record it again.", code="emotion-not-found")
    return shelved.folder / name


@contextmanager
def _as_file(file: IO[bytes] | Path) -> Iterator[IO[bytes]]:
    if isinstance(file, Path):
        with open(file, "rb") as opened:
            yield opened
    else:
        yield file
