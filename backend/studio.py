"""The studio assembled, without HTTP: rooms are made here once and meet here only.

The lane (a thread, or a child process) builds its own rooms from the same settings by `lane_handlers`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from backend import __version__
from backend.core.settings import Settings
from backend.core.types import GenerationRequest, VoiceSpec
from backend.engines.device import quiet_threads
from backend.jobs import report
from backend.jobs.model import Job, Terms
from backend.jobs.process_lane import ProcessRunner
from backend.jobs.runner import Handler, Runner
from backend.jobs.service import Followed
from backend.jobs.thread_lane import ThreadRunner
from backend.rooms import (
    chimera,
    cloning,
    designing,
    examining,
    facts,
    fetching,
    listening,
    naming,
    redoing,
    smart,
    switching,
    transfers,
    voiceprints,
)
from backend.rooms.chimera import ChimeraDesk
from backend.rooms.cloning import CloningDesk
from backend.rooms.enrolling import EnrollingDesk
from backend.rooms.examining import ExaminingDesk
from backend.rooms.flowing import Asking, FlowingSpeech
from backend.rooms.listening import ListeningDesk
from backend.rooms.live import LiveDesk, Work
from backend.rooms.models import ModelShelf
from backend.rooms.parts import Granularity, Parts
from backend.rooms.progress import ProgressDesk
from backend.rooms.queues import Queues
from backend.rooms.redoing import RedoDesk
from backend.rooms.rooms import VOICE_KINDS, Rooms
from backend.rooms.smart import SmartDesk
from backend.rooms.voiceprints import VoiceprintDesk

SPEAK = "generate"
"""Kind of the job that speaks."""
LOOK_EVERY = 5.0  # seconds between looks for idle models
UPLOADS_KEPT = 86_400.0  # seconds; a job that waits in the queue over a restart still finds its file


def handlers(rooms: Rooms) -> dict[str, Handler]:
    """What a lane works, by kind of job."""
    return {
        SPEAK: rooms.speak,
        **chimera.handlers(rooms),
        **switching.handlers(rooms.models),
        **listening.handlers(rooms),
        **redoing.handlers(rooms),
        **smart.handlers(rooms),
        **examining.handlers(rooms),
        **cloning.handlers(rooms),
        **voiceprints.handlers(rooms),
    }


def let_go_for_ever(rooms: Rooms) -> None:
    """In a thread of its own: large models that nobody uses give their memory back."""
    while True:
        time.sleep(LOOK_EVERY)
        rooms.models.tell_while_busy()
        rooms.models.let_go_when_idle()


def lane_handlers(settings: dict[str, Any]) -> dict[str, Handler]:
    """What a lane can do, built in its own process from `Settings.for_child()`."""
    quiet_threads()  # before anything imports torch
    rooms = Rooms(Settings(**settings), report.tell)
    threading.Thread(target=rooms.warm, daemon=True, name="warm").start()
    threading.Thread(target=let_go_for_ever, args=(rooms,), daemon=True, name="let-go").start()
    return handlers(rooms)


class Studio(Rooms):
    """The rooms, and the queue of slow work before them."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._began = time.monotonic()
        transfers_of = transfers.handlers(settings, lambda: self._queues.lane.renew_lane())
        self._queues = Queues(settings, self._runner(), transfers_of)
        self.shelf = ModelShelf(settings, self._queues)
        self.chimera = ChimeraDesk(self, self._queues)
        self.listening = ListeningDesk(self, self._queues)
        self.redoing = RedoDesk(self, self._queues)
        self.smart = SmartDesk(self, self._queues)
        self.examining = ExaminingDesk(self, self._queues)
        self.enrolling = EnrollingDesk(self, self.listening)
        self.cloning = CloningDesk(self, self._queues)
        self.voiceprints = VoiceprintDesk(self, self._queues)
        self.progress = ProgressDesk(self._queues)
        self.live = LiveDesk(self._work_of, self._queues, self)
        self._started = False

    def _runner(self) -> Runner:
        if self.settings.lane_runner == "thread":
            return ThreadRunner(handlers(self))
        return ProcessRunner(f"{__name__}:lane_handlers", self.settings.for_child(), self.settings.stall_limit)

    def start(self) -> None:
        """Take up the work. The data folder must be locked: whatever ran before is no longer running."""
        self.personalities.sweep()
        self.personalities.guests.sweep(self.settings.client_takes_days)
        self.takes.sweep()
        self.takes.sweep_clients(self.settings.client_takes_days)
        self.uploads.sweep(UPLOADS_KEPT)
        self.chimera.sessions.sweep()
        self.smart.sweep()
        self._queues.start()
        self._started = True

    def stop(self, timeout: float) -> None:
        """Re-queue what runs, end every follower, within so many seconds."""
        self._started = False
        self._queues.stop(timeout)

    def close(self) -> None:
        """After the last request."""
        self._queues.close()

    def generate(self, request: GenerationRequest) -> Job:
        """Put a performance into the queue. A wrong request is refused here, before anything waits."""
        return self._queues.lane.submit(*self._work_of(request))

    def _work_of(self, request: GenerationRequest) -> Work:
        asked = self.checked(request)
        engine = self.models.pick(asked.engine, VOICE_KINDS[asked.voice.kind], asked.language)
        work = asked.model_dump(mode="json"), float(len(asked.text)), f"{SPEAK}:{engine.info.name}"
        return SPEAK, *work, Terms(self.sharing(asked, engine))

    def find_voice(self, name: str, emotion: str = "neutral") -> VoiceSpec:
        """The voice that a program means by a name. Raises NotFound."""
        return naming.find_voice(self, name, emotion)

    def voices(self) -> list[dict[str, Any]]:
        """Every voice that can speak, as programs are told of it."""
        return naming.voice_rows(self)

    def fetch_reference(self, address: str) -> tuple[bytes, str]:
        """A recording that a request names by its address, and its name. Raises Forbidden, DownloadFailed."""
        return fetching.fetch_reference(self.settings, address)

    def flowing(self, voice: VoiceSpec, asking: Asking, client: str) -> FlowingSpeech:
        """Speech of a text that is still being written. A wrong request is refused here."""
        return FlowingSpeech(self, self.live, voice, asking, client)

    def parts(self, voice: VoiceSpec, granularity: Granularity) -> Parts:
        """A text that arrives in pieces, to be spoken in parts."""
        return Parts(self, voice, granularity)

    def lock_take(self, take: str, facts: dict[str, Any]) -> dict[str, Any]:
        """A described voice saved as one that stays the same. Raises NotFound, BadRequest, BadAudio."""
        return designing.lock(self, take, facts)

    def follow(self, job_id: str, after: int = 0) -> Followed:
        """Events of a job after a number, to the last one."""
        return self._queues.follow(job_id, after)

    def wait(self, job_id: str, gone: Callable[[], bool] = lambda: False) -> dict[str, Any]:
        """The result of a job, which is cancelled where nobody waits any more. Raises its problem, Cancelled."""
        return self._queues.wait(job_id, gone)

    def job(self, job_id: str) -> dict[str, Any]:
        return self._queues.job(job_id)

    def list_jobs(self, limit: int, kinds: Sequence[str] = ()) -> list[dict[str, Any]]:
        return self._queues.newest(limit, kinds)

    def cancel(self, job_id: str) -> dict[str, Any]:
        return self._queues.cancel(job_id)

    @property
    def ready(self) -> bool:
        """Whether a job submitted now would be taken up soon."""
        return self._started and self._queues.lane.lane_state != "starting"

    def health(self) -> dict[str, Any]:
        return {
            "status": "ok",
            "version": __version__,
            "uptime": round(time.monotonic() - self._began, 1),
            "queue": len(self._queues.lane.store.waiting()),
            "lane": self._queues.lane.lane_state,
            "device": (self._lane_facts().get("device") or {}).get("kind"),
            "models": voiceprints.stages(),
        }

    def catalog(self) -> dict[str, Any]:
        """What there is to choose from."""
        return facts.catalog(self.models.describe(), self.models.describe_listeners(), self.settings)

    def models_overview(self) -> dict[str, Any]:
        """What this machine is, which models it has and could have, and what is in memory."""
        return self.shelf.overview(self._lane_facts())

    def switch_model(self, name: str) -> Job:
        """The job that loads a model: base, custom, design, or a key. Raises NotFound, EngineUnavailable."""
        self.models.named(name)
        return self.shelf.switch(name)

    def delete_model(self, key: str) -> dict[str, Any]:
        """Remove a model from the disk, and from memory first. Raises NotFound, Conflict."""
        self.shelf.deletable(key)  # what cannot be deleted stays in memory, too
        if any(row.get("key") == key for row in self._lane_facts().get("resident", [])):
            self.wait(self.shelf.unload().id)
        return self.shelf.delete(key)

    def _lane_facts(self) -> dict[str, Any]:
        """What the lane holds; a lane of this process is asked itself."""
        return self.models.facts() if self.settings.lane_runner == "thread" else self._queues.lane.lane_facts
