"""The page and its parts: our own types, ETags, and nothing from outside their folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.api.page import SHELF, Shelf


@pytest.fixture
def frontend(app: Flask, tmp_path: Path) -> Path:
    """A page of our own beside a file that is nobody's business."""
    root = tmp_path / "page"
    (root / "js").mkdir(parents=True)
    (root / "index.html").write_text("<!doctype html><title>Studio</title>")
    (root / "js" / "api.js").write_text("export {};")
    (root / "style.css").write_text("")
    (root / ".hidden.js").write_text("")
    (root / "notes.txt").write_text("not for the page")
    (tmp_path / "secret.js").write_text("secret")
    app.extensions[SHELF] = Shelf(root)
    return root


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/ui/js/api.js", "text/javascript; charset=utf-8"),
        ("/ui/style.css", "text/css; charset=utf-8"),
    ],
)
def test_parts_have_types_of_our_own_table(client: FlaskClient, frontend: Path, path: str, kind: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)
    assert answer.headers["Cache-Control"] == "no-cache"
    again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    "name",
    ["../secret.js", "..%2fsecret.js", "js/../../secret.js", ".hidden.js", "notes.txt", "js", "js/", "/etc/passwd",
     "%2e%2e/secret.js", "..\\secret.js", "js/api.js/", "JS/API.JS", "index.html%00.js"],
)  # fmt: skip
def test_nothing_else_is_served(client: FlaskClient, frontend: Path, name: str) -> None:
    answer = client.get(f"/ui/{name}")
    assert answer.status_code == 404
    assert b"secret" not in answer.data


def test_a_part_that_appears_later_is_found(client: FlaskClient, frontend: Path) -> None:
    assert client.get("/ui/js/new.js").status_code == 404
    (frontend / "js" / "new.js").write_text("export const late = true;")
    assert client.get("/ui/js/new.js").status_code == 200


def test_without_a_page_a_sentence_says_so(app: Flask, client: FlaskClient, tmp_path: Path) -> None:
    app.extensions[SHELF] = Shelf(tmp_path / "missing")
    answer = client.get("/")
    assert answer.status_code == 200
    assert "docs/api.md" in answer.get_data(as_text=True)


def test_the_page_of_problems_has_an_anchor_for_each_code(client: FlaskClient) -> None:
    page = client.get("/docs/errors").get_data(as_text=True)
    assert 'id="queue-full"' in page
    assert "<script" not in page
