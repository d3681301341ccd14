"""What `qwentts serve` does: the studio with its page, until a signal ends it. Knows the order of starting and leaving.

Starting: data folder locked (else status 3) → port taken (else status 4) → rooms → threads → "speaks at".
Leaving: new requests are refused → jobs stop, streams get their last event → threads end; ten seconds at most.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
import webbrowser
from types import FrameType

from backend.api.session import GATE
from backend.api.sockets import OPEN, OpenSockets
from backend.app import create_app
from backend.commands.desk import forget_running, tell_running
from backend.commands.grammar import PORT_TAKEN, WRONG
from backend.core.settings import Settings
from backend.safety.callers import outward_address
from backend.safety.gate import Gate
from backend.safety.locks import lock_data_dir
from backend.safety.websocket import GOING_AWAY
from backend.server import StudioServer
from backend.studio import Studio
from backend.wyoming_ports.ports import WyomingPorts

EVERYWHERE = ("0.0.0.0", "::")
SHORTEST_TOKEN = 12  # characters, where other machines can try
LEAVING_SECONDS = 9.0  # after which nothing is waited for any more
JOBS_SECONDS = 5.0

log = logging.getLogger("studio")


def serve(settings: Settings) -> int:
    refused = _unsafe(settings)
    if refused:
        print(refused, file=sys.stderr)
        return WRONG
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    lock = lock_data_dir(settings.state_dir)
    try:
        return _serve(settings)
    finally:
        forget_running(settings)
        lock.release()


def _serve(settings: Settings) -> int:
    host = "127.0.0.1" if settings.host == "localhost" else settings.host  # it may mean ::1 alone
    server = StudioServer((host, settings.port), None, settings.server_threads)
    try:
        port = server.bind_now()
    except OSError as error:
        print(_port_sentence(settings, error), file=sys.stderr)
        return PORT_TAKEN
    ports = WyomingPorts(settings)
    try:
        ports.bind()
    except OSError as error:
        print(error, file=sys.stderr)
        return PORT_TAKEN
    settings = settings.model_copy(update={"port": port})
    studio = Studio(settings)
    app = create_app(settings, studio)
    gate: Gate = app.extensions[GATE]
    server.wsgi_app = app
    leaving = Leaving(server, studio, gate, app.extensions[OPEN], ports)
    leaving.listen()
    studio.start()
    server.prepare()
    ports.start(studio)
    tell_running(settings, _address(settings), gate.keys.local)
    _announce(settings, gate, ports)
    server.serve()
    leaving.finish()
    studio.close()
    return 0


class Leaving:
    """The end of the studio. The first signal starts it, the second ends the process at once."""

    def __init__(
        self, server: StudioServer, studio: Studio, gate: Gate, sockets: OpenSockets, ports: WyomingPorts
    ) -> None:
        self._server = server
        self._studio = studio
        self._gate = gate
        self._sockets = sockets
        self._ports = ports
        self._thread: threading.Thread | None = None

    def listen(self) -> None:
        for name in ("SIGINT", "SIGTERM", "SIGBREAK"):  # the last is Windows' own
            number = getattr(signal, name, None)
            if number is not None:
                signal.signal(number, self._on_signal)

    def finish(self) -> None:
        if self._thread is not None:
            self._thread.join()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._thread is not None:
            os._exit(128 + number)
        self._thread = threading.Thread(target=self._leave, name="leaving")
        self._thread.start()

    def _leave(self) -> None:
        with contextlib.suppress(OSError):  # whoever read our words may have gone first
            print("The studio is closing; the queue is kept.", flush=True)
        watchdog = threading.Timer(LEAVING_SECONDS, os._exit, (1,))
        watchdog.daemon = True
        watchdog.start()
        self._gate.closing = True
        self._sockets.close(GOING_AWAY, "The studio is closing.")
        self._studio.stop(JOBS_SECONDS)
        self._ports.close()
        self._server.stop()


def _unsafe(settings: Settings) -> str:
    """Why these settings must not be served, or nothing."""
    if settings.is_loopback:
        return ""
    if not settings.token:
        return f"Listening on {settings.host} lets other machines in: give a key by --token, or use --host 127.0.0.1."
    if len(settings.token) < SHORTEST_TOKEN:
        return f"A token that other machines can try needs at least {SHORTEST_TOKEN} characters."
    return ""


def _port_sentence(settings: Settings, error: OSError) -> str:
    reason = f"Port {settings.port} cannot be opened on {settings.host} ({error.strerror or error})."
    return f"{reason} Stop what uses it, or choose another: --port {settings.port + 1}."


def _address(settings: Settings) -> str:
    """Where this machine reaches it."""
    here = settings.host in (*EVERYWHERE, "localhost")
    shown = "127.0.0.1" if here else settings.host
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{settings.port}"


def _announce(settings: Settings, gate: Gate, ports: WyomingPorts) -> None:
    everywhere, address = settings.host in EVERYWHERE, _address(settings)
    print(f"QwenTTS All-in-One speaks at {address}", flush=True)
    if everywhere and outward_address():
        print(f"Other machines reach it at http://{outward_address()}:{settings.port}, with the token", flush=True)
    for sentence in ports.sentences():
        print(sentence, flush=True)
    page = f"{address}/?token={gate.keys.new_link()}" if gate.keys.needed else address
    if gate.keys.needed:
        print(f"Open its page once by {page}", flush=True)
    if settings.open_browser:
        threading.Thread(target=webbrowser.open, args=(page,), daemon=True).start()
