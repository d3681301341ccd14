"""`qwentts models`: fetches, checks, finds and deletes, and says what it cannot do in a sentence and a status."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.cli import main
from backend.downloads.catalog import catalog
from backend.downloads.keep import lock_of
from tests.downloads.fake_hub import FakeHub, Fault
from tests.downloads.hub_folders import ENTRY, WEIGHTS, contents, expected, fill

KEY = ENTRY.key


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    with FakeHub(fill(tmp_path / "hub")) as made:
        monkeypatch.setenv("STUDIO_DATA_DIR", str(tmp_path / "data"))
        monkeypatch.setenv("STUDIO_HF_ENDPOINT", made.url)
        monkeypatch.setenv("STUDIO_MODELSCOPE_ENDPOINT", made.url)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "no cache"))
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "no data"))
        monkeypatch.chdir(tmp_path)
        yield made


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "data" / "models" / ENTRY.local


def test_a_model_is_fetched_checked_found_and_deleted(
    hub: FakeHub, target: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "download", KEY]) == 0
    assert contents(target) == expected(tmp_path / "hub")
    said = capsys.readouterr()
    assert said.out == "" and f"is here: {target}" in said.err
    assert main(["models", "validate", KEY]) == 0 and main(["models", "validate"]) == 0
    assert f"{KEY}: complete ({target})" in capsys.readouterr().out
    assert main(["models", "path", KEY]) == 0
    assert capsys.readouterr().out.strip() == str(target)
    assert main(["models", "delete", KEY]) == 0
    assert not target.exists() and "GB freed" in capsys.readouterr().out


def test_the_provider_is_the_one_that_was_named(hub: FakeHub) -> None:
    assert main(["models", "download", KEY, "--provider", "modelscope"]) == 0
    assert all("/api/v1/" in seen.path for seen in hub.seen)


def test_what_there_is_is_listed_for_people_and_for_programs(
    hub: FakeHub, target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "download", KEY]) == 0
    (target / "vocab.json").unlink()
    capsys.readouterr()
    assert main(["models"]) == 0
    said = capsys.readouterr().out
    assert all(key in said for key in catalog()) and "missing: vocab.json" in said
    assert main(["models", "list", "--json"]) == 0
    rows = {row["key"]: row for row in json.loads(capsys.readouterr().out)["models"]}
    assert rows[KEY]["state"] == "partial" and rows[KEY]["missing"] == ["vocab.json"]
    assert main(["models", "validate"]) == 1
    assert main(["models", "validate", "design_1_7b"]) == 1
    assert "missing config.json" in capsys.readouterr().out


def test_a_download_that_fails_is_told_and_the_others_are_fetched_all_the_same(
    hub: FakeHub, target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.faults.append(Fault("status", path="list", status=404, times=2))
    assert main(["models", "download", "design_1_7b", KEY]) == 1
    said = capsys.readouterr().err
    assert "could not be downloaded" in said and f"is here: {target}" in said


def test_nothing_is_deleted_while_it_comes(hub: FakeHub, target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "download", KEY]) == 0
    lock = lock_of(target, ENTRY)
    assert lock.try_acquire()
    assert main(["models", "delete", KEY]) != 0
    lock.release()
    assert (target / WEIGHTS).exists() and "being downloaded" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["download"], "Name the models"),
        (["download", "nothing"], "no such model"),
        (["delete", KEY], "is not here"),
        (["path", "nothing"], "no such model"),
        (["download", "gigaam_v2_rnnt"], "cannot be downloaded"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    hub: FakeHub, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", *arguments]) != 0
    assert sentence in capsys.readouterr().err
    assert not hub.seen
