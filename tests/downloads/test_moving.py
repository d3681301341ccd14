"""The models folder is moved: whole, once, and killed at any file operation it is finished by the next attempt."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.core.errors import BadRequest, Cancelled, Conflict
from backend.core.events import ProgressEvent
from backend.core.settings import Settings
from backend.downloads.catalog import catalog
from backend.downloads.keep import lock_of
from backend.jobs.runner import JobContext
from backend.rooms.moving import moved
from backend.studio import Studio
from tests.downloads.hub_folders import contents, fill

PROJECT = Path(__file__).resolve().parents[2]
OTHER_DISK = Path("/dev/shm")  # noqa: S108 (a place on another disk, not a name for a file)
CAMPAIGN = "import sys; from tests.downloads.test_moving import campaign; campaign(*sys.argv[1:])"
FILE_OPERATIONS = ("open", "os.link", "os.symlink", "os.rename", "os.remove", "os.rmdir", "os.mkdir")
ELSEWHERE = "elsewhere"


def moving(settings: Settings, target: Path, cancelled: Any = lambda: False) -> Iterator[ProgressEvent]:
    return moved(settings, {"path": str(target)}, JobContext("job", 1, cancelled))


def without_locks(folder: Path) -> dict[str, bytes]:
    return {path: data for path, data in contents(folder).items() if not path.startswith(".locks/")}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(data_dir=tmp_path / "data", port=8000, lane_runner="thread", fake_engine="on", open_browser=False)
    fill(made.models_root, 20_000)
    (made.models_root / "whisper").mkdir()
    (made.models_root / "whisper" / "tiny.pt").write_bytes(b"whisper")
    return made


def test_the_models_lie_in_the_new_folder_and_nowhere_else(settings: Settings, tmp_path: Path) -> None:
    source, wanted = settings.models_root, contents(settings.models_root)
    (source / "README.md").write_text("mine")
    told = list(moving(settings, tmp_path / "new"))
    assert settings.models_root == tmp_path / "new"
    assert contents(tmp_path / "new") == wanted
    assert contents(source) == {"README.md": b"mine"} and not list(source.glob("*/"))
    shares = [event.progress or 0.0 for event in told]
    assert shares == sorted(shares) and shares[-1] == 1 and told[-1].done


def test_on_one_disk_nothing_is_copied(settings: Settings, tmp_path: Path) -> None:
    before = (settings.models_root / "whisper" / "tiny.pt").stat().st_ino
    list(moving(settings, tmp_path / "new"))
    assert (tmp_path / "new" / "whisper" / "tiny.pt").stat().st_ino == before


def test_a_model_that_is_linked_to_is_linked_to_again(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "large disk").mkdir()
    (tmp_path / "large disk" / "v4_ru.pt").write_bytes(b"ru")
    (settings.models_root / "silero").symlink_to(tmp_path / "large disk")
    list(moving(settings, tmp_path / "new"))
    assert (tmp_path / "new" / "silero" / "v4_ru.pt").read_bytes() == b"ru"
    assert (tmp_path / "large disk" / "v4_ru.pt").exists() and not (tmp_path / "data/models/silero").exists()


def test_another_file_of_the_same_name_and_length_is_never_taken_for_ours(settings: Settings, tmp_path: Path) -> None:
    source, before = settings.models_root, contents(settings.models_root)
    other = tmp_path / "new" / "whisper" / "tiny.pt"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"WHISPER")
    with pytest.raises(Conflict, match=r"whisper/tiny\.pt"):
        list(moving(settings, tmp_path / "new"))
    assert settings.models_root == source and without_locks(source) == before
    assert contents(tmp_path / "new") == {"whisper/tiny.pt": b"WHISPER"}


def test_the_same_file_that_is_there_already_is_no_hindrance(settings: Settings, tmp_path: Path) -> None:
    wanted = contents(settings.models_root)
    (tmp_path / "new" / "whisper").mkdir(parents=True)
    (tmp_path / "new" / "whisper" / "tiny.pt").write_bytes(b"whisper")
    list(moving(settings, tmp_path / "new"))
    assert contents(tmp_path / "new") == wanted


@pytest.mark.parametrize("way", ["asked", "closed"])
def test_a_cancel_leaves_everything_where_it_was(settings: Settings, tmp_path: Path, way: str) -> None:
    source, before = settings.models_root, contents(settings.models_root)
    wished: list[bool] = []
    steps = moving(settings, tmp_path / "new", lambda: bool(wished))
    for _ in range(4):
        next(steps)
    assert contents(tmp_path / "new")
    if way == "asked":
        wished.append(True)
        with pytest.raises(Cancelled):
            next(steps)
    else:
        steps.close()  # type: ignore[attr-defined]  # it is a generator
    assert settings.models_root == source and contents(tmp_path / "new") == {}
    assert without_locks(source) == before


def test_nothing_is_moved_while_another_process_fetches_a_model(settings: Settings, tmp_path: Path) -> None:
    entry = catalog()["base_1_7b"]
    lock = lock_of(settings.models_root / entry.local, entry)
    assert lock.try_acquire()
    with pytest.raises(Conflict, match="being downloaded"):
        list(moving(settings, tmp_path / "new"))
    lock.release()
    assert contents(tmp_path / "new") == {}
    list(moving(settings, tmp_path / "new"))
    assert settings.models_root == tmp_path / "new"


def test_the_studio_moves_by_a_job_and_refuses_what_cannot_be(settings: Settings, tmp_path: Path) -> None:
    studio = Studio(settings)
    studio.start()
    try:
        with pytest.raises(BadRequest, match="lies in the old one"):
            studio.shelf.move(str(settings.models_root / "deeper"))
        with pytest.raises(BadRequest, match="whole path"):
            studio.shelf.move("relative")
        for _ in range(2):  # a second time there is nothing to do
            assert studio.wait(studio.shelf.move(str(tmp_path / "new")).id) == {"folder": str(tmp_path / "new")}
        assert studio.models_overview()["folder"] == str(tmp_path / "new")
    finally:
        studio.stop(5)
        studio.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="one process for each kill needs fork")
@pytest.mark.parametrize("place", ["the same disk", "another disk"])
def test_killed_at_any_file_operation_nothing_is_lost_and_the_next_attempt_ends_it(tmp_path: Path, place: str) -> None:
    root = tmp_path if place == "the same disk" else OTHER_DISK
    if root != tmp_path and (not root.is_dir() or root.stat().st_dev == tmp_path.stat().st_dev):
        pytest.skip("this machine has one disk")
    with tempfile.TemporaryDirectory(dir=root) as folder:
        command = [sys.executable, "-c", CAMPAIGN, str(tmp_path / "kills"), folder]
        answer = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=100, check=False)
    assert answer.returncode == 0, answer.stderr[-2000:]
    assert int(answer.stdout) > 30, "kills"


def campaign(data: str, targets: str) -> None:
    """Die at the first file operation, at the fourth, and so on, until one move ends; check after each."""
    number = 0
    while True:
        settings = Settings(data_dir=Path(data) / str(number))
        _two_models(settings.models_root)
        source, wanted = settings.models_root, contents(settings.models_root)
        target = Path(targets) / str(number)
        died = _moved_in_a_fork(settings, target, number)
        _check_whole(settings.models_root, wanted)
        again = target if number % 2 else target.with_name(f"{number}-{ELSEWHERE}")
        list(moving(settings, again))
        assert settings.models_root == again and contents(again) == wanted, number
        assert contents(source) == {}, number
        assert again == target or contents(target) == {}, number
        assert not (settings.state_dir / "moving.json").exists(), number
        if not died:
            break
        number += 3
    print(number)


def _two_models(root: Path) -> None:
    for name in ("one/config.json", "one/speech_tokenizer/model.safetensors", "two/model.safetensors"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode() * 1000)


def _check_whole(root: Path, wanted: dict[str, bytes]) -> None:
    found = contents(root)
    assert all(found.get(name) == data for name, data in wanted.items()), "the folder in use is not whole"


def _moved_in_a_fork(settings: Settings, target: Path, operation: int) -> bool:
    """Whether the process died at that file operation, as it was told to."""
    child = os.fork()
    if child == 0:
        left = [operation]

        def hook(event: str, arguments: tuple[Any, ...]) -> None:
            if event in FILE_OPERATIONS and str(settings.data_dir.parent) in str(arguments) + str(target):
                left[0] -= 1
                if left[0] < 0:
                    os._exit(9)

        sys.addaudithook(hook)
        list(moving(settings, target))
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
