"""Speech as sound while it is spoken, for programs that listen: follows a job, and cancels it when they leave.

Live sound is dropped for readers that are slower than the voice; a program that plays what it reads is such a reader.
So a thread of its own takes the sound at once and rests it in a file until it is asked for.
"""

from __future__ import annotations

import base64
import logging
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from backend.core.errors import Cancelled, PreviousFailure, Problem, ShuttingDown
from backend.core.types import STUDIO_RATE, GenerationRequest
from backend.jobs.following import CLOSING, Following
from backend.jobs.model import Terms
from backend.jobs.service import JobService
from backend.rooms.queues import Queues
from backend.rooms.rooms import Rooms
from backend.safety.saving import telling_disk_errors

log = logging.getLogger(__name__)

IN_MEMORY = 1024 * 1024  # bytes of sound; more rests in a file
PIECE = 64 * 1024  # bytes handed over at once
SWEEP_EVERY = 6 * 3600.0  # seconds
LOOK = 0.5  # seconds between looks whether the listener is still there

Work = tuple[str, dict[str, Any], float, str, Terms]
"""Kind, request, units, key and terms of a job."""


class LiveDesk:
    """Puts performances into the queue that are heard while they are spoken."""

    def __init__(self, work_of: Callable[[GenerationRequest], Work], queues: Queues, rooms: Rooms) -> None:
        self._work_of = work_of
        self._queues = queues
        self._rooms = rooms
        self._folder = rooms.settings.state_dir / "tmp"
        self._swept = time.monotonic()

    def speak(self, request: GenerationRequest, client: str, gone: Callable[[], bool] = lambda: False) -> LiveSpeech:
        """Refuses a wrong request like `Studio.generate`. `gone` is asked now and then whether nobody listens any more.

        `client` names the dialect; it is kept in the take, which is swept some days later.
        """
        return self._begin(request, client, gone, stream_audio=True)

    def perform(
        self, request: GenerationRequest, client: str, gone: Callable[[], bool] = lambda: False
    ) -> dict[str, Any]:
        """The finished take: nothing is heard before, so it is checked and redone. Raises the job's problem."""
        with self._begin(request, client, gone, stream_audio=False) as speech:
            return speech.finish()

    def _begin(
        self, request: GenerationRequest, client: str, gone: Callable[[], bool], *, stream_audio: bool
    ) -> LiveSpeech:
        self._sweep_now_and_then()
        # A fixed seed: when the lane dies and the job is run again, the same is spoken and what was heard is skipped.
        seed = secrets.randbelow(2**31) if request.seed is None else request.seed
        asked = request.model_copy(update={"stream_audio": stream_audio, "client": client, "seed": seed})
        with telling_disk_errors():
            self._folder.mkdir(parents=True, exist_ok=True)
        kind, work, units, key, terms = self._work_of(asked)
        held = replace(terms, held=True)
        job_id, events = self._queues.lane.submit_followed(kind, work, units, key, held, LOOK)
        return LiveSpeech(job_id, events, self._queues.lane, _Basin(self._folder), gone)

    def _sweep_now_and_then(self) -> None:
        """What programs had spoken long ago goes: at the start, and here, in a thread that nobody waits for."""
        if time.monotonic() - self._swept > SWEEP_EVERY:
            self._swept = time.monotonic()
            threading.Thread(target=self._sweep, daemon=True, name="sweep").start()

    def _sweep(self) -> None:
        days = self._rooms.settings.client_takes_days
        self._rooms.takes.sweep_clients(days)
        self._rooms.personalities.guests.sweep(days)


