"""Fetches a model: goes on where it was cut off, checks every byte, changes the provider when one fails.

What lies under a model's own names has been verified. Everything else ends in `.part`, with a journal beside it.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

from backend.core.errors import DiskFull, DownloadFailed, Gated, Offline
from backend.core.settings import Settings
from backend.downloads.catalog import ModelEntry
from backend.downloads.journal import Journal, leftovers, part_path
from backend.downloads.keep import lock_of
from backend.downloads.meter import Meter, Progress
from backend.downloads.part import Part, is_whole, keeping_what_came
from backend.downloads.providers import NAMES, Hub, Plan, RemoteFile, Unsuited, plan_of_addresses, plan_of_hub
from backend.downloads.validate import problems
from backend.downloads.wire import TICK, Manner, Wire
from backend.safety.locks import FileLock

__all__ = ["Progress", "TransferOptions", "fetch_model"]

Provider = Literal["auto", "hf", "modelscope"]
ORDER = {"auto": ("hf", "modelscope"), "hf": ("hf", "modelscope"), "modelscope": ("modelscope", "hf")}
ROOM = 32 * 10**6
"""Bytes that must stay free besides."""
T = TypeVar("T")


@dataclass(frozen=True)
class TransferOptions:
    """From where, and how patiently."""

    provider: str = "auto"
    """Which is asked first; the other one follows."""
    hf_endpoint: str = "https://huggingface.co"
    modelscope_endpoint: str = "https://modelscope.cn"
    token: str = field(default="", repr=False)
    offline: bool = False
    manner: Manner = field(default_factory=Manner)

    @classmethod
    def from_settings(cls, settings: Settings, provider: str = "auto") -> TransferOptions:
        return cls(
            provider if provider != "auto" else settings.download_provider,
            settings.hf_endpoint.rstrip("/"),
            settings.modelscope_endpoint.rstrip("/"),
            settings.hf_token,
            settings.offline,
        )


def fetch_model(
    entry: ModelEntry, target: Path, options: TransferOptions, cancelled: Callable[[], bool]
) -> Iterator[Progress]:
    """Bring the model into its folder; ends when every file is verified and in place. `cancelled` is asked often.

    Whoever asks for a model that another is fetching waits, sees the progress, and finds it done.
    Raises Offline, Cancelled, DiskFull, StorageFailed, Gated, DownloadFailed.
    """
    if options.offline:
        raise Offline(
            "The studio is offline: nothing is fetched.",
            hint=f"Switch STUDIO_OFFLINE off, or copy the model into {target}.",
        )
    if not entry.downloadable:
        raise DownloadFailed(f"{entry.title} cannot be downloaded.", hint=f"Copy it into {target}: {entry.page}")
    yield from _Transfer(entry, target, options, cancelled).run()


class _Transfer:
    """One model on its way."""

    def __init__(
        self, entry: ModelEntry, target: Path, options: TransferOptions, cancelled: Callable[[], bool]
    ) -> None:
        self._entry, self._target, self._options, self._cancelled = entry, target, options, cancelled
        journal = Journal.read(target, entry.key)
        self._meter = Meter(journal.total or entry.bytes, journal.provider or self._providers()[0])
        self._whole: dict[str, RemoteFile] = {}
        """What is verified and in place."""
        self._part: Part | None = None

    def run(self) -> Iterator[Progress]:
        lock = lock_of(self._target, self._entry)
        self._count_what_lies()
        yield self._now()
        waited = yield from self._turn(lock)
        try:
            journal = Journal.read(self._target, self._entry.key)
            if not (waited and not journal.files and not problems(self._target, self._entry)):
                yield from self._from_any_provider()
        finally:
            lock.release()
        self._meter.is_at(self._meter.total)
        yield self._now()

    def _count_what_lies(self) -> None:
        """What an earlier run, or another process, brought counts from the first event on: no step back is shown."""
        journal = Journal.read(self._target, self._entry.key)
        self._meter.total = journal.total or self._meter.total
        self._meter.is_at(sum(_present(self._target, path) for path in journal.files))

    def _now(self) -> Progress:
        now = self._meter.look(always=True)
        assert now is not None, "it was asked for"
        return now

    def _turn(self, lock: FileLock) -> Generator[Progress, None, bool]:
        """Wait for whoever fetches the same; answers whether somebody did."""
        wire = Wire("", self._options.manner, self._cancelled)
        words, waited = "The same download is under way already; this is its progress.", False
        while not lock.try_acquire():
            wire.pause()
            self._count_what_lies()
            if (progress := self._meter.look(words)) is not None:
                yield progress
            words, waited = "", True
            time.sleep(TICK)
        return waited

    def _from_any_provider(self) -> Iterator[Progress]:
        refusals: list[tuple[str, Unsuited]] = []
        for provider in self._providers():
            try:
                return (yield from self._from(provider, _words_of(refusals, provider)))
            except Unsuited as refusal:
                refusals.append((provider, refusal))
        raise self._failure(refusals)

    def _providers(self) -> list[str]:
        entry = self._entry
        has = {"hf": entry.hf, "modelscope": entry.ms}
        hubs = [provider for provider in ORDER.get(self._options.provider, ORDER["auto"]) if has[provider]]
        return hubs or ["direct"]

    def _from(self, provider: str, notice: str) -> Iterator[Progress]:
        entry, options = self._entry, self._options
        self._meter.provider = provider
        if notice and (progress := self._meter.look(notice)):
            yield progress
        endpoint = {"hf": options.hf_endpoint, "modelscope": options.modelscope_endpoint}.get(provider, "")
        token = options.token if provider == "hf" else ""
        wire = Wire(provider, options.manner, self._cancelled, endpoint, token)
        if provider == "direct":
            plan = yield from self._told(plan_of_addresses(entry, wire.ask), wire)
        else:
            hub = Hub(provider, endpoint, entry.hf if provider == "hf" else entry.ms)
            plan = yield from self._told(plan_of_hub(hub, entry, wire.ask), wire)
        yield from self._told(self._fetch(plan, wire), wire)

    def _fetch(self, plan: Plan, wire: Wire) -> Generator[str, None, None]:
        """Bring every file of the plan that is not whole."""
        target, entry = self._target, self._entry
        journal = Journal.read(target, entry.key)
        with keeping_what_came():
            target.mkdir(parents=True, exist_ok=True)
        self._meter.total = plan.total
        missing = yield from self._missing(plan, journal, wire)
        for file in missing:
            if not file.is_same(journal.files.get(file.path)):
                part_path(target, file.path).unlink(missing_ok=True)
        self._demand_room(missing)
        with keeping_what_came():
            journal.expects(plan)
        for file in missing:
            yield from self._fetch_one(file, wire)
            with keeping_what_came():
                journal.has_finished(file.path)
        damaged = problems(target, entry)
        if damaged:
            raise Unsuited(f"it has no usable {damaged[0]}")
        for part in leftovers(target, entry):
            part.unlink(missing_ok=True)
        journal.remove()

    def _missing(self, plan: Plan, journal: Journal, wire: Wire) -> Generator[str, None, list[RemoteFile]]:
        """Files that are not there, or there but different."""
        missing = []
        for file in plan.files:
            path, whole = self._target / file.path, file.is_same(self._whole.get(file.path))
            if not whole and file.path in journal.finished and file.is_same(journal.files.get(file.path)):
                whole = _size(path) == file.size  # it was verified before it got its name
            if not whole and path.is_file():
                whole = yield from wire.patiently(is_whole(path, file))
            if whole:
                self._whole[file.path] = file
            else:
                missing.append(file)
        return missing

    def _demand_room(self, missing: list[RemoteFile]) -> None:
        need = sum(file.size - _size(part_path(self._target, file.path)) for file in missing)
        free = shutil.disk_usage(self._target).free
        if need and free < need + ROOM:
            raise DiskFull(
                f"{self._entry.title} needs {_gb(need + ROOM)}, but {_gb(free)} are free on the disk.",
                hint="Free some space, or move the models folder to a larger disk.",
            )

    def _fetch_one(self, file: RemoteFile, wire: Wire) -> Generator[str, None, None]:
        """Fetch, verify and name one file; a damaged one is fetched once more. Raises Unsuited."""
        self._meter.file = file.path
        fetched = 0
        with closing(Part(part_path(self._target, file.path), file)) as part:
            self._part = part
            yield from wire.patiently(part.resume())
            fetched -= part.size > 0  # what an earlier run left may have suffered with the machine: one try more
            while fetched < 2:
                yield from wire.fetch(part)
                if part.is_right():
                    part.become(self._target / file.path)
                    self._part, self._whole[file.path] = None, file
                    return
                part.restart()
                fetched += 1
                if fetched < 2:
                    yield f"{file.path} came damaged and is fetched once more."
        self._part = None
        part.path.unlink(missing_ok=True)
        raise Unsuited(f"{file.path} came damaged, twice")

    def _told(self, steps: Generator[str, None, T], wire: Wire) -> Generator[Progress, None, T]:
        """Run the steps, telling the progress between them."""
        with closing(steps):
            while True:
                try:
                    words = next(steps)
                except StopIteration as end:
                    return end.value
                whole = sum(file.size for file in self._whole.values())
                self._meter.is_at(whole + (self._part.size if self._part else 0), wire.received)
                if (progress := self._meter.look(words)) is not None:
                    yield progress

    def _failure(self, refusals: list[tuple[str, Unsuited]]) -> Gated | DownloadFailed:
        entry = self._entry
        if any(refusal.gated for _, refusal in refusals):
            return Gated(
                f"The publisher of {entry.title} gives it only to people who accepted its terms.",
                hint=f"Accept them on {entry.page}, then set STUDIO_HF_TOKEN to a token of your account.",
            )
        told = "; ".join(f"{NAMES[provider]}: {refusal}" for provider, refusal in refusals)
        return DownloadFailed(
            f"{entry.title} could not be downloaded. {told}.",
            hint="What came is kept: check the network and start the download again. It goes on where it stopped.",
        )


def _words_of(refusals: list[tuple[str, Unsuited]], provider: str) -> str:
    if not refusals:
        return ""
    last, refusal = refusals[-1]
    return f"{NAMES[last]}: {refusal}. Going on with {NAMES[provider]}."


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _present(target: Path, path: str) -> int:
    return _size(part_path(target, path)) or _size(target / path)


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 10**9 else f"{size / 1e6:.0f} MB"
