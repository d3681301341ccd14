"""One connection: reads events until the other side leaves, answers small ones, gives the rest to its side.

What is wrong within an event is told by an `error` event, and the conversation goes on. What cannot be told apart from
the next event ends it, with an `error`, too; so a web page that sends HTTP to this port gets nothing done.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from backend.core.errors import Malformed, Problem, RequestTimeout, TooLarge
from backend.studio import Studio
from backend.wyoming_ports import program
from backend.wyoming_ports.events import Event, Wire
from backend.wyoming_ports.listening import Listening
from backend.wyoming_ports.speaking import Speaking
from backend.wyoming_ports.work import Work

BYTES_PER_CHARACTER = 12  # a character outside the basic plane, written as two JSON escapes
FRAME = 64 * 1024  # bytes around a text

log = logging.getLogger("studio.wyoming")


class Side(Protocol):
    """One side of a conversation: it speaks, or it listens."""

    def take(self, event: Event) -> None:
        """One event of the other side; one that is not known is passed over. Raises Problem, which is told."""

    def close(self) -> None:
        """Forget what has arrived."""


@dataclass(frozen=True)
class Duty:
    """What a port is for."""

    name: str
    info: Callable[[Studio], dict[str, Any]]
    side: Callable[[Studio, Wire, Work], Side]


SPEAKS = Duty("speaks", program.speaking, Speaking)
LISTENS = Duty("listens", program.listening, Listening)


class Conversation:
    """Lives in the thread that `run` is called in; `close` comes from any."""

    def __init__(self, studio: Studio, sock: socket.socket, duty: Duty) -> None:
        self._studio = studio
        self._duty = duty
        self.wire = Wire(sock, studio.settings.text_limit * BYTES_PER_CHARACTER + FRAME)
        self._work = Work(self.wire.close, f"wyoming {_address(sock)}")
        self._side = duty.side(studio, self.wire, self._work)

    def run(self) -> None:
        """Until the other side leaves or says what nobody can read; what was done for it is cancelled then."""
        try:
            while (event := self.wire.read()) is not None:
                self._answer(event)
        except (Malformed, TooLarge, RequestTimeout) as problem:
            self._say_goodbye(problem)
        except OSError:  # reset, or closed by us
            log.debug("a connection ended")
        except Exception:
            log.exception("a conversation failed")
            self._say_goodbye(Problem("The studio met something that it did not expect.", hint="Its log tells more."))
        finally:
            self.close()

    def close(self) -> None:
        self._work.stop()
        self._side.close()
        self.wire.close()

    def _answer(self, event: Event) -> None:
        try:
            if event.type == "describe":
                self.wire.write(Event("info", self._duty.info(self._studio)))
            elif event.type == "ping":
                self.wire.write(Event("pong", {"text": str(event.data.get("text") or "")[:200]}))
            else:
                self._side.take(event)
        except Problem as problem:
            self.wire.tell(problem)

    def _say_goodbye(self, problem: Problem) -> None:
        try:
            self.wire.tell(problem)
        except OSError:
            log.debug("nobody heard it")


def _address(sock: socket.socket) -> str:
    """Of the other side: all that is known of who asks."""
    try:
        return str(sock.getpeername()[0])
    except OSError:  # it has left already
        return ""
