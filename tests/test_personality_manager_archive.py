"""One zip out, one zip in: nothing is lost, and nothing of a hostile one is written."""

from __future__ import annotations

import io
import json
import stat
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from backend.core.errors import BadArchive
from backend.personality_manager import PersonalityManager
from benchmarks.soak.kill_saves import stamp

Entries = dict[str, bytes]


@pytest.fixture
def voices(tmp_path: Path) -> PersonalityManager:
    """One personality with two emotions, one of them named in Cyrillic."""
    made = PersonalityManager(tmp_path / "voices", tmp_path / ".trash", stamp)
    made.create("Анна", "old friend", "it", ["warm"], {"who": "Anna"})
    made.put_emotion("anna", "happy", b"one", transcript="Hi.")
    made.put_emotion("anna", "злой смех", b"two")
    return made


@pytest.fixture
def entries(voices: PersonalityManager) -> Entries:
    """What an honest export holds."""
    with voices.export_zip("anna") as file, zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(entries: Entries, change: Callable[[zipfile.ZipInfo], None] = lambda info: None, **named: Any) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **named) as archive:
        for name, data in entries.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = archive.compression
            change(info)
            archive.writestr(info, data)
    return buffer


def tree(root: Path) -> set[str]:
    return {str(path) for path in root.rglob("*") if ".lock" not in str(path)}


def refused(voices: PersonalityManager, file: io.BytesIO) -> str:
    """Both looking and importing say no, with one voice, and leave nothing."""
    root = voices._shelf.root.parent
    before = tree(root)
    with pytest.raises(BadArchive) as looked:
        voices.inspect_zip(file)
    with pytest.raises(BadArchive) as imported:
        voices.import_zip(file)
    assert looked.value.detail == imported.value.detail
    assert tree(root) == before
    return imported.value.detail


def test_an_export_comes_back_identical_under_a_new_id(voices: PersonalityManager) -> None:
    before = voices.get("anna")
    with voices.export_zip("anna") as file:
        made = voices.import_zip(file)
    assert made["id"].startswith("anna-")
    told, original = json.dumps(made).replace(made["id"], "anna"), json.dumps(before)
    assert told == original
    for emotion in before["emotions"]:
        for path in (voices.emotion_path, voices.source_path):
            assert path("anna", emotion).read_bytes() == path(made["id"], emotion).read_bytes()
    with voices.export_zip("anna") as one, voices.export_zip(made["id"]) as two:
        assert one.read().replace(b"anna", b"") != two.read()  # only the id inside differs
    assert voices.verify(grace=0) == ()


def test_an_export_goes_into_an_empty_studio_under_the_old_id(voices: PersonalityManager, tmp_path: Path) -> None:
    other = PersonalityManager(tmp_path / "elsewhere", tmp_path / ".trash2", stamp)
    with voices.export_zip("anna") as file:
        assert other.import_zip(file) == voices.get("anna")


def test_keys_of_other_programs_travel_with_the_zip(voices: PersonalityManager, entries: Entries) -> None:
    body = json.loads(entries["anna/config.json"])
    body["x_app"] = {"a": 1}
    entries["anna/config.json"] = json.dumps(body).encode()
    made = voices.import_zip(packed(entries))
    with voices.export_zip(made["id"]) as file, zipfile.ZipFile(file) as archive:
        assert json.loads(archive.read("anna/config.json"))["x_app"] == {"a": 1}


def test_looking_inside_shows_everything_and_writes_nothing(voices: PersonalityManager, entries: Entries) -> None:
    before = tree(voices._shelf.root.parent)
    shown = voices.inspect_zip(packed(entries))
    assert tree(voices._shelf.root.parent) == before
    assert (shown["name"], list(shown["emotions"])) == ("Анна", ["happy", "злой смех"])
    assert shown["emotions"]["happy"]["transcript"] == "Hi."
    assert "id" not in shown
    assert "url" not in shown["emotions"]["happy"]
    assert (
        shown["bytes"]
        == sum(shown["files"].values())
        == sum(len(data) for data in entries.values()) - len(entries["anna/config.json"])
    )


