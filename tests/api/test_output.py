"""Takes as files, and the history of takes."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from flask.testing import FlaskClient

SPEAK = {"text": "[happy] Hi! [sad] Bye.", "voice": {"kind": "preset", "speaker": "Ryan"}, "engine": "fake"}


@pytest.fixture
def take(client: FlaskClient) -> dict[str, Any]:
    answer = client.post("/api/generate", json=SPEAK | {"title": "Two lines"}, headers={"Accept": "application/json"})
    result: dict[str, Any] = answer.json
    return result


TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg", "ogg": "audio/ogg", "opus": "audio/ogg",
         "flac": "audio/flac", "srt": "application/x-subrip", "vtt": "text/vtt", "json": "application/json",
         "zip": "application/zip"}  # fmt: skip


@pytest.mark.parametrize(("extension", "kind"), TYPES.items())
def test_every_form_of_a_take_is_sent_in_its_own_type(
    client: FlaskClient, take: Any, extension: str, kind: str
) -> None:
    answer = client.get(f"/output/{take['id']}.{extension}")
    assert (answer.status_code, answer.mimetype) == (200, kind)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert len(answer.data) > 20


def test_the_zip_holds_sound_and_subtitles(client: FlaskClient, take: Any) -> None:
    archive = zipfile.ZipFile(io.BytesIO(client.get(f"/output/{take['id']}.zip").data))
    endings = {name.rpartition(".")[2] for name in archive.namelist()}
    assert {"wav", "srt", "vtt", "json"} <= endings


def test_sound_can_be_sought_and_cached(client: FlaskClient, take: Any) -> None:
    whole = client.get(take["url"])
    part = client.get(take["url"], headers={"Range": "bytes=44-143"})
    assert (part.status_code, part.data) == (206, whole.data[44:144])
    assert part.headers["Content-Range"] == f"bytes 44-143/{len(whole.data)}"
    assert client.get(take["url"], headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304
    beyond = client.get(take["url"], headers={"Range": "bytes=999999999-"})
    assert (beyond.status_code, beyond.mimetype) == (416, "application/problem+json")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Two lines", "Two lines.wav"),
        ('a"b\r\nSet-Cookie: x', "a_bSet-Cookie_ x.wav"),
        ("../../etc/passwd", "_.._etc_passwd.wav"),
        ("\u202egnp.exe", "gnp.exe.wav"),
        ("x" * 200, "x" * 80 + ".wav"),
        ("", None),
    ],
)
def test_a_download_has_a_name_every_system_can_store(client: FlaskClient, take: Any, title: str, name: str) -> None:
    client.patch(f"/api/history/{take['id']}", json={"title": title})
    answer = client.get(f"{take['url']}?download=1")
    header = answer.headers["Content-Disposition"]
    assert header.startswith("attachment")
    assert "\n" not in header
    if name is not None:
        assert name in header


def test_emoji_in_a_title_are_encoded_as_the_rfc_says(client: FlaskClient, take: Any) -> None:
    client.patch(f"/api/history/{take['id']}", json={"title": "Ciao 😀"})
    assert (
        "filename*=UTF-8''Ciao%20%F0%9F%98%80.wav"
        in client.get(f"{take['url']}?download=1").headers["Content-Disposition"]
    )


@pytest.mark.parametrize(
    "name",
    ["config.yml", ".env", "../config.yml", "..%2f.studio%2fjobs.sqlite", "jobs.sqlite", ".trash", "x.wav", ".wav",
     "wav", "README.md", "..", "%2e%2e", "%2e%2e%2fsaved_personalities%2fanna%2fconfig.json", "CON.wav",
     "x.exe", "x.html", "x.svg"],
)  # fmt: skip
def test_the_output_route_gives_takes_and_nothing_else(client: FlaskClient, take: Any, name: str) -> None:
    answer = client.get(f"/output/{name}")
    assert answer.status_code == 404
    assert answer.json["code"] in ("not-found", "take-not-found")


def test_history_is_searched_starred_renamed_deleted_and_restored(client: FlaskClient, take: Any) -> None:
    listed = client.get("/api/history").json
    assert listed["total"] == 1
    row = listed["takes"][0]
    assert {"id", "title", "text", "request", "created", "starred", "size", "segments", "duration"} <= row.keys()
    assert row["text"] == SPEAK["text"]
    assert client.get("/api/history?q=bye").json["total"] == 1
    assert client.get("/api/history?q=nothing-like-it").json["total"] == 0
    assert client.get("/api/history?starred=1").json["total"] == 0
    changed = client.patch(f"/api/history/{take['id']}", json={"starred": True, "title": "Better"}).json
    assert (changed["starred"], changed["title"]) == (True, "Better")
    assert client.get("/api/history?starred=1").json["total"] == 1
    assert client.get(f"/api/history/{take['id']}").json["title"] == "Better"
    assert client.delete(f"/api/history/{take['id']}").json["id"] == take["id"]
    assert client.get(take["url"]).status_code == 404
    assert client.post(f"/api/history/{take['id']}/restore").json["title"] == "Better"
    assert client.get(take["url"]).status_code == 200


def test_an_unknown_take_and_a_wrong_change_are_refused(client: FlaskClient, take: Any) -> None:
    assert client.get("/api/history/nothing").json["code"] == "take-not-found"
    assert client.delete("/api/history/..").status_code == 404
    assert list(client.patch(f"/api/history/{take['id']}", json={"stars": 5}).json["fields"]) == ["stars"]
    assert client.get("/api/history?limit=many").status_code == 422


def test_a_title_in_any_script_fits_into_a_header(client: FlaskClient, take: dict[str, Any]) -> None:
    client.patch(f"/api/history/{take['id']}", json={"title": "Привет… 你好"})
    header = client.get(f"{take['url']}?download=1").headers["Content-Disposition"]
    assert header.encode("latin-1").isascii()
    assert "filename*=UTF-8''%D0%9F" in header
