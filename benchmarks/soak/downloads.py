"""Download a model from hubs that misbehave, and count bytes fetched, faults, orphans and wrong bytes.

    python -m benchmarks.soak.downloads [--megabytes 64] [--seed 1]

Both hubs are `tests/downloads/fake_hub.py` on 127.0.0.1. Every download must end byte-identical, no file besides,
with at most 1.05 × its size + 1 MiB for each fault over the wire; a flipped bit must be found every time. A file
that came damaged, and one from a hub that cannot send a range, are fetched anew, so there the bound is another.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from backend.core.errors import Cancelled, DiskFull, DownloadFailed
from backend.downloads.part import Part
from backend.downloads.providers import RemoteFile
from backend.downloads.transfer import ROOM
from backend.downloads.wire import Manner
from benchmarks.soak.download_rows import MIB, PATIENT, ROOT_FILE, Row, fault, fill_up, grown, shares, small_disk, start
from tests.downloads.fake_hub import FakeHub, Fault
from tests.downloads.hub_folders import ENTRY, WEIGHTS, contents, expected, fetch, fill, size_of


class Campaign:
    """Each method is a row."""

    def __init__(self, folder: Path, size: int, seed: int = 1) -> None:
        self.folder, self.random = folder, random.Random(seed)  # noqa: S311 (repeatable, no secret)
        self.served = fill(folder / "hub", size)
        self.weights, self.size = size, size_of(self.served)
        self._targets = 0

    def target(self) -> Path:
        self._targets += 1
        return self.folder / f"models-{self._targets}" / ENTRY.local

    def row(
        self, name: str, what: str, hub: FakeHub, target: Path, faults: int, notes: str = "", times: int = 1
    ) -> Row:
        found, wanted = contents(target.parent), expected(self.served)
        same = {path: data for path, data in found.items() if not path.startswith(".locks/")}
        orphans = [path for path in same if path.removeprefix(f"{target.name}/") not in wanted]
        identical = {f"{target.name}/{path}": data for path, data in wanted.items()}.items() <= same.items()
        result = ("identical" if identical else "DIFFERENT") + (f"; {notes}" if notes else "")
        return Row(name, what, hub.sent_bytes, self.size * times, faults, len(orphans), result)

    def interruptions(self, count: int = 50) -> Row:
        """T71: cuts, resets, stalls, refusals and lost names, one after another at random offsets."""
        kinds = [("fin", "rst", "stall", "503", "429", "dns")[number % 6] for number in range(count)]
        self.random.shuffle(kinds)
        places = sorted(self.random.sample(range(1, self.weights), count))
        faults = [fault(kind, at, after) for after, (kind, at) in enumerate(zip(kinds, places, strict=True))]
        faults.append(Fault("fin", self.weights - 1, ROOT_FILE, after=count))
        target = self.target()
        with FakeHub(self.served, faults) as hub:
            told = fetch(hub, target, manner=PATIENT)
            notes = f"progress {grown([now.done / now.total for now in told])}, all from {told[-1].provider}"
            return self.row("T71", "FIN, RST, stall, 503, 429, lost name", hub, target, len(hub.struck), notes)

    def kills(self, count: int = 10) -> Row:
        """T72: SIGKILL at random points."""
        target, told = self.target(), [0.0]
        with FakeHub(self.served, slow=self.size / 6) as hub:
            for stop in sorted(self.random.uniform(0.02, 0.95) * self.size for _ in range(count)):
                process = start(hub, target)
                while hub.sent_bytes < stop and process.poll() is None:
                    time.sleep(0.005)
                process.kill()
                told += shares(process.communicate()[0])
            hub.slow = 0
            process = start(hub, target)
            told += shares(process.communicate(timeout=60)[0])
            notes = f"progress {grown(told)}"
            return self.row("T72", "SIGKILL at random points", hub, target, count, notes)

    def flips_in_memory(self, count: int = 1000) -> Row:
        """T73: one bit anywhere in a file, the first and the last byte too."""
        data = (self.served / ENTRY.local / WEIGHTS).read_bytes()[: 256 * 1024]
        remote, found = RemoteFile("a", len(data), "", hashlib.sha256(data).hexdigest()), 0
        for number in range(count):
            changed = bytearray(data)
            changed[number * (len(data) - 1) // max(1, count - 1)] ^= 1 << number % 8
            with contextlib.closing(Part(self.folder / "flip.part", remote)) as part:
                part.restart()
                part.append(bytes(changed))
                found += not part.is_right()
        (self.folder / "flip.part").unlink()
        what = "one bit flipped, at 1000 positions, on the way to the disk"
        return Row("T73", what, 0, 0, count, 0, f"{'identical' if found == count else 'MISSED'}; {found} found", 1)

    def flips_over_http(self, count: int = 20) -> Row:
        """T73: each is found, and the file fetched once more."""
        served = fill(self.folder / "hub-small", 2 * MIB)
        sent = notices = 0
        for number in range(count):
            target, at = self.target(), number * (2 * MIB - 1) // (count - 1)
            with FakeHub(served, [Fault("flip", at, ROOT_FILE, bit=number % 8)]) as hub:
                told = fetch(hub, target, manner=PATIENT)
                notices += sum("came damaged" in progress.notice for progress in told)
                sent += hub.sent_bytes
            if {path.removeprefix("./"): data for path, data in contents(target).items()} != expected(served):
                notices = -count
        result = f"{'identical' if notices == count else 'MISSED'}; {notices} found, each fetched once more"
        size = count * size_of(served)
        return Row("T73", "one bit flipped over HTTP", sent, size, count, 0, result, size + count * 2 * MIB)

    def always_flipped(self) -> Row:
        """T73: never called whole, named."""
        served, target = fill(self.folder / "hub-bad", 2 * MIB), self.target()
        with FakeHub(served, [Fault("flip", 99, ROOT_FILE, times=-1)]) as hub:
            try:
                fetch(hub, target, manner=PATIENT)
                said = "CALLED WHOLE"
            except DownloadFailed as failure:
                named = WEIGHTS in failure.detail and not (target / WEIGHTS).exists()
                said = "identical up to it; the file is named" if named else "NOT NAMED"
            left = [path for path in contents(target) if path.endswith(".part")]
            size = size_of(served)
            return Row("T73", "flipped every time", hub.sent_bytes, size, 4, len(left), said, size + 6 * MIB)

    def no_ranges(self, kind: str) -> Row:
        """T75: a hub that cannot count sends the whole again; what is there is left out."""
        places = sorted(self.random.sample(range(MIB), 3))
        faults = [Fault("fin", at, ROOT_FILE, after=number * 2) for number, at in enumerate(places)]
        faults += [Fault(kind, 0, ROOT_FILE, after=number * 2 + 1) for number in range(len(places))]
        target = self.target()
        with FakeHub(self.served, faults) as hub:
            fetch(hub, target, manner=PATIENT)
            what = {"norange": "200 instead of 206", "wrong-range": "wrong Content-Range"}[kind]
            return self.row("T75", what, hub, target, len(hub.struck))

    def two_processes(self) -> Row:
        """T76: one transfer."""
        target = self.target()
        with FakeHub(self.served, slow=self.size / 4) as hub:
            told = [process.communicate(timeout=60)[0] for process in [start(hub, target) for _ in range(2)]]
            done = sum(shares(words)[-1:] == [1] for words in told)
            return self.row("T76", "two processes start the same", hub, target, 0, f"{done} of 2 told it done")

    def cancels(self) -> Row:
        """T76: one of two, both, and at 99 % in a stall; each is heard soon and loses nothing."""
        target, slowest = self.target(), 0.0
        with FakeHub(self.served, slow=self.size / 3) as hub:
            slowest = max(
                slowest, *(self.cancelled(hub, target, count, share) for count, share in [(1, 0.2), (2, 0.5)])
            )
            hub.faults.append(Fault("stall", int(self.weights * 0.99), ROOT_FILE))
            slowest = max(slowest, self.cancelled(hub, target, 1, 0.9895, stalls=True))
            fetch(hub, target, manner=PATIENT)
            notes = f"heard after {slowest:.1f} s at most"
            return self.row("T76", "one cancelled, both, one at 99 % in a stall", hub, target, 3, notes)

    def cancelled(self, hub: FakeHub, target: Path, count: int, share: float, stalls: bool = False) -> float:
        """Start `count` downloads, cancel them at that share; seconds until all have ended."""
        wish, manner = threading.Event(), Manner(stall=60.0 if stalls else 5.0)

        def work() -> None:
            with contextlib.suppress(Cancelled):
                fetch(hub, target, cancelled=wish.is_set, manner=manner)

        threads = [threading.Thread(target=work) for _ in range(count)]
        for thread in threads:
            thread.start()
        while sum(map(len, contents(target).values())) < share * self.size and any(t.is_alive() for t in threads):
            time.sleep(0.02)
        time.sleep(1.0 if stalls else 0.0)
        wish.set()
        began = time.monotonic()
        for thread in threads:
            thread.join(20)
        return time.monotonic() - began

    def full_disks(self) -> Iterator[Row]:
        """T77: too small, told before; full at 80 %, what came is kept. Needs the right to mount."""
        for what, room in (("disk too small", 20 * 10**6), ("disk full at 80 %", self.size + ROOM + MIB)):
            with small_disk(self.folder / "disk", room) as disk, FakeHub(self.served, slow=self.size / 2) as hub:
                target = disk / "models" / ENTRY.local

                def filling(hub: FakeHub = hub, disk: Path = disk) -> bool:
                    if hub.sent_bytes > self.size // 10:
                        fill_up(disk, ROOM + self.size // 5)
                    return False

                try:
                    fetch(hub, target, manner=PATIENT, cancelled=filling)
                    said = "NOT TOLD"
                except DiskFull as problem:
                    said = problem.detail
                kept = sum(len(data) for path, data in contents(target).items()) if target.exists() else 0
                result = f"identical up to it; {kept * 100 // self.size} % kept: “{said}”"
                yield Row("T77", what, hub.sent_bytes, self.size, 1, 0, result)

    def strange_list(self) -> Row:
        """T79: only what the catalog expects."""
        names = ["../evil", "/etc/evil", "evil.py", "evil.pkl", "Config.json", "x" * 300, "speech_tokenizer/../evil"]
        names += [f"many/{number}.bin" for number in range(100_000)]
        listed = [{"Path": name, "Size": 3, "Type": "blob", "Sha256": "0" * 64} for name in names]
        listed.append({"Path": "vocab.json", "Size": 3, "Type": "symlink", "Sha256": "0" * 64})
        target = self.target()
        with FakeHub(self.served, listed=listed) as hub:
            fetch(hub, target, "modelscope", manner=PATIENT)
            return self.row("T79", "`../evil`, absolute, `.pkl`, a link, 300 letters, 10⁵ files", hub, target, 0)

    def rows(self) -> Iterator[Row]:
        yield self.interruptions()
        yield self.kills()
        yield self.flips_in_memory()
        yield self.flips_over_http()
        yield self.always_flipped()
        yield self.no_ranges("norange")
        yield self.no_ranges("wrong-range")
        yield self.two_processes()
        yield self.cancels()
        yield from self.full_disks() if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
        yield self.strange_list()


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--megabytes", type=int, default=64)
    arguments.add_argument("--seed", type=int, default=1)
    asked = arguments.parse_args()
    print("| | | fetched ÷ size | faults | orphans | result |\n|---|---|---|---|---|---|")
    good = True
    with tempfile.TemporaryDirectory() as folder:
        for row in Campaign(Path(folder), asked.megabytes * 10**6, asked.seed).rows():
            print(row.line(), "" if row.is_good else "**outside the bound**", flush=True)
            good = good and row.is_good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
