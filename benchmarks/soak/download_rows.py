"""What the campaign of downloads is made of: a line of its table, a download in a process, a disk that is small."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backend.downloads.wire import Manner
from tests.downloads.fake_hub import FakeHub, Fault
from tests.downloads.hub_folders import ENTRY, WEIGHTS

PROJECT = Path(__file__).resolve().parents[2]
MIB = 2**20
ROOT_FILE = f"/{WEIGHTS}"
PATIENT = Manner(stall=0.5, backoff=0.02, longest_backoff=0.1, tries=8)
CHILD = "import sys; from benchmarks.soak.download_rows import child; child(*sys.argv[1:])"


@dataclass
class Row:
    """One line of the table."""

    name: str
    what: str
    fetched: int
    size: int
    faults: int
    orphans: int
    result: str
    bound: float | None = None
    """Bytes; 1.05 × size + 1 MiB for each fault where it is not given."""

    @property
    def is_good(self) -> bool:
        bound = self.bound or 1.05 * self.size + self.faults * MIB
        return self.orphans == 0 and self.fetched <= bound and self.result.startswith("identical")

    def line(self) -> str:
        share = f"{self.fetched / self.size:.3f}" if self.size else "–"
        return f"| {self.name} | {self.what} | {share} | {self.faults} | {self.orphans} | {self.result} |"


def start(hub: FakeHub, target: Path) -> subprocess.Popen[str]:
    """A download in a process of its own."""
    command = [sys.executable, "-c", CHILD, hub.url, str(target)]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)


def child(url: str, target: str) -> None:
    """A download in a process of its own, which tells its share."""
    from backend.downloads.transfer import TransferOptions, fetch_model

    for progress in fetch_model(ENTRY, Path(target), TransferOptions("auto", url, url, manner=PATIENT), lambda: False):
        print(progress.done / progress.total, flush=True)


def fault(kind: str, at: int, after: int) -> Fault:
    if kind in ("503", "429"):
        return Fault("status", 0, WEIGHTS, after=after, status=int(kind), retry_after="1" if kind == "429" else "")
    return Fault(kind, 0 if kind == "dns" else at, ROOT_FILE, after=after)


def grown(told: list[float]) -> str:
    """What the progress did, from one process or from many that followed one another."""
    return "only grew" if told == sorted(told) and told[-1] == 1 else "WENT BACK"


def shares(words: str) -> list[float]:
    return [float(line) for line in words.split()]


def fill_up(disk: Path, size: int) -> None:
    """Another program takes so many bytes, once."""
    if not (disk / "filler").exists():
        (disk / "filler").write_bytes(bytes(size))


@contextlib.contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
