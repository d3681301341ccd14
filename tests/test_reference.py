"""Pages made from the source are as fresh as the source, and every code a failure can have is explained in them."""

from __future__ import annotations

import ast

import pytest
import yaml

from backend.commands.reference import PAGES
from backend.core.errors import all_problem_classes
from backend.core.settings import PROJECT_DIR, Settings
from backend.core.tables.problems import PROBLEMS

COMMITTED = {
    "cli": "docs/cli.md",
    "settings-example": "config.example.yml",
    "settings": "docs/settings.md",
    "errors": "docs/errors.md",
}


@pytest.mark.parametrize("page", COMMITTED)
def test_a_page_made_from_the_source_is_fresh(page: str) -> None:
    """Refresh it by `python -m backend.cli reference <page> > <file>`."""
    assert (PROJECT_DIR / COMMITTED[page]).read_text(encoding="utf-8") == PAGES[page]()


def test_the_example_can_be_used_as_it_stands() -> None:
    text = PAGES["settings-example"]()
    lines = [line[2:] for line in text.splitlines() if line.startswith("# ")]
    given = yaml.safe_load("\n".join(line for line in lines if line.partition(":")[0] in Settings.model_fields))
    assert given.keys() == Settings.model_fields.keys()
    Settings(**given)


def test_every_code_in_the_source_is_explained() -> None:
    explained = {row.code for row in PROBLEMS}
    classes = {cls.__name__ for cls in all_problem_classes()}
    for path in sorted((PROJECT_DIR / "backend").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in classes:
                codes = [k.value.value for k in node.keywords if k.arg == "code" and isinstance(k.value, ast.Constant)]
                assert set(codes) <= explained, f"{path.relative_to(PROJECT_DIR)}:{node.lineno}"
    assert {cls.code for cls in all_problem_classes() if cls.__module__.startswith("backend.")} <= explained


def test_every_row_has_the_status_and_code_of_its_class() -> None:
    assert len({row.code for row in PROBLEMS}) == len(PROBLEMS)
    for row in PROBLEMS:
        assert 400 <= row.status < 600
        assert row.text.endswith(".")
