"""Hostile and odd names through the real API: nothing outside the data folder is touched, nothing answers 5xx."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

SPEAK = {"text": "Hi.", "voice": {"kind": "preset", "speaker": "Ryan"}, "engine": "fake"}
PER_ROUTE = 750  # ids and texts: ten thousand in all
BODIES_PER_ROUTE = 120  # nested objects take far longer to think up than to refuse
FINE = {200, 201, 204, 304, 308, 400, 404, 405, 409, 412, 413, 415, 422}


def traversals() -> Iterator[str]:
    """More than two hundred spellings of a way out."""
    ups = ["../", "..\\", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "%252e%252e%252f", "....//", "..;/", "..%c0%af",
           "..%00/", "./../", "..//", "\\..\\", "%2e%2e\\", "．．/"]  # fmt: skip
    goals = ["canary.txt", "etc/passwd", "config.yml", ".env", "jobs.sqlite", "windows/win.ini"]
    yield from (up * depth + goal for up in ups for depth in (1, 3) for goal in goals)
    yield from ("/etc/passwd", "//etc/passwd", "\\\\host\\share", "C:\\x", "C:x", "file:///etc/passwd", "~/x", "~root",
                "..", ".", "...", "", " ", "*", "con", "CON", "aux.wav", "NUL.txt", "x.", "x ", "a:b", "anna\x00.wav",
                "anna/../anna", "a" * 300, "я" * 300, "\u202e", "\u0000", "${HOME}", "$(touch p)", "`touch p`", "|ls",
                ";ls", "-version", "-y", "%s%s%n", "{0}", "{{7*7}}", "<script>", "'", '"', "--",
                "concat:a|b")  # fmt: skip


CORPUS = sorted(set(traversals()))


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Path]:
    """A folder beside the studio's data that must stay as it is."""
    folder = tmp_path.parent / f"{tmp_path.name}-outside"
    folder.mkdir()
    (folder / "canary.txt").write_text("canary")
    (tmp_path.parent / "canary.txt").write_text("canary")
    yield folder
    assert [path.name for path in folder.iterdir()] == ["canary.txt"]
    assert (tmp_path.parent / "canary.txt").read_text() == "canary"
    (tmp_path.parent / "canary.txt").unlink()


PATHS = (
    "/api/personality/{}", "/api/personality/{}/emotions/happy", "/api/personality/anna/emotions/{}",
    "/api/personality/{}/emotions/happy/source", "/api/personality/{}/export", "/api/jobs/{}", "/api/jobs/{}/events",
    "/output/{}", "/output/{}.wav", "/api/history/{}", "/ui/{}",
)  # fmt: skip


def test_no_spelling_of_a_path_leads_out(client: FlaskClient, canary: Path, personality: object) -> None:
    assert len(CORPUS) >= 200
    for pattern in PATHS:
        for name in CORPUS:
            for spelled in {name.replace("#", "%23").replace("?", "%3f"), quote(name, safe="")}:
                answer = client.get(pattern.format(spelled))
                assert answer.status_code in FINE - {201, 204}, (pattern, name)
                assert b"canary" not in answer.data or b"canary" in name.encode(), (pattern, name)
                assert b"root:" not in answer.data
    for name in CORPUS:
        if name.strip(" ./").casefold() != "anna":
            answer = client.delete(f"/api/personality/{quote(name, safe='')}")
            assert answer.status_code in (404, 405, 422), name
    assert client.get("/api/personality/anna").status_code == 200


def test_no_field_of_a_body_leads_out(client: FlaskClient, canary: Path, personality: object) -> None:
    for name in CORPUS:
        voices = ({"kind": "personality", "personality": name}, {"kind": "preset", "speaker": name})
        for voice in voices:
            answer = client.post("/api/script/preview", json={"text": "Hi.", "voice": voice})
            assert answer.status_code in (404, 422), name
        for field in ("engine", "language", "format"):
            answer = client.post("/api/generate", json=SPEAK | {field: name})
            assert answer.status_code in (404, 422) or not name.strip(), (field, name)
        answer = client.patch("/api/personality/anna", json={"description": name, "tags": [name]})
        assert answer.status_code in (200, 422), name


def test_every_name_that_was_taken_became_a_folder_of_its_own(
    client: FlaskClient, canary: Path, settings: object, tmp_path: Path
) -> None:
    made = [client.post("/api/personality", json={"name": name}) for name in CORPUS]
    ids = [answer.json["id"] for answer in made if answer.status_code == 201]
    assert len(set(ids)) == len(ids) > 50
    folders = {path.name for path in (tmp_path / "saved_personalities").iterdir() if not path.name.startswith(".")}
    assert set(ids) == folders
    assert all(name.isascii() and name == name.strip(". ") and "/" not in name for name in folders)


quickly = how(
    max_examples=PER_ROUTE, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
in_few = how(quickly, max_examples=BODIES_PER_ROUTE)
anything = st.text(max_size=80)


@pytest.mark.parametrize("pattern", PATHS)
@quickly
@given(name=anything)
def test_any_text_as_an_id_is_answered_without_failure(client: FlaskClient, pattern: str, name: str) -> None:
    answer = client.get(pattern.format(quote(name, safe="", errors="replace")))
    assert answer.status_code in FINE


@quickly
@given(name=anything)
def test_any_text_as_a_title_is_kept_or_refused(client: FlaskClient, name: str) -> None:
    answer = client.post("/api/personality", json={"name": name, "tags": [name], "description": name})
    assert answer.status_code in (201, 400, 422)
    if answer.status_code == 201:
        again = client.get(f"/api/personality/{answer.json['id']}")
        assert again.json["name"] == answer.json["name"]


@quickly
@given(text=st.text(max_size=300))
def test_any_text_can_be_previewed(client: FlaskClient, text: str) -> None:
    answer = client.post("/api/script/preview", json={"text": text, "voice": SPEAK["voice"]})
    assert answer.status_code in (200, 400, 422)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
BODIES = (
    ("POST", "/api/generate_stream"), ("POST", "/api/script/preview"), ("POST", "/api/personality"),
    ("PATCH", "/api/personality/nobody"), ("PATCH", "/api/history/nothing"),
)  # fmt: skip
KNOWN = st.sampled_from(["text", "voice", "speed", "name", "tags", "consent", "starred", "title", "seed", "kind"])


@pytest.mark.parametrize(("method", "path"), BODIES)
@in_few
@given(body=st.dictionaries(KNOWN | st.text(max_size=8), json_values, max_size=6))
def test_any_object_as_a_body_is_answered_without_failure(
    client: FlaskClient, method: str, path: str, body: dict[str, object]
) -> None:
    answer = client.open(path, method=method, data=json.dumps(body), content_type="application/json")
    assert answer.status_code in (200, 201, 400, 404, 422), answer.data
