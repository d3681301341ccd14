"""Personalities: records, recordings, revisions, the trash, and which recording speaks for which emotion."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backend.core.errors import BadAudio, BadRequest, Conflict, EngineUnavailable, NotFound, Stale
from backend.core.types import PersonalityVoice
from backend.personality.record import Reference, read_config
from backend.personality_manager import PersonalityManager
from backend.speech.record import make_reference
from benchmarks.soak.good_recordings import by_soundfile
from benchmarks.soak.kill_saves import stamp

Manager = PersonalityManager


@pytest.fixture
def voices(tmp_path: Path) -> Manager:
    """Personalities in an empty folder, with a recorder that takes any bytes for a recording."""
    return PersonalityManager(tmp_path / "voices", tmp_path / ".trash", stamp)


def folder(voices: Manager, key: str) -> Path:
    return voices._shelf.root / key


def test_a_new_personality_has_an_id_of_its_name_and_the_whole_record(voices: Manager) -> None:
    made = voices.create(" Анна ", "old friend", "Italian", ["warm"], {"who": "Anna", "statement": "yes"})
    assert made["id"] == "anna"
    assert (made["name"], made["language"], made["revision"], made["schema"]) == ("Анна", "it", 1, 1)
    assert made["consent"] == {"who": "Anna", "when": "", "statement": "yes"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", made["created"])
    assert voices.get("anna") == made
    assert voices.list() == [made]


def test_names_that_become_one_slug_live_side_by_side(voices: Manager) -> None:
    keys = [voices.create(name)["id"] for name in ("Anna!", "ANNA", "anna?", "é", "e\u0301", "CON")]
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch(r"(anna|e|con-voice)(-[0-9a-f]{4})?", key) for key in keys)


@pytest.mark.parametrize("key", ["..", ".", "", "/", "*", ".locks", "ANNA", "../voices/anna", "/etc", "anna/", "a\0"])
def test_an_id_that_is_none_of_ours_is_not_found_whatever_is_done_with_it(voices: Manager, key: str) -> None:
    voices.create("Anna")
    acts: list[Callable[[], Any]] = [
        lambda: voices.get(key), lambda: voices.update(key, {"name": "x"}), lambda: voices.delete(key),
        lambda: voices.restore(key), lambda: voices.put_emotion(key, "happy", b"x"), lambda: voices.export_zip(key),
        lambda: voices.delete_emotion(key, "happy"), lambda: voices.emotion_path(key, "happy"),
        lambda: voices.source_path(key, "happy"), lambda: voices.voice_for(key),
    ]  # fmt: skip
    for act in acts:
        with pytest.raises(NotFound) as caught:
            act()
        assert caught.value.code == "personality-not-found"
    assert [record["id"] for record in voices.list()] == ["anna"]


def test_a_change_raises_the_revision_and_keeps_the_rest(voices: Manager) -> None:
    voices.create("Anna", "first", "it", ["a"])
    changed = voices.update("anna", {"description": "second"}, if_match=1)
    assert (changed["revision"], changed["description"], changed["tags"]) == (2, "second", ["a"])
    assert changed["id"] == "anna"
    assert voices.update("anna", {"name": "Hannah"})["id"] == "anna"


def test_a_revision_that_has_passed_changes_nothing(voices: Manager) -> None:
    voices.create("Anna")
    voices.put_emotion("anna", "happy", b"one")
    before = voices.get("anna")
    acts: list[Callable[[], Any]] = [
        lambda: voices.update("anna", {"name": "x"}, if_match=1), lambda: voices.delete("anna", if_match=1),
        lambda: voices.put_emotion("anna", "sad", b"two", if_match=1),
        lambda: voices.delete_emotion("anna", "happy", if_match=9),
    ]  # fmt: skip
    for act in acts:
        with pytest.raises(Stale):
            act()
    assert voices.get("anna") == before


@pytest.mark.parametrize(
    "changes",
    [{"name": ""}, {"name": "a\0"}, {"language": "klingon"}, {"tags": ["x" * 99]}, {"tags": ["a"] * 51},
     {"description": "x" * 2001}, {"consent": {"who": 7}}, {"id": "other"}, {"revision": 7}],
)  # fmt: skip
def test_a_change_that_does_not_fit_names_the_field(voices: Manager, changes: dict[str, Any]) -> None:
    before = voices.create("Anna")
    with pytest.raises(BadRequest) as caught:
        voices.update("anna", changes)
    assert caught.value.fields
    assert voices.get("anna") == before


def test_a_recording_is_kept_with_its_upload_under_content_names(voices: Manager) -> None:
    voices.create("Anna")
    record = voices.put_emotion("anna", "happy", b"sound one", transcript=" Hi there. ", origin="recorded")
    happy = record["emotions"]["happy"]
    assert re.fullmatch(r"happy-[0-9a-f]{12}\.wav", happy["file"])
    assert (happy["transcript"], happy["transcript_source"], happy["origin"]) == ("Hi there.", "user", "recorded")
    assert happy["url"] == "/api/personality/anna/emotions/happy"
    assert len(happy["peaks"]) == 200
    assert voices.source_path("anna", "happy").read_bytes() == b"sound one"
    assert voices.source_path("anna", "happy").name.endswith(".source.wav")
    assert voices.emotion_path("anna", "happy").name == happy["file"]


def test_an_emotion_is_found_by_any_of_its_words(voices: Manager) -> None:
    voices.create("Anna")
    assert list(voices.put_emotion("anna", "Felice", b"1")["emotions"]) == ["happy"]
    assert list(voices.put_emotion("anna", "ГРУСТНО", b"2")["emotions"]) == ["happy", "sad"]
    assert list(voices.put_emotion("anna", "злой смех 😈", b"3")["emotions"]) == ["happy", "sad", "злой смех 😈"]
    record = voices.put_emotion("anna", "Злой Смех 😈", b"4")
    assert list(record["emotions"]) == ["happy", "sad", "злой смех 😈"]
    assert record["emotions"]["злой смех 😈"]["url"].isascii()
    assert voices.emotion_path("anna", "contento") == voices.emotion_path("anna", "happy")


def test_words_about_a_recording_change_without_sending_it_again(voices: Manager) -> None:
    voices.create("Anna")
    first = voices.put_emotion("anna", "happy", b"one")["emotions"]["happy"]
    second = voices.put_emotion("anna", "happy", transcript="Hi.")["emotions"]["happy"]
    assert second == first | {"transcript": "Hi."}
    with pytest.raises(BadRequest) as caught:
        voices.put_emotion("anna", "sad", transcript="No recording.")
    assert caught.value.fields == {"audio": "is missing"}


def test_a_trim_cuts_the_kept_upload_and_can_be_undone(tmp_path: Path) -> None:
    voices = PersonalityManager(tmp_path / "voices", tmp_path / ".trash", make_reference)
    voices.create("Anna")
    upload = by_soundfile("FLAC", "PCM_16", seconds=6)
    whole = voices.put_emotion("anna", "happy", upload, transcript="Hi.")["emotions"]["happy"]
    cut = voices.put_emotion("anna", "happy", start=1.0, end=3.5)["emotions"]["happy"]
    assert cut["duration"] < 3.1 < whole["duration"]
    assert (cut["source"]["start"], cut["source"]["end"], cut["transcript"]) == (1.0, 3.5, "Hi.")
    assert voices.source_path("anna", "happy").read_bytes() == upload
    again = voices.put_emotion("anna", "happy", start=0, end=6)["emotions"]["happy"]
    assert again["file"] == whole["file"]
    with pytest.raises(BadRequest):
        voices.put_emotion("anna", "happy", start=3, end=3)
    with pytest.raises(BadAudio):
        voices.put_emotion("anna", "happy", start=100, end=110)
    assert voices.get("anna")["emotions"]["happy"] == again


def test_a_manager_without_a_recorder_reads_and_judges_nothing(tmp_path: Path) -> None:
    voices = PersonalityManager(tmp_path / "voices", tmp_path / ".trash")
    voices.create("Anna")
    with pytest.raises(EngineUnavailable):
        voices.put_emotion("anna", "happy", b"one")


def test_a_forgotten_emotion_is_gone_and_the_others_stay(voices: Manager) -> None:
    voices.create("Anna")
    voices.put_emotion("anna", "happy", b"one")
    voices.put_emotion("anna", "sad", b"two")
    assert list(voices.delete_emotion("anna", "happy")["emotions"]) == ["sad"]
    with pytest.raises(NotFound) as caught:
        voices.emotion_path("anna", "happy")
    assert caught.value.code == "emotion-not-found"


def test_what_was_replaced_stays_for_an_hour_for_those_who_read_it(voices: Manager) -> None:
    voices.create("Anna")
    voices.put_emotion("anna", "happy", b"one")
    reading = voices.voice_for("anna", "happy")[0].reference
    voices.put_emotion("anna", "happy", b"two")
    assert reading.is_file()
    assert voices.sweep(grace=3600) == 0
    assert voices.sweep() == 2
    assert not reading.exists()
    assert voices.verify(grace=0) == ()


def test_the_deleted_rests_in_the_trash_and_comes_back_whole(voices: Manager) -> None:
    voices.create("Anna")
    before = voices.put_emotion("anna", "happy", b"one")
    entry = voices.delete("anna")
    assert entry.startswith("personality~anna~")
    assert voices.list() == []
    with pytest.raises(NotFound):
        voices.delete("anna")
    assert voices.create("Anna")["id"] != "anna"  # the id waits for its owner
    assert voices.restore("anna") == before
    with pytest.raises(NotFound):
        voices.restore("anna")


def test_a_folder_in_the_way_of_a_restore_is_left_alone(voices: Manager) -> None:
    voices.create("Anna")
    voices.delete("anna")
    folder(voices, "anna").mkdir()
    with pytest.raises(Conflict):
        voices.restore("anna")


def test_of_two_who_delete_at_once_one_succeeds(voices: Manager) -> None:
    voices.create("Anna")
    outcomes: list[str] = []

    def delete() -> None:
        try:
            outcomes.append(voices.delete("anna")[:11])
        except NotFound as problem:
            outcomes.append(problem.code)

    threads = [threading.Thread(target=delete) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["personality"] + ["personality-not-found"] * 7 or outcomes.count("personality") == 1


def test_the_nearest_recording_speaks_for_an_emotion_that_was_not_recorded(voices: Manager) -> None:
    voices.create("Anna")
    with pytest.raises(NotFound, match="has no recordings yet: add one"):
        voices.voice_for("anna", "happy")
    voices.put_emotion("anna", "robotic", b"0")
    assert voices.voice_for("anna", "happy")[1] == "robotic"
    voices.put_emotion("anna", "neutral", b"1", transcript="Plain.")
    voices.put_emotion("anna", "excited", b"2")
    voice, used = voices.voice_for("anna", "felice")
    assert (used, voice.emotion) == ("excited", "excited")
    assert voice.reference == voices.emotion_path("anna", "excited")
    assert voice.neutral_reference == voices.emotion_path("anna", "neutral")
    assert voices.voice_for("anna", "angry")[1] == "excited"
    assert voices.voice_for("anna", "whatever")[1] == "neutral"
    assert voices.resolve(PersonalityVoice(personality="anna"), "neutral").transcript == "Plain."


def test_a_copied_folder_is_a_personality_of_its_own(voices: Manager) -> None:
    voices.create("Anna")
    copy = folder(voices, "Anna's twin")
    copy.mkdir()
    (copy / "config.json").write_bytes((folder(voices, "anna") / "config.json").read_bytes())
    assert sorted(record["id"] for record in voices.list()) == ["Anna's twin", "anna"]
    voices.update("Anna's twin", {"name": "Twin"})
    assert voices.get("anna")["name"] == "Anna"


def test_keys_of_other_programs_survive_every_change(voices: Manager) -> None:
    voices.create("Anna", consent={"who": "Anna"})
    voices.put_emotion("anna", "happy", b"one")
    path = folder(voices, "anna") / "config.json"
    body = json.loads(path.read_text("utf-8"))
    body |= {"x_app": {"deep": [1, {"a": None}]}, "url": "http://evil.example"}
    body["emotions"]["happy"]["recipe"] = {"kind": "chimera"}
    body["consent"]["paper"] = "page 3"
    path.write_text("\ufeff" + json.dumps(body).replace("\n", "\r\n"), "utf-8")
    voices.update("anna", {"description": "changed", "consent": {"statement": "yes"}})
    shown = voices.put_emotion("anna", "happy", transcript="Hi.")
    kept = json.loads(path.read_text("utf-8"))
    assert kept["x_app"] == {"deep": [1, {"a": None}]}
    assert kept["emotions"]["happy"]["recipe"] == {"kind": "chimera"}
    assert kept["consent"]["paper"] == "page 3"
    assert "evil" not in json.dumps(shown)


def test_the_record_on_disk_can_be_read_by_people(voices: Manager) -> None:
    voices.create("Анна")
    voices.put_emotion("anna", "happy", b"one")
    text = (folder(voices, "anna") / "config.json").read_text("utf-8")
    assert '"name": "Анна"' in text
    assert len(text.splitlines()) < 60  # 200 peaks stand on one line
    assert read_config(text.encode()).emotions["happy"].peaks == (0.5,) * 200


def test_a_recorder_that_answers_nonsense_is_refused(tmp_path: Path) -> None:
    def liar(*_upload: Any, **_named: Any) -> Reference:
        return Reference(b"RIFF", "../../evil", {"duration": 1})

    voices = PersonalityManager(tmp_path / "voices", tmp_path / ".trash", liar)
    voices.create("Anna")
    with pytest.raises(BadRequest):
        voices.put_emotion("anna", "happy", b"one")
    assert voices.verify(grace=0) == ()
