"""The ports themselves: bound before the studio is built, a thread for each connection, ended with the studio.

Wyoming has no keys, so the ports listen on loopback unless the settings name another address.
"""

from __future__ import annotations

import logging
import socket
import sys
import threading
import time

from backend.core.errors import Busy
from backend.core.settings import Settings
from backend.studio import Studio
from backend.wyoming_ports.conversation import LISTENS, SPEAKS, Conversation, Duty
from backend.wyoming_ports.events import Wire

MOST_CONNECTIONS = 64  # on one port
BACKLOG = 64
PAUSE = 0.05  # seconds

log = logging.getLogger("studio.wyoming")


class WyomingPorts:
    """Those that the settings switch on; none of them otherwise."""

    def __init__(self, settings: Settings) -> None:
        asked = ((settings.wyoming_tts_port, SPEAKS), (settings.wyoming_asr_port, LISTENS))
        self.ports = [Port(settings.wyoming_host, number, duty) for number, duty in asked if number]

    def bind(self) -> None:
        """Take the ports. Raises OSError whose words name the one that is taken."""
        for port in self.ports:
            port.bind()

    def start(self, studio: Studio) -> None:
        for port in self.ports:
            port.start(studio)

    def close(self) -> None:
        """End every connection, and what is done for it."""
        for port in self.ports:
            port.close()

    def sentences(self) -> list[str]:
        """What is told at the start."""
        return [f"Wyoming {port.duty.name} at tcp://{port.address}{port.warning}" for port in self.ports]


class Port:
    """One listening socket and its connections. Number 0 takes a free one."""

    def __init__(self, host: str, number: int, duty: Duty) -> None:
        self.duty = duty
        self._wanted = "127.0.0.1" if host == "localhost" else host, number
        self._socket: socket.socket | None = None
        self._open: set[Conversation] = set()
        self._lock = threading.Lock()

    @property
    def number(self) -> int:
        """Once it is bound."""
        return int(self._socket.getsockname()[1]) if self._socket else self._wanted[1]

    @property
    def address(self) -> str:
        host = self._wanted[0]
        return f"[{host}]:{self.number}" if ":" in host else f"{host}:{self.number}"

    @property
    def warning(self) -> str:
        """Where the port is reached from elsewhere, what that means."""
        is_local = self._wanted[0].startswith("127.") or self._wanted[0] == "::1"
        return "" if is_local else ", to everybody who reaches it: Wyoming has no keys"

    def bind(self) -> None:
        """Raises OSError."""
        host, number = self._wanted
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0]
            made = socket.socket(family, kind, protocol)
            if sys.platform != "win32":  # there it would let two programs have one port
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(address)
            made.listen(BACKLOG)
        except OSError as error:
            why = error.strerror or str(error)
            raise OSError(f"Wyoming's port {number} cannot be opened on {host} ({why}).") from error
        self._socket = made

    def start(self, studio: Studio) -> None:
        threading.Thread(target=self._accept, args=(studio,), daemon=True, name="wyoming").start()

    def close(self) -> None:
        with self._lock:  # whom `_converse` lets in after this finds no socket
            made, self._socket = self._socket, None
            kept = list(self._open)
        if made is not None:
            try:
                made.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            except OSError:
                log.debug("this system wakes it by closing")
            made.close()
        for conversation in kept:
            conversation.close()

    def _accept(self, studio: Studio) -> None:
        while (made := self._socket) is not None:
            try:
                sock, _ = made.accept()
            except OSError:  # closed, or the other side left before we came, or there are no more files to open
                time.sleep(PAUSE)
                continue
            threading.Thread(target=self._converse, args=(studio, sock), daemon=True, name="wyoming-talk").start()

    def _converse(self, studio: Studio, sock: socket.socket) -> None:
        with self._lock:
            if self._socket is None:  # it was closed while this one came in
                sock.close()
                return
            is_full = len(self._open) >= MOST_CONNECTIONS
            conversation = None if is_full else Conversation(studio, sock, self.duty)
            if conversation is not None:
                self._open.add(conversation)
        if conversation is None:
            _turn_away(sock)
            return
        try:
            conversation.run()
        finally:
            with self._lock:
                self._open.discard(conversation)


def _turn_away(sock: socket.socket) -> None:
    wire = Wire(sock, 0)
    try:
        wire.tell(Busy("Too many connections are open on this port.", hint="Close some, then come again."))
    except OSError:
        log.debug("it left by itself")
    wire.close()
