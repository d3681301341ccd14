"""A download is stopped, killed, doubled, cleaned, repaired: it is still one download."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from backend.core.errors import Cancelled, Conflict
from backend.downloads.keep import clean
from backend.downloads.meter import Meter
from backend.downloads.transfer import Progress, fetch_model
from backend.downloads.wire import Manner
from tests.downloads.fake_hub import FakeHub, Fault
from tests.downloads.hub_folders import ENTRY, WEIGHTS, contents, expected, fetch, fill, options, size_of

ROOT = Path(__file__).resolve().parents[2]
CHILD = """
import sys
from pathlib import Path
from backend.downloads.catalog import catalog
from backend.downloads.transfer import TransferOptions, fetch_model
url, target = sys.argv[1:]
options = TransferOptions("auto", url, url)
for progress in fetch_model(catalog()["base_0_6b"], Path(target), options, lambda: False):
    print(progress.done, progress.notice, flush=True)
"""


@pytest.fixture
def served(tmp_path: Path) -> Path:
    return fill(tmp_path / "hub")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "models" / ENTRY.local


def in_a_process(hub: FakeHub, target: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, hub.url, str(target)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def until(condition: object, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]  # any callable
        assert time.monotonic() < end, "it never came to pass"
        time.sleep(0.01)


@pytest.mark.parametrize("place", ["list", "stall", "wait", "99 percent"])
def test_a_cancel_is_heard_within_two_seconds_and_what_came_is_kept(served: Path, target: Path, place: str) -> None:
    fault = {
        "list": Fault("status", path="list", retry_after="60", times=-1),
        "stall": Fault("stall", 100_000, WEIGHTS),
        "wait": Fault("status", path=WEIGHTS, retry_after="60"),
        "99 percent": Fault("stall", 299_000, f"/{WEIGHTS}"),
    }[place]
    with FakeHub(served, [fault]) as hub:
        wished: list[float] = []

        def cancelled() -> bool:
            if hub.struck and not wished:
                wished.append(time.monotonic())
            return bool(wished) and time.monotonic() > wished[0] + 0.3

        with pytest.raises(Cancelled):
            fetch(hub, target, cancelled=cancelled, manner=Manner(stall=30))
        assert time.monotonic() - wished[0] < 2.3
        hub.faults.clear()
        fetch(hub, target)
    assert hub.sent_bytes == size_of(served)
    assert contents(target) == expected(served)


def test_killed_at_any_point_it_goes_on(served: Path, target: Path) -> None:
    with FakeHub(served, slow=400_000) as hub:
        for number in range(4):
            child = in_a_process(hub, target)
            until(lambda number=number: hub.sent_bytes > 60_000 * (number + 1))
            child.kill()
            child.communicate()
        hub.slow = 0
        fetch(hub, target)
    assert contents(target) == expected(served)
    assert hub.sent_bytes <= 1.05 * size_of(served) + 4 * 2**20


def test_two_processes_are_one_transfer_and_the_second_finds_it_done(served: Path, target: Path) -> None:
    with FakeHub(served, slow=120_000) as hub:
        children = [in_a_process(hub, target) for _ in range(2)]
        told = [child.communicate(timeout=30)[0] for child in children]
    assert [child.returncode for child in children] == [0, 0]
    assert hub.sent_bytes == size_of(served)
    assert sum("under way already" in words for words in told) == 1
    assert all(words.splitlines()[-1].split()[0] == str(size_of(served)) for words in told)
    assert contents(target) == expected(served)


def test_when_the_first_is_cancelled_the_second_takes_over(served: Path, target: Path) -> None:
    stop = threading.Event()
    told: dict[str, object] = {}

    def work(name: str, cancelled: threading.Event) -> None:
        try:
            told[name] = fetch(hub, target, cancelled=cancelled.is_set)
        except Cancelled:
            told[name] = "cancelled"

    with FakeHub(served, slow=300_000) as hub:
        first = threading.Thread(target=work, args=("first", stop))
        first.start()
        until(lambda: hub.sent_bytes > 50_000)
        second = threading.Thread(target=work, args=("second", threading.Event()))
        second.start()
        time.sleep(0.3)
        stop.set()
        first.join(10)
        second.join(10)
    assert told["first"] == "cancelled"
    assert isinstance(told["second"], list)
    assert hub.sent_bytes <= size_of(served) + 2**18
    assert contents(target) == expected(served)


def test_a_caller_that_leaves_gives_the_lock_back(served: Path, target: Path) -> None:
    with FakeHub(served, [Fault("stall", 100_000, WEIGHTS)]) as hub:
        steps = fetch_model(ENTRY, target, options(hub, manner=Manner(stall=30)), lambda: False)
        next(steps)
        steps.close()  # type: ignore[attr-defined]  # it is a generator
        hub.faults.clear()
        fetch(hub, target)
    assert contents(target) == expected(served)


def test_cleaning_removes_what_an_unfinished_download_left(served: Path, target: Path) -> None:
    stop = threading.Event()
    with FakeHub(served, [Fault("stall", 200_000, f"/{WEIGHTS}")]) as hub:
        steps = fetch_model(ENTRY, target, options(hub, manner=Manner(stall=30)), stop.is_set)
        next(progress for progress in steps if progress.done > 200_000)
        with pytest.raises(Conflict):
            clean(target, ENTRY)
        stop.set()
        with pytest.raises(Cancelled):
            list(steps)
        (target / "notes.txt").write_text("mine")
        assert clean(target, ENTRY) > 200_000
    assert contents(target) == {"notes.txt": b"mine"}
    assert clean(target, ENTRY) == 0
    (target / "notes.txt").unlink()
    clean(target, ENTRY)
    assert not target.exists()


def test_cleaning_leaves_a_whole_model_alone(served: Path, target: Path) -> None:
    with FakeHub(served) as hub:
        fetch(hub, target)
    assert clean(target, ENTRY) == 0
    assert contents(target) == expected(served)


def test_only_what_is_missing_or_damaged_is_fetched(served: Path, target: Path) -> None:
    with FakeHub(served) as hub:
        fetch(hub, target)
        damaged = bytearray((target / WEIGHTS).read_bytes())
        damaged[-1] ^= 1
        (target / WEIGHTS).write_bytes(damaged)
        (target / "vocab.json").unlink()
        hub.sent.clear()
        fetch(hub, target)
    assert hub.sent.keys() == {WEIGHTS, "vocab.json"}
    assert contents(target) == expected(served)


def test_a_part_of_another_version_is_not_gone_on_with(served: Path, target: Path) -> None:
    part = target / f"{WEIGHTS}.part"
    with FakeHub(served, [Fault("stall", 100_000, f"/{WEIGHTS}")]) as hub:
        with pytest.raises(Cancelled):
            fetch(
                hub,
                target,
                manner=Manner(stall=30),
                cancelled=lambda: part.is_file() and part.stat().st_size == 100_000,
            )
        assert part.stat().st_size == 100_000
        other = bytearray((served / ENTRY.local / WEIGHTS).read_bytes())
        other[1000] ^= 255
        (served / ENTRY.local / WEIGHTS).write_bytes(other)
        hub.faults.clear()
        hub.sent.clear()
        told = fetch(hub, target)
    assert hub.sent[WEIGHTS] == 300_000
    assert not [progress.notice for progress in told if progress.notice]
    assert contents(target) == expected(served)


def check_progress(told: list[Progress]) -> None:
    shares = [progress.done / progress.total for progress in told]
    assert shares == sorted(shares)
    assert shares[0] >= 0 and shares[-1] == 1


def test_progress_only_grows_and_ends_at_the_whole(served: Path, target: Path) -> None:
    faults = [Fault("fin", 40_000 * number, WEIGHTS) for number in range(1, 6)] + [Fault("flip", 9, WEIGHTS)]
    with FakeHub(served, faults, slow=600_000) as hub:
        told = fetch(hub, target)
    check_progress([progress for progress in told if progress.total == size_of(served)])
    assert len(told) > 3
    assert any(progress.speed and progress.eta is not None for progress in told)


def test_the_speed_is_smoothed_and_the_time_left_follows() -> None:
    now = [0.0]
    meter = Meter(1000, "hf", lambda: now[0])
    for second in range(1, 30):
        now[0] = float(second)
        meter.is_at(second * 10, second * 10)
        last = meter.look()
    assert last is not None
    assert last.speed == pytest.approx(10)
    assert last.eta == pytest.approx((1000 - 290) / 10)
    assert meter.look() is None  # still fresh
    meter.is_at(100)
    again = meter.look(always=True)
    assert again is not None and again.done == 290
    meter.is_at(5000)
    full = meter.look(always=True)
    assert full is not None and full.done == 1000
