"""A hub that misbehaves costs time, never a wrong byte."""

from __future__ import annotations

import json
import shutil
import sys
import time
from hashlib import sha1, sha256
from pathlib import Path
from typing import NamedTuple

import pytest

from backend.core.errors import DiskFull, DownloadFailed, Gated
from backend.downloads.part import Part
from backend.downloads.providers import RemoteFile
from backend.downloads.transfer import TransferOptions, fetch_model
from backend.downloads.wire import Manner
from tests.downloads.fake_hub import FakeHub, Fault
from tests.downloads.hub_folders import ENTRY, HASTY, WEIGHTS, contents, expected, fetch, fill, size_of

CODEC_WEIGHTS = f"speech_tokenizer/{WEIGHTS}"


@pytest.fixture
def served(tmp_path: Path) -> Path:
    return fill(tmp_path / "hub")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "models" / ENTRY.local


@pytest.mark.parametrize("kind", ["status", "dns"])
@pytest.mark.parametrize("path", ["list", WEIGHTS])
def test_what_passes_is_waited_for(served: Path, target: Path, kind: str, path: str) -> None:
    with FakeHub(served, [Fault(kind, path=path, times=3)]) as hub:
        assert fetch(hub, target)[-1].provider == "hf"
    assert contents(target) == expected(served)
    assert hub.sent_bytes == size_of(served)


def test_a_hub_that_asks_to_wait_is_given_the_time_and_the_user_is_told(served: Path, target: Path) -> None:
    with FakeHub(served, [Fault("status", path=WEIGHTS, status=429, retry_after="1")]) as hub:
        began = time.monotonic()
        told = fetch(hub, target)
    assert time.monotonic() - began >= 1
    assert [progress.notice for progress in told if progress.notice] == [
        "Hugging Face: it answered HTTP 429. The next try is in 1 s."
    ]
    assert contents(target) == expected(served)


@pytest.mark.parametrize("kind", ["norange", "wrong-range"])
def test_no_byte_is_doubled_when_a_hub_cannot_count(served: Path, target: Path, kind: str) -> None:
    faults = [Fault("fin", 150_000, f"/{WEIGHTS}"), Fault(kind, path=f"/{WEIGHTS}", after=1)]
    with FakeHub(served, faults) as hub:
        fetch(hub, target, "modelscope")
    assert {fault.kind for fault in hub.struck} == {"fin", kind}
    assert contents(target) == expected(served)


def test_a_flipped_bit_is_found_and_the_file_fetched_once_more(served: Path, target: Path) -> None:
    with FakeHub(served, [Fault("flip", 123_456, f"/{WEIGHTS}", bit=3)]) as hub:
        told = fetch(hub, target)
    assert contents(target) == expected(served)
    assert [progress.notice for progress in told if progress.notice] == [
        f"{WEIGHTS} came damaged and is fetched once more."
    ]
    assert hub.sent_bytes == size_of(served) + 300_000


def test_a_file_that_is_always_damaged_is_named_and_never_called_whole(served: Path, target: Path) -> None:
    with FakeHub(served, [Fault("flip", 9, CODEC_WEIGHTS, times=-1)]) as hub:
        with pytest.raises(DownloadFailed, match=r"speech_tokenizer/model\.safetensors came damaged, twice"):
            fetch(hub, target)
        assert hub.sent[CODEC_WEIGHTS] == 4 * 75_000  # twice from each hub
    assert not any(CODEC_WEIGHTS in name for name in contents(target))


