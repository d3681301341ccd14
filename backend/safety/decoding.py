"""Foreign audio in, checked samples out: a child process decodes under limits, then the samples themselves are judged.

Reading a file proves nothing: many odd ones open without an error. So after decoding, what is empty, silent, not
finite or of absurd length is refused by name. Knows nothing of voices.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from backend.core.errors import BadAudio, Busy, EngineUnavailable
from backend.core.types import STUDIO_RATE, Samples
from backend.safety.sides import mixed

WORKER = Path(__file__).with_name("decode_worker.py")
_AT_ONCE = threading.BoundedSemaphore(2)
_LIBRARY_MISSING = 7
SILENCE = 10 ** (-60 / 20)
"""Peak under which a recording holds nothing, full scale 1."""
LOUDEST = 1e6
"""Float files may pass full scale by a lot; beyond this a number is no sound."""


@dataclass(frozen=True)
class DecodeLimits:
    """What one recording may cost."""

    seconds: float = 60.0
    """Length of what is taken."""
    source_seconds: float = 1800.0
    """Length that is read through, where only a window of it is taken."""
    start: float = 0.0  # seconds
    end: float | None = None
    """Seconds; None takes all from `start`."""
    rate: int = STUDIO_RATE  # hertz
    wall: float = 30.0  # seconds on the clock
    cpu: int = 30  # seconds of processor time
    memory: int = 1500 * 2**20  # bytes of address space
    wait: float = 60.0  # seconds to wait for one of the two places
    sides: bool = True
    """Look at both sides of a stereo recording before they are mixed; doubles what is held in memory."""
    silent: bool = False
    """Take what holds nothing but silence, too."""


REFERENCE_LIMITS = DecodeLimits()
RECORDING_LIMITS = DecodeLimits(seconds=1800.0, wall=90.0, cpu=60, sides=False)
"""For one long recording that is cut afterwards."""


@dataclass(frozen=True)
class Decoded:
    """A recording that holds sound."""

    samples: Samples
    """Mono at 24 kHz, finite, not silent; may pass full scale."""
    rate_in: int  # hertz
    channels_in: int
    codec: str
    container: str
    """FFmpeg's name of the container, e.g. `wav`, `ogg`, `mov`, `matroska`."""
    extension: str
    """What a file of this container is called: wav mp3 flac ogg opus m4a webm aac aiff."""
    duration: float  # seconds of `samples`
    warnings: tuple[str, ...] = ()
    """Codes: `damaged` (some of it could not be read), `cut-short` (it ends before its header says), `turned-side`
    (one side of the stereo was the other turned over, and was turned back: mixed, they would have been silence)."""


def decode_audio(source: bytes | Path, limits: DecodeLimits = REFERENCE_LIMITS, claimed_name: str = "") -> Decoded:
    """Decode and judge one recording. `claimed_name` is the name it came under, if any.

    Raises BadAudio (its code says what is wrong), Busy when both decoders are taken for too long.
    """
    if not _AT_ONCE.acquire(timeout=limits.wait):
        raise Busy("Other recordings are being read.", hint="Try again in a moment.", code="decoders-busy")
    try:
        with _opened(source) as file:
            data, facts = _run_child(file, limits)
    finally:
        _AT_ONCE.release()
    if isinstance(facts, Refusal):
        raise _refused(facts)
    check_claim(claimed_name, facts.container)
    return _judged(data, facts, limits)


@contextmanager
def _opened(source: bytes | Path) -> Iterator[IO[bytes]]:
    """The recording as an open file without a name of the user's; bytes go through an anonymous file."""
    if isinstance(source, Path):
        with open(source, "rb") as file:
            yield file
        return
    if not source:
        raise BadAudio("The recording is empty.", hint="Record or choose it again.", code="audio-empty")
    with tempfile.TemporaryFile() as anonymous:
        anonymous.write(source)
        anonymous.seek(0)
        yield anonymous


class Facts(BaseModel):
    """The child's last word on a recording it could read. A hijacked child may lie, but only in these bounds."""

    container: Literal["wav", "mp3", "flac", "ogg", "mov", "matroska", "aac", "aiff"]
    extension: Literal["wav", "mp3", "flac", "ogg", "opus", "m4a", "webm", "aac", "aiff"]
    codec: str = Field(pattern="^[a-z0-9_]{1,40}$")
    rate: int = Field(ge=1, le=400_000)
    channels: int = Field(ge=1, le=64)
    sides: Literal[1, 2]
    stated: float | None
    """Seconds that the header tells."""
    read: float
    """Seconds that went by, taken or not."""
    whole: bool
    """Whether it was read to its end."""
    broken: int
    """Packets that could not be decoded."""


class Refusal(BaseModel):
    """The child's last word on a recording it refuses: a code, and the numbers of the sentence."""

    error: Literal["audio-unreadable", "audio-too-long", "audio-absurd"]
    seconds: float = 0.0
    channels: int | None = None
    rate: int | None = None
    costly: bool = False


_LAST_WORD: TypeAdapter[Facts | Refusal] = TypeAdapter(Facts | Refusal)
_CRASHED = Refusal(error="audio-unreadable")
_TOO_COSTLY = Refusal(error="audio-absurd", costly=True)


