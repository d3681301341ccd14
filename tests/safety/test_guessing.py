"""Wrong keys from elsewhere: answered late, few at once, remembered within bounds; right ones are not harmed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from itertools import islice
from types import SimpleNamespace

import pytest

from backend.core.errors import Unauthorised
from backend.safety import guessing
from backend.safety.guessing import MOST_IN_ALL, MOST_PROVEN, MOST_WAITING, WrongKeys, source_of
from tests.safety.test_gate import Door

ELSEWHERE, KEY = "10.0.0.7", "the-right-key"
LATE = 0.3  # seconds
PATIENT = 20.0  # seconds


@pytest.fixture(autouse=True)
def _shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guessing, "SECONDS", LATE)


def ask(door: Door, key: str, address: str = ELSEWHERE) -> tuple[int, float]:
    """Status and seconds."""
    began = time.monotonic()
    status = door.ask(remote_addr=address, x_api_key=key) if key else door.ask(remote_addr=address)
    return status, time.monotonic() - began


@pytest.mark.parametrize(
    ("key", "address", "status", "late"),
    [
        ("wrong", ELSEWHERE, 401, True),
        ("", ELSEWHERE, 401, False),
        (KEY, ELSEWHERE, 200, False),
        ("wrong", "127.0.0.1", 401, False),
        ("wrong", "::1", 401, False),
        ("wrong", "::ffff:127.0.0.1", 401, False),
    ],
)
def test_only_a_wrong_key_from_elsewhere_is_answered_late(key: str, address: str, status: int, late: bool) -> None:
    found, seconds = ask(Door(token=KEY), key, address)
    assert (found, seconds > LATE * 0.9) == (status, late)


def test_without_a_token_no_key_is_wrong() -> None:
    assert ask(Door(), "made up")[0] == 200
    assert ask(Door(), "made up")[1] < LATE


def judged(keys: WrongKeys, address: str, right: bool) -> str:
    try:
        return "right" if keys.judged(address, lambda: right) else "wrong"
    except Unauthorised:
        return "not looked at"


@contextmanager
def flooded(keys: WrongKeys, addresses: list[str], waiting: int) -> Iterator[list[Future[str]]]:
    """Wrong keys at once, of which so many wait until the block ends, however slow the machine is."""
    over = threading.Event()
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(len(addresses)) as threads:
        patch.setattr(guessing, "time", SimpleNamespace(sleep=lambda seconds: over.wait(3 * PATIENT)))
        try:
            flood = [threads.submit(judged, keys, address, right=False) for address in addresses]
            at_once = list(islice(as_completed(flood, timeout=PATIENT), len(addresses) - waiting))
            assert {one.result() for one in at_once} == {"not looked at"}
            yield flood
        finally:
            over.set()


def test_of_many_at_once_few_are_looked_at_and_the_right_key_passes_a_moment_later() -> None:
    keys = WrongKeys()
    with flooded(keys, [ELSEWHERE] * 20, MOST_WAITING) as flood:
        assert judged(keys, ELSEWHERE, right=True) == "not looked at"
    assert [one.result() for one in flood].count("wrong") == MOST_WAITING
    assert judged(keys, ELSEWHERE, right=True) == "right"


def test_a_flood_locks_no_right_key_out_that_was_known_there_and_none_from_elsewhere() -> None:
    keys = WrongKeys()
    assert judged(keys, ELSEWHERE, right=True) == "right"
    with ThreadPoolExecutor(20) as threads:
        flood = [threads.submit(judged, keys, ELSEWHERE, right=False) for _ in range(20)]
        assert judged(keys, ELSEWHERE, right=True) == "right"
        assert judged(keys, "10.0.0.8", right=True) == "right"
    assert {one.result() for one in flood} == {"wrong"}


@pytest.mark.parametrize(("key", "told"), [("wrong", False), (KEY, True)])
def test_an_open_list_is_read_with_any_key_and_tells_no_guesser_more(key: str, told: bool) -> None:
    door = Door(token=KEY, open_lists=True)
    began = time.monotonic()
    assert door.ask(path="/v1/audio/models", remote_addr=ELSEWHERE, x_api_key=key) == 200
    late = time.monotonic() - began > LATE * 0.9
    assert (late, list(door.gate._wrong_keys._proven)) == (not told, [ELSEWHERE] if told else [])


def test_while_many_wait_no_key_of_a_new_address_is_looked_at_but_those_of_a_known_one() -> None:
    keys = WrongKeys()
    assert judged(keys, ELSEWHERE, right=True) == "right"
    with flooded(keys, [f"10.1.0.{n}" for n in range(100)], MOST_IN_ALL):
        assert judged(keys, "10.0.0.8", right=True) == "not looked at"
        assert judged(keys, ELSEWHERE, right=True) == "right"
        assert judged(keys, ELSEWHERE, right=False) == "wrong"
        assert keys._waiting.total() == MOST_IN_ALL
    assert not keys._waiting
    assert judged(keys, "10.0.0.8", right=True) == "right"


def test_the_addresses_that_are_remembered_are_bounded() -> None:
    keys = WrongKeys()
    for n in range(MOST_PROVEN + 50):
        judged(keys, f"10.2.{n // 250}.{n % 250}", right=True)
    assert len(keys._proven) == MOST_PROVEN


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("10.0.0.7", "10.0.0.7"),
        ("::ffff:10.0.0.7", "10.0.0.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:2", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("127.0.0.53", ""),
        ("", ""),
        ("no address", ""),
    ],
)
def test_who_is_behind_an_address(address: str, source: str) -> None:
    assert source_of(address) == source