def test_every_single_flipped_bit_is_found(tmp_path: Path) -> None:
    data = bytes(range(256)) * 8
    git = sha1(b"blob 2048\0" + data, usedforsecurity=False).hexdigest()
    for number in range(1000):
        flipped = bytearray(data)
        flipped[(number * 2047) // 999] ^= 1 << number % 8
        for remote in (RemoteFile("a", 2048, "", sha256(data).hexdigest()), RemoteFile("a", 2048, "", "", git)):
            part = Part(tmp_path / "a.part", remote)
            part.restart()
            part.append(bytes(flipped))
            assert not part.is_right()
            part.restart()
            part.append(data)
            assert part.is_right()
            part.close()


def test_what_suffered_on_the_disk_between_two_runs_is_not_blamed_on_the_hub(served: Path, target: Path) -> None:
    part = target / f"{WEIGHTS}.part"

    def has_begun() -> bool:
        return part.is_file() and part.stat().st_size > 0

    stall = Fault("stall", 150_000, f"/{WEIGHTS}")
    with FakeHub(served, [stall]) as hub, pytest.raises(Exception, match="stopped"):
        fetch(hub, target, cancelled=has_begun, manner=Manner(stall=9))
    part.write_bytes(bytes(len(part.read_bytes())))
    with FakeHub(served, [Fault("flip", 200_000, WEIGHTS)]) as hub:
        fetch(hub, target)
    assert contents(target) == expected(served)


@pytest.mark.parametrize(("first", "second"), [("hf", "modelscope"), ("modelscope", "hf")])
def test_the_other_hub_goes_on_at_the_byte_where_the_first_gave_up(
    served: Path, target: Path, first: str, second: str
) -> None:
    faults = [Fault("fin", 100_000, f"/{WEIGHTS}", hub=first), Fault("status", hub=first, times=-1, after=1)]
    with FakeHub(served, faults) as hub:
        told = fetch(hub, target, first)
    assert hub.sent[WEIGHTS] == 300_000
    assert told[-1].provider == second
    assert contents(target) == expected(served)


def test_a_hub_that_lacks_the_model_is_left_with_a_word(served: Path, target: Path) -> None:
    with FakeHub(served, [Fault("status", path="list", hub="hf", status=404)]) as hub:
        told = fetch(hub, target)
    assert "Hugging Face: it answered HTTP 404. Going on with ModelScope." in [progress.notice for progress in told]
    assert told[-1].provider == "modelscope"
    assert contents(target) == expected(served)


def test_patience_ends_with_both_reasons_and_what_came_is_kept(served: Path, target: Path) -> None:
    with FakeHub(served, [Fault("fin", 100_000, WEIGHTS, times=-1)]) as hub:
        with pytest.raises(DownloadFailed) as failure:
            fetch(hub, target)
        assert "Hugging Face: the connection ended early; ModelScope: the connection" in failure.value.detail
        assert "It goes on where it stopped" in failure.value.hint
        hub.faults.clear()
        hub.sent.clear()
        fetch(hub, target)
        assert hub.sent[WEIGHTS] == 200_000
    assert contents(target) == expected(served)


def test_two_lengths_of_one_file_are_never_believed(served: Path, target: Path) -> None:
    with FakeHub(served, [Fault("length", path=WEIGHTS, times=2)]) as hub:
        fetch(hub, target)
    assert contents(target) == expected(served)
    with FakeHub(served, [Fault("length", path=WEIGHTS, times=-1)]) as hub:
        shutil.rmtree(target)
        with pytest.raises(DownloadFailed, match="two lengths"):
            fetch(hub, target)


def test_a_gated_model_says_where_to_ask(served: Path, target: Path) -> None:
    with FakeHub(served, [Fault("gated", path="config.json", hub="hf", times=-1)]) as hub:
        hub.faults.append(Fault("status", hub="modelscope", status=404, times=-1))
        with pytest.raises(Gated) as refusal:
            fetch(hub, target)
    assert ENTRY.page in refusal.value.hint


def test_the_token_goes_to_the_hub_and_nowhere_else(served: Path, target: Path) -> None:
    with FakeHub(served) as hub:
        fetch(hub, target, token="hf_secret")
        fetch(hub, target.with_name("again"), "modelscope", token="hf_secret")
        named = [seen for seen in hub.seen if seen.headers.get("Authorization") == "Bearer hf_secret"]
        others = [seen for seen in hub.seen if seen not in named]
    assert named and {seen.host for seen in named} == {hub.url.removeprefix("http://")}
    assert not any("v1" in seen.path for seen in named)
    assert {"/cdn/" in seen.path or "/v1/" in seen.path for seen in others} == {True}


@pytest.mark.parametrize("endpoint", ["http://huggingface.example", "ftp://127.0.0.1", "http://127.0.0.1.example"])
def test_models_come_over_https_or_from_this_machine(target: Path, endpoint: str) -> None:
    with pytest.raises(DownloadFailed, match="is not https"):
        list(fetch_model(ENTRY, target, TransferOptions("hf", endpoint, endpoint, manner=HASTY), lambda: False))


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_too_little_room_is_told_before_anything_is_fetched(
    served: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9 - 10**6, 10**6))
    with FakeHub(served) as hub, pytest.raises(DiskFull, match="needs 32 MB, but 1 MB are free"):
        fetch(hub, target)
    assert hub.sent_bytes == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files there")