def _run_child(file: IO[bytes], limits: DecodeLimits) -> tuple[bytearray, Facts | Refusal]:
    """PCM bytes, and what the child says about them."""
    child = subprocess.Popen(
        [sys.executable, "-I", str(WORKER), json.dumps(asdict(limits))],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    clock = threading.Timer(limits.wall, child.kill)
    clock.daemon = True
    clock.start()
    try:
        assert child.stdout is not None
        with child.stdout as pipe:
            return _read_answer(pipe, limits)
    except EOFError:
        overtime = not clock.is_alive()
        return bytearray(), _death(child.wait(), overtime)
    finally:
        clock.cancel()
        child.kill()  # ended already, unless we are leaving early
        child.wait()


def _read_answer(pipe: IO[bytes], limits: DecodeLimits) -> tuple[bytearray, Facts | Refusal]:
    """Raises EOFError when the child ended without its last word."""
    data = bytearray()
    most = int(limits.seconds * limits.rate + limits.rate) * (8 if limits.sides else 4)
    while size := struct.unpack("<I", _exactly(pipe, 4))[0]:
        if len(data) + size > most:
            return bytearray(), _CRASHED  # no child of ours writes that
        data += _exactly(pipe, size)
    answer = pipe.read(10_000)
    if not answer:
        raise EOFError
    try:
        return data, _LAST_WORD.validate_json(answer)
    except ValidationError:
        return bytearray(), _CRASHED


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _death(status: int, overtime: bool) -> Refusal:
    if status == _LIBRARY_MISSING:
        raise EngineUnavailable(
            "Recordings cannot be read: the package av is not installed.", hint="Run setup.sh or setup.bat again."
        )
    return _TOO_COSTLY if overtime or status in (-24, 152) else _CRASHED  # SIGXCPU, as Popen and as a shell tell it


def _refused(refusal: Refusal) -> BadAudio:
    code = refusal.error
    if code == "audio-too-long":
        limit = _spoken_seconds(refusal.seconds)
        return BadAudio(
            f"The recording is longer than {limit}.", hint=f"Trim it to at most {limit} and send it again.", code=code
        )
    if code == "audio-absurd":
        return BadAudio(
            f"The recording cannot be real: {_absurdity(refusal)}.",
            hint="Export it as mono or stereo WAV at 44.1 or 48 kHz.",
            code=code,
        )
    return BadAudio(
        "The recording could not be read: it is damaged, or no audio file.",
        hint="Send WAV, MP3, FLAC, OGG, Opus, M4A, AAC, AIFF or WebM.",
        code=code,
    )


def _absurdity(refusal: Refusal) -> str:
    if refusal.costly:
        return "reading it takes more time or memory than any recording needs"
    numbers = ((refusal.channels, "channels"), (refusal.rate, "hertz"))
    return " at ".join(f"{number:,} {unit}" for number, unit in numbers if number is not None)


def _spoken_seconds(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds > 120 else f"{seconds:.0f} seconds"


_FAMILIES = {
    "wav": "wav wave",
    "mp3": "mp3",
    "flac": "flac",
    "ogg": "ogg oga opus flac",
    "mov": "m4a mp4 mov m4b 3gp aac",
    "matroska": "webm mkv mka",
    "aac": "aac",
    "aiff": "aif aiff aifc",
}
"""Container → the extensions it comes under."""


def check_claim(name: str, container: str) -> None:
    """A name with an audio extension must tell the truth; any other name says nothing. Raises BadAudio."""
    claimed = name.rpartition(".")[2].lower() if "." in name else ""
    known = {extension for family in _FAMILIES.values() for extension in family.split()}
    if claimed in known and claimed not in _FAMILIES[container].split():
        raise BadAudio(
            f"The file is called .{claimed} but holds {container}.",
            hint="Give the file its right extension and send it again.",
            code="audio-type-mismatch",
        )


def _judged(data: bytearray, facts: Facts, limits: DecodeLimits) -> Decoded:
    """The semantic gate. Raises BadAudio."""
    import numpy as np

    heard = np.frombuffer(data, dtype="<f4").astype(np.float32, copy=False)
    samples, turned = mixed(heard) if facts.sides == 2 else (heard, False)  # (n_samples,)
    if not samples.size:
        raise BadAudio("There is no sound in the recording.", hint="Record it again.", code="audio-empty")
    if not np.isfinite(samples).all() or float(np.abs(samples).max()) > LOUDEST:
        raise BadAudio(
            "The recording holds numbers that are no sound.", hint="Export it again as WAV.", code="audio-not-finite"
        )
    duration = samples.size / limits.rate
    if duration < 0.05:
        raise BadAudio("The recording is too short.", hint="Speak for 5 to 15 seconds.", code="audio-too-short")
    if not limits.silent and float(np.abs(samples - float(samples.mean(dtype=np.float64))).max()) < SILENCE:
        raise BadAudio("The recording is silent.", hint="Check the microphone and try again.", code="audio-silent")
    return Decoded(
        samples=samples,
        rate_in=facts.rate,
        channels_in=facts.channels,
        codec=facts.codec,
        container=facts.container,
        extension=facts.extension,
        duration=duration,
        warnings=(*_warnings(facts), *(("turned-side",) if turned else ())),
    )


def _warnings(facts: Facts) -> Iterator[str]:
    if facts.broken:
        yield "damaged"
    stated, read = facts.stated, facts.read
    # a streamed file states nonsense (the largest number), a guessed MP3 length is often wrong
    if stated is None or not facts.whole or facts.container == "mp3" or stated > 4 * read:
        return
    if stated - read > max(0.5, 0.05 * stated):
        yield "cut-short"