@pytest.mark.parametrize("kind", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_folder_zipped_by_hand_is_imported(voices: PersonalityManager, entries: Entries, kind: int) -> None:
    by_hand = {"__MACOSX/._config.json": b"x", "anna/.DS_Store": b"x", "anna/": b""} | entries
    assert voices.import_zip(packed(by_hand, compression=kind))["name"] == "Анна"
    flat = {name.removeprefix("anna/"): data for name, data in entries.items()}
    assert voices.import_zip(packed(flat))["name"] == "Анна"


@pytest.mark.parametrize(
    "name",
    ["../evil.wav", "anna/../../evil", "/etc/evil", "anna\\..\\evil", "C:/evil", "anna/evil.py", "anna/inner.zip",
     "anna/CONFIG.JSON", "anna/deeper/config.json", "other/happy-000000000000.wav", "anna/happy-00000000000g.wav",
     "anna/happy-000000000000.source.exe", "anna/happy-000000000000.wav", "anna/./config.json", "anna/con:stream"],
)  # fmt: skip
def test_an_entry_that_does_not_belong_is_named_and_nothing_is_written(
    voices: PersonalityManager, entries: Entries, name: str
) -> None:
    detail = refused(voices, packed(entries | {name: b"evil"}))
    assert name.replace("\\", "/") in detail.replace("\\", "/")


def test_links_devices_and_locked_entries_are_refused_by_name(voices: PersonalityManager, entries: Entries) -> None:
    def link(info: zipfile.ZipInfo) -> None:
        info.external_attr = (stat.S_IFLNK | 0o777) << 16

    def device(info: zipfile.ZipInfo) -> None:
        info.external_attr = (stat.S_IFBLK | 0o777) << 16

    assert "link or a device" in refused(voices, packed(entries, link))
    assert "link or a device" in refused(voices, packed(entries, device))
    locked = bytearray(packed(entries).getvalue())
    at = locked.index(b"PK\1\2")
    locked[at + 8] |= 1
    assert "is encrypted" in refused(voices, io.BytesIO(locked))


def test_a_packing_that_is_not_plain_is_refused(voices: PersonalityManager, entries: Entries) -> None:
    assert "packed in a way" in refused(voices, packed(entries, compression=zipfile.ZIP_LZMA))


def test_a_name_that_is_there_twice_is_refused(voices: PersonalityManager, entries: Entries) -> None:
    buffer = packed(entries)
    with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("anna/config.json", b"{}")
    assert "there twice" in refused(voices, buffer)


def test_a_recording_that_is_not_what_its_name_states_is_refused(voices: PersonalityManager, entries: Entries) -> None:
    name = next(name for name in entries if name.endswith(".wav") and ".source." not in name)
    data = bytearray(entries[name])
    data[100] ^= 1
    assert "does not match its name" in refused(voices, packed(entries | {name: bytes(data)}))
    del entries[name]
    assert "lacks" in refused(voices, packed(entries))


def test_a_wav_of_another_kind_is_refused_even_under_its_right_name(
    voices: PersonalityManager, entries: Entries
) -> None:
    import hashlib

    page = b"<script>alert(1)</script>"
    fake = f"happy-{hashlib.sha256(page).hexdigest()[:12]}.wav"
    real = next(name for name in entries if name.endswith(".wav") and ".source." not in name and "happy" in name)
    text = entries["anna/config.json"].decode().replace(real.removeprefix("anna/"), fake)
    del entries[real]
    detail = refused(voices, packed(entries | {"anna/config.json": text.encode(), f"anna/{fake}": page}))
    assert "no mono recording" in detail


def hostile_records(good: dict[str, Any]) -> dict[str, bytes]:
    happy = good["emotions"]["happy"]
    changed: dict[str, dict[str, Any]] = {
        "file outside": good | {"emotions": {"happy": happy | {"file": "../../../etc/passwd"}}},
        "file absolute": good | {"emotions": {"happy": happy | {"file": "/etc/passwd"}}},
        "file is the record": good | {"emotions": {"happy": happy | {"file": "config.json"}}},
        "file with a newline": good | {"emotions": {"happy": happy | {"file": happy["file"] + "\n"}}},
        "source of another kind": good | {"emotions": {"happy": happy | {"source": {"file": "x.source.html"}}}},
        "emotion with a tag": good | {"emotions": {"[sad]": happy}},
        "emotion too long": good | {"emotions": {"x" * 61: happy}},
        "too many emotions": good | {"emotions": {f"e{n}": happy for n in range(201)}},
        "newer schema": good | {"schema": 2},
        "no schema number": good | {"schema": "1"} | {"schema": None},
        "name missing": {key: value for key, value in good.items() if key != "name"},
        "name empty": good | {"name": ""},
        "peaks of another size": good | {"emotions": {"happy": happy | {"peaks": [0.5] * 5000}}},
        "peaks beyond full scale": good | {"emotions": {"happy": happy | {"peaks": [9.0]}}},
        "duration negative": good | {"emotions": {"happy": happy | {"duration": -1}}},
    }
    texts = {why: json.dumps(body).encode() for why, body in changed.items()}
    deep = b'{"a":' * 60 + b"1" + b"}" * 60
    return texts | {
        "empty": b"", "nulls": bytes(500), "a list": b"[]", "not JSON": b"{", "very deep": b"[" * 100_000,
        "deep unknown key": json.dumps(good).encode()[:-1] + b', "x": ' + deep + b"}",
        "NaN": json.dumps(good | {"x": float("nan")}).encode(), "infinite": b'{"revision": 1e999}',
        "a huge number": b'{"revision": ' + b"9" * 5000 + b"}", "not UTF-8": b'{"name": "\xff\xfe"}',
        "lone surrogate": json.dumps(good | {"name": "\ud800"}).encode(),
    }  # fmt: skip


def test_a_hostile_record_is_refused_with_a_reason(voices: PersonalityManager, entries: Entries) -> None:
    good = json.loads(entries["anna/config.json"])
    for why, text in hostile_records(good).items():
        assert "config.json" in refused(voices, packed(entries | {"anna/config.json": text})), why


def test_bombs_are_refused_within_two_seconds_and_little_memory(voices: PersonalityManager, entries: Entries) -> None:
    name = next(name for name in entries if name.endswith(".source.wav"))
    zeros = bytes(150 * 2**20)
    bomb = packed(entries | {name: zeros}, compression=zipfile.ZIP_DEFLATED)
    liar = bytearray(packed(entries | {name: zeros}, compression=zipfile.ZIP_DEFLATED).getvalue())
    at = 0
    for _ in entries:  # every entry of the directory now states a thousand bytes
        at = liar.index(b"PK\1\2", at) + 4
        liar[at + 20 : at + 24] = struct.pack("<I", 1000)
    wav = next(name for name in entries if name.endswith(".wav") and ".source." not in name)
    many = packed(entries | {f"anna/{n}.wav": b"" for n in range(20_000)})
    big_record = packed(entries | {"anna/config.json": b" " * 9 * 2**20}, compression=zipfile.ZIP_DEFLATED)
    big_wav = packed(entries | {wav: bytes(5 * 2**20)}, compression=zipfile.ZIP_DEFLATED)
    del zeros
    memory = psutil.Process().memory_info().rss
    for file in (bomb, io.BytesIO(liar), many, big_record, big_wav):
        before = time.perf_counter()
        refused(voices, file)
        assert time.perf_counter() - before < 4  # looked at and imported: twice
    assert psutil.Process().memory_info().rss - memory < 100 * 2**20


def test_entries_that_share_their_bytes_are_refused(voices: PersonalityManager, entries: Entries) -> None:
    data = bytearray(packed(entries).getvalue())
    first = data.index(b"PK\1\2")
    second = data.index(b"PK\1\2", first + 4)
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    assert refused(voices, io.BytesIO(data))


def test_what_is_no_zip_or_an_empty_one_is_refused(voices: PersonalityManager, entries: Entries) -> None:
    whole = packed(entries).getvalue()
    for data in (b"", b"hello", whole[: len(whole) // 2], whole[len(whole) // 2 :], b"PK\5\6" + bytes(18)):
        assert refused(voices, io.BytesIO(data))


def test_a_zip_that_is_broken_anywhere_never_writes_and_never_surprises(
    voices: PersonalityManager, entries: Entries
) -> None:
    import random

    chance = random.Random(5)  # noqa: S311 (repeatable, no secret)
    whole = packed(entries, compression=zipfile.ZIP_DEFLATED).getvalue()
    before = tree(voices._shelf.root.parent)
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 1, 3, 30))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            voices.inspect_zip(io.BytesIO(data))
        except BadArchive:
            continue
    assert tree(voices._shelf.root.parent) == before
