"""The models of this machine: told apart where they share a folder, fetched once, not removed under a download."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backend.core.errors import Conflict
from backend.core.settings import Settings
from backend.downloads.catalog import catalog
from backend.downloads.journal import journal_path
from backend.downloads.keep import lock_of
from backend.rooms.machine import Machine, advise
from backend.rooms.models import DOWNLOAD, ModelShelf
from backend.rooms.packages import megabytes, missing_packages
from backend.studio import Studio
from tests.downloads.fake_hub import FakeHub, Fault
from tests.downloads.hub_folders import ENTRY, WEIGHTS, fill, weights

SIZES = {key: entry.bytes // 1_000_000 for key, entry in catalog().items()}
LAPTOP = Machine(ram_total=16_000, ram_free=9_000, vram_total=0, gpu="", disk_free=12_000)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, port=8000, lane_runner="thread", fake_engine="on", open_browser=False)


@pytest.fixture
def whisper(settings: Settings) -> Path:
    """A folder with one whole model, one that is on its way, and the journal of that."""
    folder = settings.models_root / "whisper"
    folder.mkdir(parents=True)
    (folder / "tiny.pt").write_bytes(b"tiny")
    (folder / "small.pt.part").write_bytes(bytes(1000))
    file = {"path": "small.pt", "size": 2000, "url": "https://hub.example", "sha256": "0" * 64, "git_sha1": ""}
    body = {"provider": "direct", "total": 2000, "files": [file], "finished": ["tiny.pt", "../../mine.txt"]}
    journal_path(folder, "whisper_small").write_text(json.dumps(body))
    (settings.data_dir / "mine.txt").write_text("mine")
    return folder


def test_models_that_share_a_folder_are_told_apart(settings: Settings, whisper: Path) -> None:
    rows = {row["key"]: row for row in ModelShelf(settings).overview({})["models"]}
    told = {key: (row["state"], row["downloaded_bytes"]) for key, row in rows.items() if key.startswith("whisper_")}
    assert told.pop("whisper_tiny") == ("installed", 0)
    assert told.pop("whisper_small") == ("partial", 1000)
    assert set(told.values()) == {("missing", 0)}


def test_cleaning_one_model_leaves_its_neighbours_and_everything_that_a_journal_only_claims(
    settings: Settings, whisper: Path
) -> None:
    assert ModelShelf(settings).clean("whisper_base")["freed"] == 0
    assert (whisper / "small.pt.part").exists()
    assert ModelShelf(settings).clean("whisper_small")["freed"] == 1000
    assert [path.name for path in whisper.iterdir()] == ["tiny.pt"]
    assert (settings.data_dir / "mine.txt").read_text() == "mine"


def test_deleting_one_model_leaves_its_neighbours(settings: Settings, whisper: Path) -> None:
    assert ModelShelf(settings).delete("whisper_tiny")["freed"] == 4
    assert {path.name for path in whisper.iterdir()} == {"small.pt.part", ".whisper_small.download.json"}


def test_a_model_that_another_process_fetches_is_not_deleted(settings: Settings) -> None:
    fill(settings.models_root, 20_000)
    shelf = ModelShelf(settings)
    lock = lock_of(shelf.target(ENTRY), ENTRY)
    assert lock.try_acquire()
    with pytest.raises(Conflict, match="being downloaded"):
        shelf.delete(ENTRY.key)
    assert (shelf.target(ENTRY) / WEIGHTS).exists()
    lock.release()
    assert shelf.delete(ENTRY.key)["freed"] > 20_000
    assert not shelf.target(ENTRY).exists()


@pytest.fixture
def slow_studio(settings: Settings, tmp_path: Path) -> Iterator[Studio]:
    """A studio beside a hub that falls silent in the middle."""
    with FakeHub(fill(tmp_path / "hub"), [Fault("stall", 100_000, f"/{WEIGHTS}", times=-1)]) as hub:
        slow = settings.model_copy(update={"hf_endpoint": hub.url, "modelscope_endpoint": hub.url})
        studio = Studio(slow)
        studio.start()
        yield studio
        for job in studio.list_jobs(100):
            studio.cancel(str(job["id"]))
        studio.stop(5)
        studio.close()


def test_many_requests_at_once_are_one_job(slow_studio: Studio) -> None:
    at_once, found = threading.Barrier(12), []

    def ask(number: int) -> None:
        at_once.wait()
        if number % 2:
            found.append(slow_studio.shelf.download(ENTRY.key).id)
        else:
            found.append(slow_studio.shelf.install([ENTRY.key], packages=False)[0]["job_id"])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(found) == 12 and len(set(found)) == 1
    assert [job["id"] for job in slow_studio.list_jobs(100) if job["kind"] == DOWNLOAD] == found[:1]


def test_a_studio_that_was_restarted_goes_on_and_its_progress_never_falls(settings: Settings, tmp_path: Path) -> None:
    with FakeHub(fill(tmp_path / "hub", 600_000), slow=400_000) as hub:
        asked = settings.model_copy(update={"hf_endpoint": hub.url, "modelscope_endpoint": hub.url})
        first = Studio(asked)
        first.start()
        job_id = first.shelf.download(ENTRY.key).id
        until(lambda: hub.sent_bytes > 250_000)
        first.stop(5)
        first.close()
        hub.slow = 0
        second = Studio(asked)
        row = next(row for row in second.models_overview()["models"] if row["key"] == ENTRY.key)
        assert row["job_id"] == job_id and row["downloaded_bytes"] > 100_000  # what a page that is loaded anew shows
        second.start()
        events = [item[1] for item in second.follow(job_id) if item is not None]
        second.stop(5)
        second.close()
    shares = [event["progress"] for event in events if event["stage_code"] == "downloading"]
    assert len(shares) > 3 and shares == sorted(shares) and shares[0] >= 0 and shares[-1] == 1
    assert events[-1]["phase"] == "done"


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it never came to pass"
        time.sleep(0.01)


def test_what_cannot_be_deleted_stays_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="the studio set is not installed")
    from tests.tiny_checkpoints import tiny_checkpoints

    snapshot = tmp_path / "cache" / f"models--{ENTRY.hf.replace('/', '--')}" / "snapshots" / "1"
    shutil.copytree(tiny_checkpoints(stops=True) / ENTRY.local, snapshot)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    studio = Studio(Settings(data_dir=tmp_path, lane_runner="thread", device="cpu", threads=1, qwen_size="0.6b"))
    studio.start()
    try:
        studio.wait(studio.switch_model("base").id)
        with pytest.raises(Conflict, match="another program"):
            studio.delete_model(ENTRY.key)
        assert [row["key"] for row in studio.models_overview()["resident"]] == [ENTRY.key]
    finally:
        studio.stop(5)
        studio.close()


def test_the_advice_stays_while_its_models_arrive_and_ends_in_all_being_here() -> None:
    left, disk = dict(SIZES), LAPTOP.disk_free
    first = advise(LAPTOP, left)
    assert first.keys == ("custom_0_6b", "base_0_6b", "design_1_7b") and "9.5 GB to download" in first.text
    for key in first.keys:
        disk -= left[key]
        left[key] = 0
        now = advise(replace(LAPTOP, disk_free=disk), left)
        assert now.keys == first.keys and now.code == first.code
    assert now.text.endswith("here already.")
    assert advise(replace(LAPTOP, disk_free=5), left).keys == first.keys


def test_packages_that_are_still_to_come_need_room_too() -> None:
    assert advise(LAPTOP, SIZES, packages=1_000).keys != advise(LAPTOP, SIZES, packages=4_000).keys
    tight = replace(LAPTOP, disk_free=4_000)
    assert advise(tight, SIZES).keys == ("custom_0_6b",)
    assert advise(tight, SIZES, packages=1_400).code == "disk-too-small"


def test_the_overview_counts_the_packages_that_are_missing(settings: Settings) -> None:
    told = ModelShelf(settings).overview({})["studio_set"]
    assert told["missing"] == missing_packages() and told["installed"] == (not told["missing"])
    assert told["size_mb"] == megabytes(told["missing"], with_cuda=False) or told["missing"]


def test_a_model_of_which_half_is_here_needs_half_the_room(settings: Settings) -> None:
    target = ModelShelf(settings).target(ENTRY)
    target.mkdir(parents=True)
    (target / f"{WEIGHTS}.part").write_bytes(weights(5_000_000))
    row = next(row for row in ModelShelf(settings).overview({})["models"] if row["key"] == ENTRY.key)
    assert (row["state"], row["downloaded_bytes"]) == ("partial", 5_000_000)


def test_the_models_are_told_while_one_of_them_comes_and_goes(settings: Settings, tmp_path: Path) -> None:
    source, target = fill(tmp_path / "hub") / ENTRY.local, settings.models_root / ENTRY.local
    shelf, over = ModelShelf(settings), threading.Event()

    def come_and_go() -> None:
        while not over.is_set():
            shutil.copytree(source, target)
            shutil.rmtree(target)

    coming = threading.Thread(target=come_and_go)
    coming.start()
    try:
        until = time.monotonic() + 3
        while time.monotonic() < until:
            assert shelf.overview({})["models"]
    finally:
        over.set()
        coming.join()
