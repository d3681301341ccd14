"""The history on disk: names, search, change, forms, trash, leftovers of killed writers."""

from __future__ import annotations

import os
import time
import zipfile
from pathlib import Path

import pytest

from backend.core.errors import NotFound
from backend.speech.takes import ALPHABET, TakeStore, made_at, new_id
from tests.speech.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_names_sort_by_time_and_cannot_be_guessed() -> None:
    names = []
    for _ in range(5):
        names.append(new_id())
        time.sleep(0.002)
    assert names == sorted(names)
    assert all(len(name) == 26 and set(name) <= set(ALPHABET) for name in names)
    assert len({name[10:] for name in names}) == 5


def test_the_newest_comes_first_and_pages_follow(desk: Desk) -> None:
    made = [desk.speak(f"Line {n}.")["id"] for n in range(3)]
    takes, total = desk.takes.search(limit=2)
    assert ([take["id"] for take in takes], total) == ([made[2], made[1]], 3)
    rest, _ = desk.takes.search(limit=2, before=takes[-1]["id"])
    assert [take["id"] for take in rest] == [made[0]]


def test_search_finds_words_of_text_title_and_voice(desk: Desk) -> None:
    take = desk.speak("The Fox jumps.", title="Tale")["id"]
    for query, found in (("fox", 1), ("TALE fox", 1), ("ryan", 1), ("dog", 0), ("tale dog", 0), ("", 1)):
        assert desk.takes.search(query)[1] == found, query
    desk.takes.change(take, starred=True)
    assert desk.takes.search(starred=True)[1] == 1


def test_lists_of_long_takes_leave_out_the_words(desk: Desk) -> None:
    short, long = desk.speak("Hello there."), desk.speak("Many words are here. " * 250)
    listed = {take["id"]: take for take in desk.takes.search()[0]}
    assert listed[short["id"]]["segments"][0]["words"]
    assert "words" not in listed[long["id"]]["segments"][0]
    assert desk.takes.get(long["id"])["segments"][0]["words"]


@pytest.mark.parametrize("take", ["", "..", "../x", "nothing", "0" * 25, "0" * 26, "a" * 26, "CON", "0" * 27])
def test_names_that_are_no_take_are_not_found(desk: Desk, take: str) -> None:
    for action in (desk.takes.get, desk.takes.delete, desk.takes.restore, lambda name: desk.takes.file(name, "wav")):
        with pytest.raises(NotFound) as told:
            action(take)
        assert told.value.code == "take-not-found"


def test_forms_are_made_once_and_again_after_a_new_title(desk: Desk) -> None:
    take = desk.speak("Hello there.")["id"]
    first = desk.takes.file(take, "flac")
    stamp = first.stat().st_mtime_ns
    assert desk.takes.file(take, "flac").stat().st_mtime_ns == stamp
    desk.takes.change(take, title="Another name")
    assert b"Another name" in desk.takes.file(take, "flac").read_bytes()


def test_the_record_is_not_the_json_subtitles(desk: Desk) -> None:
    take = desk.speak("Hello there.")["id"]
    assert '"cues"' in desk.takes.file(take, "json").read_text(encoding="utf-8")
    assert desk.takes.get(take)["id"] == take
    assert desk.takes.search()[1] == 1
    with pytest.raises(NotFound):
        desk.takes.file(take, "exe")


def test_the_zip_holds_everything_and_is_the_same_each_time(desk: Desk) -> None:
    take = desk.speak("Hello there.")["id"]
    path = desk.takes.file(take, "zip")
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        subtitles = {"speech.srt", "speech.vtt", "speech.json"}
        assert set(archive.namelist()) == {"speech.wav", "script.txt", "take.json", *subtitles}
        assert archive.read("speech.wav") == desk.takes.file(take, "wav").read_bytes()
    data = path.read_bytes()
    path.unlink()
    assert desk.takes.file(take, "zip").read_bytes() == data


def test_a_deleted_take_rests_and_comes_back(desk: Desk) -> None:
    take = desk.speak("Hello there.")["id"]
    desk.takes.file(take, "srt")
    desk.takes.delete(take)
    assert desk.files() == []
    assert desk.takes.search()[1] == 0
    assert desk.takes.restore(take)["id"] == take
    assert desk.takes.file(take, "wav").stat().st_size > 44
    with pytest.raises(NotFound):
        desk.takes.restore(take)


def test_a_deletion_that_was_killed_half_way_can_be_undone(desk: Desk) -> None:
    take = desk.speak("Hello there.")["id"]
    sound = desk.takes.file(take, "wav").read_bytes()
    desk.takes.delete(take)
    (desk.takes.folder / f"{take}.wav").write_bytes(sound)  # as if the second rename had not happened
    os.utime(desk.takes.folder / f"{take}.wav", (0, 0))
    desk.takes.sweep()
    desk.takes.restore(take)
    assert desk.takes.verify() == []


def test_what_killed_writers_left_is_swept_and_takes_are_not(desk: Desk) -> None:
    take = desk.speak("Hello there.")["id"]
    orphan, temporary = desk.takes.folder / f"{new_id()}.wav", desk.takes.folder / ".tmp-0123456789abcdef.f32"
    foreign = desk.takes.folder / "README.md"
    for path in (orphan, temporary, foreign):
        path.write_bytes(b"x")
        os.utime(path, (0, 0))
    fresh = desk.takes.folder / f"{new_id()}.wav"
    fresh.write_bytes(b"x")
    assert desk.takes.sweep() == 2
    assert {fresh.name, foreign.name, f"{take}.wav", f"{take}.json"} == set(desk.files())


def test_a_record_that_is_not_whole_is_no_take_and_is_told(desk: Desk) -> None:
    take = desk.speak("Hello there.")["id"]
    record = desk.takes.folder / f"{take}.json"
    record.write_bytes(record.read_bytes()[:50])
    store = TakeStore(desk.takes.folder, desk.takes.folder)
    assert store.search() == ([], 0)
    assert len(store.verify()) == 1
    with pytest.raises(NotFound):
        store.get(take)


def test_what_programs_had_spoken_goes_after_its_days_and_stars_keep_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, passing, starred = (desk.speak("Hi.", client=client)["id"] for client in ("", "openai", "openai"))
    desk.takes.change(starred, starred=True)
    assert made_at(passing) == pytest.approx(time.time(), abs=60)
    assert desk.takes.sweep_clients(7) == 0, "they are new"
    later = time.time() + 7.1 * 86_400
    monkeypatch.setattr(time, "time", lambda: later)
    assert desk.takes.sweep_clients(0) == 0, "all are kept"
    assert desk.takes.sweep_clients(7) == 1
    assert {take["id"] for take in desk.takes.search()[0]} == {own, starred}
    assert not list(desk.takes.folder.glob(f"{passing}*"))
