"""The page and its parts: `/` and `/ui/…`, from one folder, by look-up among the files that are there."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from flask import Blueprint, Response, current_app, send_file

from backend.api.declared import EMPTY, Example, Media, declared, page_of
from backend.core.errors import NotFound

bp = Blueprint("page", __name__)

SHELF = "qwentts-page"

TYPES: dict[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".webmanifest": "application/manifest+json",
}
"""Our own table: what Windows keeps in its registry about `.js` is anybody's guess."""

NO_PAGE = "The studio is here, its page is not: the folder 'frontend' is missing. The API answers; see docs/api.md.\n"


class Shelf:
    """The files of the page by their address. Files that appear later are found at the first miss."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[str, Path] = {}

    def find(self, name: str) -> Path | None:
        if PurePosixPath(name).suffix not in TYPES:
            return None
        if name not in self._files or not self._files[name].is_file():
            self._files = dict(self._read())
        return self._files.get(name)

    def _read(self) -> list[tuple[str, Path]]:
        found = (path for path in self._root.rglob("*") if path.suffix in TYPES and path.is_file())
        inside = ((path.relative_to(self._root), path) for path in found)
        return [(name.as_posix(), path) for name, path in inside if not any(p.startswith(".") for p in name.parts)]


@bp.get("/")
@declared("The page.", tag="Studio", answers={200: page_of("text/html", "text/plain")})
def index() -> Response:
    path = _shelf().find("index.html")
    return _send(path) if path else Response(NO_PAGE, content_type="text/plain; charset=utf-8")


@bp.get("/docs")
@declared(
    "All routes, for people: fields, answers, failures, examples that can be sent.",
    tag="Studio",
    answers={200: page_of("text/html")},
    document="001",
)
def docs() -> Response:
    path = _shelf().find("docs.html")
    if path is None:
        raise NotFound("The page has no such part.", hint="GET /openapi.json tells the same.")
    return _send(path)


@bp.get("/ui/<path:name>")
@declared(
    "A part of the page.",
    tag="Studio",
    answers={200: Media(tuple(dict.fromkeys(TYPES.values())), "The file.")},
    problems=("not-found",),
    example=Example(path={"name": "style.css"}),
)
def part(name: str) -> Response:
    path = _shelf().find(name)
    if path is None:
        raise NotFound("The page has no such part.")
    return _send(path)


@bp.get("/favicon.ico")
@declared(
    "The sign of the page.",
    tag="Studio",
    answers={200: Media(("image/x-icon",)), 204: EMPTY},
    example=Example(status=204),
)
def favicon() -> Response:
    path = _shelf().find("favicon.ico")
    return _send(path) if path else Response(status=204)


def _shelf() -> Shelf:
    shelf: Shelf = current_app.extensions[SHELF]
    return shelf


def _send(path: Path) -> Response:
    """Always asked for again, rarely sent again: the ETag decides."""
    response = send_file(path, mimetype=TYPES[path.suffix], conditional=True, etag=True)
    response.headers["Content-Type"] = TYPES[path.suffix]
    response.headers["Cache-Control"] = "no-cache"
    return response