def test_a_disk_that_fills_midway_keeps_what_came(served: Path, target: Path) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with FakeHub(served) as hub:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
        try:
            with pytest.raises(DiskFull, match="became full while the model came"):
                fetch(hub, target)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert (target / f"{WEIGHTS}.part").stat().st_size == 200_000
        hub.sent.clear()
        fetch(hub, target)
        assert hub.sent[WEIGHTS] == 100_000
    assert contents(target) == expected(served)


def evil_rows(count: int) -> list[dict[str, object]]:
    names = ["../evil", "/etc/evil", "evil.py", "evil.pkl", "Config.json", "x" * 300, "speech_tokenizer/../../evil"]
    names += ["model-00001-of-00002.safetensors/../../evil", "..\\evil", "con", "nul\0"]
    names += [f"many/{number}.bin" for number in range(count)]
    rows: list[dict[str, object]] = [{"Path": name, "Size": 3, "Type": "blob", "Sha256": "0" * 64} for name in names]
    odd: list[dict[str, object]] = [
        {"Path": 7, "Size": 1},
        {"Path": "config.json", "Size": -1, "Type": "blob"},
        {"Path": "vocab.json", "Size": 9, "Type": "symlink", "Sha256": "0" * 64},
        {"Path": "a", "Size": True},
    ]
    return [*odd, *rows]


@pytest.mark.parametrize("provider", ["hf", "modelscope"])
def test_only_files_of_the_catalog_are_fetched_whatever_a_hub_lists(served: Path, target: Path, provider: str) -> None:
    with FakeHub(served, listed=evil_rows(3000 if provider == "hf" else 100_000)) as hub:
        hub.page = 1000
        fetch(hub, target, provider)
    assert contents(target) == expected(served)
    assert {path.name for path in target.parent.iterdir()} == {target.name, ".locks"}
    assert not any("evil" in seen.path or "many" in seen.path for seen in hub.seen)


def test_weights_may_come_in_shards(served: Path, target: Path) -> None:
    folder = served / ENTRY.local
    whole = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).unlink()
    names = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    for name in names:
        (folder / name).write_bytes(whole)
    (folder / f"{WEIGHTS}.index.json").write_text(json.dumps({"weight_map": {"a": names[0], "b": names[1]}}))
    with FakeHub(served) as hub:
        fetch(hub, target)
    assert {*names, f"{WEIGHTS}.index.json"} <= contents(target).keys()
    assert WEIGHTS not in contents(target)


def test_a_repository_without_a_codec_is_whole_without_it(served: Path, target: Path) -> None:
    shutil.rmtree(served / ENTRY.local / "speech_tokenizer")
    with FakeHub(served) as hub:
        fetch(hub, target)
    assert not any("speech_tokenizer" in name for name in contents(target))


def test_a_missing_file_is_named(served: Path, target: Path) -> None:
    (served / ENTRY.local / "merges.txt").unlink()
    with FakeHub(served) as hub, pytest.raises(DownloadFailed, match=r"it has no merges\.txt"):
        fetch(hub, target)
    assert hub.sent_bytes == 0
