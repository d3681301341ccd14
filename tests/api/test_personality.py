"""Saved voices over HTTP: every route, what it answers, what it leaves behind."""

from __future__ import annotations

import io
import json
import threading
import wave
import zipfile
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from backend.core.settings import Settings

BASE = "/api/personality"


def send(client: FlaskClient, path: str, method: str = "PUT", **fields: Any) -> Any:
    return client.open(path, method=method, data=fields, content_type="multipart/form-data")


def sound(data: bytes, name: str = "clip.wav") -> tuple[io.BytesIO, str]:
    return io.BytesIO(data), name


def test_a_voice_is_made_from_json_with_everything_in_its_record(client: FlaskClient) -> None:
    given = {
        "name": "Zoë",
        "description": "d",
        "language": "it",
        "tags": ["a"],
        "consent": {"who": "Zoë", "when": "2026"},
    }
    answer = client.post(BASE, json=given)
    assert answer.status_code == 201
    record = answer.json
    assert (record["id"], record["name"], record["language"], record["tags"]) == ("zoe", "Zoë", "it", ["a"])
    assert record["consent"] == {"who": "Zoë", "when": "2026", "statement": ""}
    assert (record["revision"], record["schema"], record["emotions"]) == (1, 1, {})
    assert client.get(f"{BASE}/zoe").json == record
    assert client.get(BASE).json == {"personalities": [record]}


def test_a_voice_is_made_from_a_form_too(client: FlaskClient) -> None:
    answer = send(client, BASE, "POST", name="Bo", tags='["x", "y"]', consent='{"who": "Bo"}')
    assert answer.status_code == 201, answer.json
    assert (answer.json["tags"], answer.json["consent"]["who"]) == (["x", "y"], "Bo")


@pytest.mark.parametrize(
    ("given", "field"),
    [({}, "name"), ({"name": ""}, "name"), ({"name": "A", "age": 3}, "age"), ({"name": "A", "tags": "x"}, "tags"),
     ({"name": "A", "language": "klingon"}, "language"), ({"name": 5}, "name"), ({"name": "x" * 201}, "name")],
)  # fmt: skip
def test_a_wrong_record_is_refused_by_the_fields_name(client: FlaskClient, given: dict[str, Any], field: str) -> None:
    answer = client.post(BASE, json=given)
    assert answer.status_code == 422
    assert field in answer.json["fields"]


