"""What stands must be written down: every route, setting, error code, engine; every file of the tree; every link."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import routes_page
from flask import Flask

from backend.core.errors import all_problem_classes
from backend.core.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"

# Routes that people meet without being told.
ROUTES_OF_THE_PAGE = {"/", "/ui/<path:name>", "/favicon.ico"}

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def documented_paths() -> set[str]:
    """Paths of docs/api.md, the parts in angle brackets made alike."""
    found = re.findall(r"(?:GET|POST|PUT|PATCH|DELETE|WS)[/A-Z]*\s+(/[^\s`?]*)", text_of("docs/api.md"))
    return {pattern(path) for path in found}


def pattern(path: str) -> str:
    """`/output/<take>.<ext>` and `/output/<string:name>` → `/output/<>`."""
    return re.sub(r"<[^>]*>(\.<[^>]*>)?", "<>", path.rstrip("/") or "/")


def test_every_route_is_documented(app: Flask) -> None:
    routes = {rule.rule for rule in app.url_map.iter_rules()} - ROUTES_OF_THE_PAGE
    missing = {route for route in routes if pattern(route) not in documented_paths()}
    assert not missing


def test_every_documented_route_exists(app: Flask) -> None:
    routes = {pattern(rule.rule) for rule in app.url_map.iter_rules()}
    assert documented_paths() <= routes


def test_the_table_of_routes_is_that_of_the_app() -> None:
    rows = re.findall(r"^\| `.*", text_of("docs/routes.md"), re.MULTILINE)
    made = re.findall(r"^\| `.*", routes_page.page(), re.MULTILINE)
    assert [row.rpartition(" | ")[0] for row in rows] == [row.rpartition(" | ")[0] for row in made], "make docs"


def test_every_route_is_called_by_the_tests_that_the_table_names() -> None:
    for row in re.findall(r"^\| `.*", text_of("docs/routes.md"), re.MULTILINE):
        files = re.findall(r"`(tests/[^`]*)`", row.rpartition(" | ")[2])
        assert files, f"no test: {row}"
        address = re.sub(r"<[^>]*>", "x", row.split("`")[1].partition(" ")[2])
        in_words = any(address.startswith(re.sub(r"<[^>]*>", "x", start)) for start in routes_page.BY_ANSWER)
        for file in files:
            called = [text for _, text in routes_page.calls(ROOT / file)]
            pattern = re.compile(re.sub(r"<[^>]*>", "[^/?#]+", row.split("`")[1].partition(" ")[2]))
            assert in_words or any(pattern.fullmatch(text) for text in called), (row, file)


def test_every_setting_is_documented() -> None:
    page = text_of("docs/settings.md")
    assert not [name for name in Settings.model_fields if f"`{name}`" not in page]


def test_every_error_code_is_documented() -> None:
    page = text_of("docs/errors.md")
    codes = {cls.code for cls in all_problem_classes()}
    for cls in all_problem_classes():
        listed = re.search(r"Codes in use: ([^.]*)\.", cls.__doc__ or "")
        codes.update(re.split(r",\s*", listed.group(1).replace("\n", " ")) if listed else ())
    assert not {code.strip() for code in codes if code.strip() and f"## {code.strip()}\n" not in page}


def test_every_engine_is_documented(app: Flask) -> None:
    engines = app.test_client().get("/api/catalog").json["engines"]
    pages = text_of("README.md") + text_of("docs/architecture.md")
    assert not [engine["name"] for engine in engines if f"`{engine['name']}`" not in pages]


def test_the_readme_tree_names_every_entry_of_the_project() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    entries = {name.split("/")[0] for name in tracked}
    rooms = {name.split("/")[1] for name in tracked if name.startswith("backend/")} - {"__init__.py"}
    tree = text_of("README.md")
    assert not {name for name in entries | rooms if name not in tree}


@pytest.mark.parametrize(
    "page", sorted(path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
)
def test_links_lead_somewhere(page: str) -> None:
    here = (ROOT / page).parent
    broken = []
    for link in (plain or image for plain, image in LINK.findall(text_of(page))):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        path = here / target if target else ROOT / page
        if not path.exists() or (anchor and path.suffix == ".md" and anchor not in anchors(path)):
            broken.append(link)
    assert not broken


def anchors(path: Path) -> set[str]:
    """The anchors that headings of a page get, by GitHub's rule."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
