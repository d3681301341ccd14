"""How large things may grow: files, functions, signatures. An exception has a name and a reason, or it is cut."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

LINES_OF_A_FILE = {".py": 300, ".js": 200, ".css": 200}
LINES_OF_A_FUNCTION = 50
LINES_OF_A_FUNCTION_AT_THE_90TH_PERCENTILE = 25

# File → why it may be longer.
LONG_FILES: dict[str, str] = {
    "backend/engines/preview/human_colours.py": "a table of measured numbers, made by benchmarks/human_colours.py",
}

# `file::function` → why it may be longer.
LONG_FUNCTIONS: dict[str, str] = {}

# An ignore with its codes, then the words that say why.
IGNORED = re.compile(r"#\s*(?:type:\s*ignore\[[\w, -]+\]|noqa:[A-Z0-9, ]+)[\s#(:—-]*(.*)$")

NAMES_WITHOUT_A_ROOM = {"utils", "util", "helpers", "helper", "common", "misc"}


def ours(*endings: str) -> list[Path]:
    """Files that git keeps or would keep, by ending."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return sorted(path for name in listed if (path := ROOT / name).suffix in endings and path.is_file())


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions_of(path: Path) -> Iterator[tuple[str, int]]:
    """Name and lines of every function, without its decorators and docstring."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        first = node.body[0]
        docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        words = (first.end_lineno or 0) - first.lineno + 1 if docstring else 0
        yield f"{name_of(path)}::{node.name}", (node.end_lineno or 0) - node.lineno + 1 - words


def test_no_file_is_too_long() -> None:
    long = {
        name: lines
        for path in ours(*LINES_OF_A_FILE)
        if (lines := path.read_text(encoding="utf-8").count("\n")) > LINES_OF_A_FILE[path.suffix]
        and (name := name_of(path)) not in LONG_FILES
    }
    assert not long


def test_no_function_is_too_long() -> None:
    long = {
        name: lines
        for path in ours(".py")
        for name, lines in functions_of(path)
        if lines > LINES_OF_A_FUNCTION and name not in LONG_FUNCTIONS
    }
    assert not long


def test_most_functions_are_short() -> None:
    sizes = sorted(lines for path in ours(".py") for _, lines in functions_of(path))
    assert sizes[len(sizes) // 2] <= 10
    assert sizes[len(sizes) * 9 // 10] <= LINES_OF_A_FUNCTION_AT_THE_90TH_PERCENTILE


def test_exceptions_are_still_needed() -> None:
    assert all((ROOT / name).read_text(encoding="utf-8").count("\n") > 300 for name in LONG_FILES)
    sizes = {name: lines for path in ours(".py") for name, lines in functions_of(path)}
    assert all(sizes.get(name, 0) > LINES_OF_A_FUNCTION for name in LONG_FUNCTIONS)


def test_every_python_file_opens_with_a_sentence() -> None:
    silent = [
        name_of(path)
        for path in ours(".py")
        if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not silent


def test_no_file_is_named_after_having_no_room() -> None:
    assert not [name_of(path) for path in ours(".py", ".js", ".css") if path.stem in NAMES_WITHOUT_A_ROOM]


def test_ignored_warnings_carry_a_reason() -> None:
    bare = [
        f"{name_of(path)}:{number}"
        for path in ours(".py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (mark := IGNORED.search(line)) and not mark.group(1)
    ]
    assert not bare, "say why, after the code"


def test_no_registry_and_no_path_of_a_machine_is_written_down() -> None:
    lock = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    for path in [*ours(".sh", ".bat", ".txt", ".toml", ".py"), ROOT / ".npmrc", ROOT / "Makefile"]:
        text = path.read_text(encoding="utf-8")
        assert "index-url" not in text or path.name in {"torch_build.py", "test_shape.py", "test_install.py"}, path
