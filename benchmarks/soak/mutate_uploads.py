"""Break good recordings in a thousand ways and upload them: nothing may hang, crash the reader's parent or eat memory.

python -m benchmarks.soak.mutate_uploads --files 1000
python -m benchmarks.soak.mutate_uploads --files 200 --server http://127.0.0.1:8000
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from backend.core.errors import BadAudio
from backend.safety.decoding import decode_audio
from benchmarks.soak.good_recordings import all_formats

HANG = 10.0  # seconds
RATIOS = (0.0001, 0.001, 0.01, 0.1)
"""Shares of the bytes that are changed."""


def mutate(data: bytes, chance: random.Random) -> bytes:
    """One broken copy: bits flipped, a stretch zeroed or doubled, cut short, or a header field set to an extreme."""
    broken = bytearray(data)
    ways: tuple[Callable[[bytearray, random.Random], bytearray], ...] = (_flip, _flip, _zero, _double, _cut, _extreme)
    return bytes(chance.choice(ways)(broken, chance))


def _flip(data: bytearray, chance: random.Random) -> bytearray:
    for _ in range(max(1, int(len(data) * chance.choice(RATIOS)))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return data


def _zero(data: bytearray, chance: random.Random) -> bytearray:
    at, size = chance.randrange(len(data)), chance.randrange(1, 4096)
    data[at : at + size] = bytes(len(data[at : at + size]))
    return data


def _double(data: bytearray, chance: random.Random) -> bytearray:
    at, size = chance.randrange(len(data)), chance.randrange(1, 4096)
    return data[: at + size] + data[at:]


def _cut(data: bytearray, chance: random.Random) -> bytearray:
    return data[: chance.randrange(len(data))]


def _extreme(data: bytearray, chance: random.Random) -> bytearray:
    at = chance.randrange(min(200, len(data) - 4))
    data[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", bytes(4), b"\xff\xff\xff\x7f", b"\0\0\0\x80"))
    return data


@dataclass
class Tally:
    outcomes: Counter[str] = field(default_factory=Counter)
    """`accepted`, a code of BadAudio, or for a server its status."""
    failures: list[str] = field(default_factory=list)
    slowest: float = 0.0  # seconds

    def line(self) -> str:
        counted = ", ".join(f"{count} {name}" for name, count in self.outcomes.most_common())
        return f"{self.outcomes.total()} files: {counted}; {len(self.failures)} failures, slowest {self.slowest:.2f} s"


def run(files: int, seed: int = 1, upload: Callable[[bytes], str] | None = None) -> Tally:
    """Upload that many broken files, two at a time."""
    tally = Tally()
    send = upload or decode
    with ThreadPoolExecutor(2) as pool:
        for outcome, seconds in pool.map(lambda item: _timed(send, item), broken_files(files, seed)):
            tally.outcomes[outcome] += 1
            tally.slowest = max(tally.slowest, seconds)
            if seconds > HANG or not (outcome == "accepted" or outcome.startswith(("audio-", "4", "200", "201"))):
                tally.failures.append(f"{outcome} after {seconds:.1f} s")
    return tally


def broken_files(files: int, seed: int) -> Iterator[bytes]:
    chance = random.Random(seed)  # noqa: S311 (repeatable, no secret)
    good = list(all_formats().values())
    for number in range(files):
        yield mutate(good[number % len(good)], chance)


def _timed(send: Callable[[bytes], str], data: bytes) -> tuple[str, float]:
    before = time.perf_counter()
    outcome = send(data)
    return outcome, time.perf_counter() - before


def decode(data: bytes) -> str:
    """Through the decode child."""
    try:
        decode_audio(data)
    except BadAudio as problem:
        return problem.code
    return "accepted"


def uploader(server: str) -> Callable[[bytes], str]:
    """Through a running server, as the recording of a personality made for this."""
    made = json.loads(_call("POST", f"{server}/api/personality", b'{"name": "Broken"}', "application/json")[1])
    address = f"{server}/api/personality/{made['id']}/emotions/neutral"

    def send(data: bytes) -> str:
        head = b'--cut\r\nContent-Disposition: form-data; name="audio"; filename="upload"\r\n\r\n'
        status, _ = _call("PUT", address, head + data + b"\r\n--cut--\r\n", "multipart/form-data; boundary=cut")
        return str(status)

    return send


def _call(method: str, address: str, body: bytes, kind: str) -> tuple[int, bytes]:
    request = urllib.request.Request(address, body, {"Content-Type": kind}, method=method)  # noqa: S310 (given by hand)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 (given by hand)
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read()


def largest_child() -> float:
    """Peak memory of the largest child so far, in MB; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0.0
    import resource

    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--files", type=int, default=1000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--server", default="", help="upload to this running studio instead")
    asked = arguments.parse_args()
    tally = run(asked.files, asked.seed, uploader(asked.server) if asked.server else None)
    print(f"{tally.line()}, largest child {largest_child():.0f} MB")
    for line in tally.failures[:10]:
        print("  ", line)
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