class LiveSpeech:
    """An iterator of PCM (16-bit little-endian mono at `rate`). Leaving it before the end cancels the job at once.

    Iterating raises the job's Problem. It may be made, read and closed in different threads.
    """

    rate = STUDIO_RATE
    """Hertz."""

    def __init__(
        self, job_id: str, events: Following, lane: JobService, basin: _Basin, gone: Callable[[], bool]
    ) -> None:
        self.job_id = job_id
        self.result: dict[str, Any] = {}
        """The take, as the last event tells it; empty before the end."""
        self._events = events
        self._lane = lane
        self._basin = basin
        self._gone = gone
        self._closed = threading.Event()
        self._over = False
        self._look_at = 0.0
        threading.Thread(target=self._take_in, daemon=True, name="live").start()

    def __iter__(self) -> Iterator[bytes]:
        while piece := self._basin.draw():
            yield piece
        self._basin.leave()
        if self._basin.problem is not None:
            raise self._basin.problem

    def __enter__(self) -> LiveSpeech:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stop. A job that is over stays what it is."""
        if not self._closed.is_set():
            self._closed.set()
            self._basin.leave()
            if not self._over:
                self._lane.cancel(self.job_id)

    def finish(self) -> dict[str, Any]:
        """Wait for the end without the sound; the result. Raises the job's problem."""
        for _ in self:
            continue
        return self.result

    def _take_in(self) -> None:
        try:
            self._follow()
        except Problem as problem:
            self._basin.end(problem)
        except Exception as error:  # the disk that the sound rests on, above all: half must not pass for the whole
            log.exception("the sound of job %s could not be taken in", self.job_id)
            self._basin.end(Problem(f"The sound could not be kept ({type(error).__name__}).", hint="Try again."))
            self._lane.cancel(self.job_id)
        finally:
            if not self._closed.is_set():  # else whoever closed it is about to cancel
                self._over = True
            self._basin.end(None)
            self._events.close()

    def _follow(self) -> None:
        again = 0  # bytes that were heard before the lane died, and come once more
        for event in self._events:
            if self._closed.is_set():
                return
            if self._is_left():
                self._basin.end(Cancelled("Nobody listens any more."))
                self.close()
                return
            if event is None:
                continue
            body = event[1]
            if "audio" in body:
                pcm = _at_studio_rate(base64.b64decode(body["audio"]), int(body["audio_rate"]))
                skipped = min(again, len(pcm))
                again -= skipped
                self._basin.pour(pcm[skipped:])
            elif body.get("stage_code") == "run-again":
                again = self._basin.poured
            elif body.get("stage_code") == CLOSING:
                raise ShuttingDown("The studio is closing.", hint="Start it again and repeat the request.")
            elif body.get("done"):
                self._settle(body)
                return
        raise ShuttingDown("The studio is closing.", hint="Start it again and repeat the request.")

    def _is_left(self) -> bool:
        """Asked at most every LOOK seconds, however many events come."""
        now = time.monotonic()
        if now < self._look_at:
            return False
        self._look_at = now + LOOK
        return self._gone()

    def _settle(self, body: dict[str, Any]) -> None:
        if body["phase"] != "done":
            raise PreviousFailure(body["problem"])
        self.result = body


class _Basin:
    """Sound between the one who pours and the one who draws; what is not drawn yet may be hours."""

    def __init__(self, folder: Path) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(folder))  # noqa: SIM115  # `leave` closes it
        self._moved = threading.Condition()
        self._left = False
        self.poured = 0
        self._drawn = 0
        self.ended = False
        self.problem: Problem | None = None

    def pour(self, pcm: bytes) -> None:
        with self._moved:
            if self._left:
                return
            self._file.seek(self.poured)
            self._file.write(pcm)
            self.poured += len(pcm)
            self._moved.notify_all()

    def draw(self) -> bytes:
        """The next sound there is; nothing at the end."""
        with self._moved:
            while self._drawn == self.poured and not self.ended and not self._left:
                self._moved.wait()
            if self._left or self._drawn == self.poured:
                return b""
            self._file.seek(self._drawn)
            piece = self._file.read(PIECE)
            self._drawn += len(piece)
            return piece

    def end(self, problem: Problem | None) -> None:
        """Nothing more will come. The first word counts."""
        with self._moved:
            if not self.ended:
                self.ended, self.problem = True, problem
            self._moved.notify_all()

    def leave(self) -> None:
        """Nobody will draw any more."""
        with self._moved:
            self._left = True
            self._file.close()
            self._moved.notify_all()


def _at_studio_rate(pcm: bytes, rate: int) -> bytes:
    """Of an engine that speaks at another rate; each piece by itself."""
    if rate == STUDIO_RATE:
        return pcm
    from backend.audio.streaming import resampled  # brings PyAV

    return resampled(pcm, rate, STUDIO_RATE)