def test_a_change_counts_the_revision_and_a_stale_one_is_412(client: FlaskClient) -> None:
    client.post(BASE, json={"name": "Anna"})
    changed = client.patch(f"{BASE}/anna", json={"description": "calm"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json["revision"], changed.json["description"]) == (200, 2, "calm")
    assert changed.headers["ETag"] == '"2"'
    stale = client.patch(f"{BASE}/anna", json={"description": "wild"}, headers={"If-Match": "1"})
    assert (stale.status_code, stale.json["code"]) == (412, "revision-mismatch")
    assert client.patch(f"{BASE}/anna", json={}, headers={"If-Match": "many"}).status_code == 422


def test_an_emotion_is_recorded_heard_changed_and_forgotten(client: FlaskClient, voice_wav: bytes) -> None:
    client.post(BASE, json={"name": "Anna"})
    put = send(client, f"{BASE}/anna/emotions/happy", audio=sound(voice_wav), transcript="Hello.")
    assert put.status_code == 200, put.json
    happy = put.json["emotions"]["happy"]
    assert (happy["transcript"], happy["sample_rate"], happy["url"]) == (
        "Hello.",
        24_000,
        f"{BASE}/anna/emotions/happy",
    )
    assert happy["quality"]["verdict"]
    heard = client.get(happy["url"])
    assert heard.mimetype == "audio/wav"
    with wave.open(io.BytesIO(heard.data)) as wav:
        assert (wav.getnchannels(), wav.getframerate()) == (1, 24_000)
    source = client.get(happy["url"] + "/source")
    assert source.data == voice_wav
    assert source.mimetype == "application/octet-stream"
    assert source.headers["Content-Disposition"].startswith("attachment")
    trimmed = send(client, f"{BASE}/anna/emotions/happy", start="0.5", end="2.5", transcript="Hi.")
    assert trimmed.json["emotions"]["happy"]["transcript"] == "Hi."
    assert trimmed.json["emotions"]["happy"]["duration"] < happy["duration"]
    assert client.delete(f"{BASE}/anna/emotions/happy").json["emotions"] == {}
    assert client.get(happy["url"]).status_code == 404


def test_a_recording_is_sent_in_parts(client: FlaskClient, personality: dict[str, Any]) -> None:
    answer = client.get(personality["emotions"]["happy"]["url"], headers={"Range": "bytes=0-3"})
    assert (answer.status_code, answer.data) == (206, b"RIFF")


def test_a_browser_without_our_header_records_nothing(client: FlaskClient, voice_wav: bytes) -> None:
    client.post(BASE, json={"name": "Anna"})
    form = {"data": {"audio": sound(voice_wav)}, "content_type": "multipart/form-data"}
    origin = {"Origin": "http://127.0.0.1:8000"}
    assert client.put(f"{BASE}/anna/emotions/happy", headers=origin, **form).status_code == 403
    form["data"] = {"audio": sound(voice_wav)}
    assert client.put(f"{BASE}/anna/emotions/happy", headers=origin | {"X-Studio": "1"}, **form).status_code == 200


@pytest.mark.parametrize("data", [b"", b"RIFF", b"\x00" * 5000, b"<html><script>alert(1)</script>", b"PK\x03\x04" * 99])
def test_what_is_no_recording_is_refused_by_name(client: FlaskClient, settings: Settings, data: bytes) -> None:
    client.post(BASE, json={"name": "Anna"})
    answer = send(client, f"{BASE}/anna/emotions/happy", audio=sound(data))
    assert answer.status_code == 422
    assert answer.json["code"].startswith("audio-")
    assert client.get(f"{BASE}/anna").json["emotions"] == {}
    assert not any((settings.state_dir / "tmp").glob("*"))


@pytest.mark.parametrize(
    ("fields", "name"), [({"start": "soon"}, "start"), ({"end": "NaN"}, "end"), ({"start": "-1"}, "start")]
)
def test_a_wrong_cut_is_named(client: FlaskClient, voice_wav: bytes, fields: dict[str, str], name: str) -> None:
    client.post(BASE, json={"name": "Anna"})
    answer = send(client, f"{BASE}/anna/emotions/happy", audio=sound(voice_wav), **fields)
    assert (answer.status_code, list(answer.json["fields"])) == (422, [name])


def test_two_files_under_one_name_are_refused(client: FlaskClient, voice_wav: bytes) -> None:
    client.post(BASE, json={"name": "Anna"})
    answer = send(client, f"{BASE}/anna/emotions/happy", audio=[sound(voice_wav), sound(voice_wav)])
    assert answer.status_code == 422


def test_a_form_of_too_many_parts_is_refused(client: FlaskClient) -> None:
    answer = send(client, BASE, "POST", **{f"field{n}": "x" for n in range(200)})
    assert (answer.status_code, answer.json["code"]) == (413, "too-large")


def test_a_deleted_voice_comes_back(client: FlaskClient, personality: dict[str, Any]) -> None:
    gone = client.delete(f"{BASE}/anna")
    assert gone.json["id"] == "anna"
    assert gone.json["trash"]
    assert client.get(f"{BASE}/anna").status_code == 404
    back = client.post(f"{BASE}/anna/restore")
    assert (back.status_code, back.json["emotions"].keys()) == (200, personality["emotions"].keys())
    assert client.post(f"{BASE}/anna/restore").status_code == 404


def test_of_two_who_delete_exactly_one_succeeds(client: FlaskClient, personality: dict[str, Any]) -> None:
    statuses: list[int] = []
    app = client.application

    def delete() -> None:
        statuses.append(app.test_client().delete(f"{BASE}/anna").status_code)

    threads = [threading.Thread(target=delete) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 404]


def test_an_export_is_imported_under_a_new_id(client: FlaskClient, personality: dict[str, Any]) -> None:
    archive = client.get(f"{BASE}/anna/export")
    assert archive.mimetype == "application/zip"
    assert "Anna.zip" in archive.headers["Content-Disposition"]
    shown = send(client, f"{BASE}/import?dry_run=1", "POST", file=sound(archive.data, "anna.zip"))
    assert (shown.status_code, shown.json["name"]) == (200, "Anna")
    assert len(client.get(BASE).json["personalities"]) == 1
    made = send(client, f"{BASE}/import", "POST", file=sound(archive.data, "anna.zip"))
    assert made.status_code == 201
    assert made.json["id"] != "anna"
    assert made.json["emotions"].keys() == personality["emotions"].keys()


def hostile(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("config.json", json.dumps({"schema": 1, "name": "x", "emotions": {}}))
        archive.writestr(name, b"evil")
    return file.getvalue()


@pytest.mark.parametrize("name", ["../evil.wav", "/evil.wav", "..\\evil.wav", "a/../../evil.wav", "C:\\evil.wav"])
def test_an_archive_that_reaches_out_is_refused(client: FlaskClient, tmp_path: Path, name: str) -> None:
    answer = send(client, f"{BASE}/import", "POST", file=sound(hostile(name), "x.zip"))
    assert (answer.status_code, answer.json["code"]) == (422, "bad-archive")
    assert client.get(BASE).json["personalities"] == []
    assert not list(tmp_path.rglob("evil*"))


def test_an_import_without_a_file_is_refused(client: FlaskClient) -> None:
    assert send(client, f"{BASE}/import", "POST", other="x").json["fields"] == {"file": "is missing"}
    assert client.post(f"{BASE}/import", json={}).status_code == 415
