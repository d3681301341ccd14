"""Asks a language model behind any server that speaks OpenAI's chat protocol: LM Studio, Ollama, llama.cpp and others.

One question, one answer: bounded in time and size, given up at once when it is cancelled. No redirect is followed and
no proxy is used, so the key and the text go to the address of the settings and nowhere else.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import queue
import socket
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from backend.core.errors import Cancelled
from backend.core.settings import Settings

TICK = 0.1  # seconds between two looks at whether it is cancelled
CONNECTING = 5.0  # seconds
LONGEST_ANSWER = 4 * 2**20  # bytes
PIECE = 64 * 1024  # bytes


class NoAnswer(Exception):
    """There is none: the server is away, slow, or said something else. The words are for people."""


@dataclass(frozen=True)
class Server:
    """Whom to ask, and how long to wait."""

    url: str
    model: str
    """Empty takes the first that the server names."""
    key: str = field(repr=False)
    deadline: float
    """Of `time.monotonic()`, for everything that is asked."""
    offline: bool = False

    @staticmethod
    def of(settings: Settings) -> Server:
        until = time.monotonic() + settings.llm_timeout
        return Server(settings.llm_url.rstrip("/"), settings.llm_model, settings.llm_key, until, settings.offline)


def answer(server: Server, system: str, user: str, most_tokens: int, cancelled: Callable[[], bool]) -> str:
    """What the model says, thoughts left out. Raises NoAnswer, Cancelled."""
    question = {
        "model": server.model or _first_model(server, cancelled),
        "messages": [{"role": "system", "content": system}, {"role": "user", "content": user}],
        "temperature": 0,
        "max_tokens": most_tokens,
        "stream": False,
    }
    said = _exchange(server, "POST", "/chat/completions", question, cancelled)
    try:
        choice = said["choices"][0]
        content, why = choice["message"]["content"], choice.get("finish_reason")
    except (KeyError, IndexError, TypeError, AttributeError):
        raise NoAnswer("its answer has another form than OpenAI's") from None
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    if not isinstance(content, str):
        raise NoAnswer("its answer has no text")
    if why == "length":
        raise NoAnswer("its answer was cut off")
    return without_thoughts(content)


def without_thoughts(text: str) -> str:
    """Raises NoAnswer where it never stopped thinking."""
    _, closed, rest = text.rpartition("</think>")
    if not closed and text.lstrip().startswith("<think>"):
        raise NoAnswer("it thought until its answer was cut off")
    return (rest if closed else text).strip()


def _first_model(server: Server, cancelled: Callable[[], bool]) -> str:
    said = _exchange(server, "GET", "/models", None, cancelled)
    try:
        names = [str(row["id"]) for row in said["data"]]
    except (KeyError, TypeError):
        raise NoAnswer("it does not say which models it has; STUDIO_LLM_MODEL names one") from None
    talking = [name for name in names if "embed" not in name.lower()]
    if not talking:
        raise NoAnswer("it has no model loaded")
    return talking[0]


def _exchange(server: Server, method: str, path: str, body: object, cancelled: Callable[[], bool]) -> Any:
    """The JSON of one answer. Raises NoAnswer, Cancelled."""
    exchange = _Exchange(server, method, path, None if body is None else json.dumps(body).encode("utf-8"))
    try:
        while True:
            if cancelled():
                raise Cancelled("Cancelled while the language model was thinking.")
            if time.monotonic() > server.deadline:
                raise NoAnswer("it took too long; STUDIO_LLM_TIMEOUT says how long it may")
            with suppress(queue.Empty):
                arrived = exchange.arrived.get(timeout=TICK)
                break
    finally:
        exchange.close()
    if isinstance(arrived, NoAnswer):
        raise arrived
    try:
        return json.loads(arrived)
    except (ValueError, RecursionError):
        raise NoAnswer("its answer is no JSON") from None


class _Exchange:
    """One request in a thread of its own, so that a cancel need not wait for the network."""

    def __init__(self, server: Server, method: str, path: str, body: bytes | None) -> None:
        self.arrived: queue.Queue[bytes | NoAnswer] = queue.Queue(1)
        self._server, self._method, self._path, self._body = server, method, path, body
        self._socket: socket.socket | None = None
        self._closed = threading.Event()
        threading.Thread(target=self._work, daemon=True, name="language-model").start()

    def close(self) -> None:
        """Give the connection up at once."""
        self._closed.set()
        if self._socket is not None:
            with suppress(OSError):  # it was closed already
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _work(self) -> None:
        try:
            self.arrived.put(self._answer())
        except NoAnswer as error:
            self.arrived.put(error)
        except TimeoutError:
            self.arrived.put(NoAnswer("it cannot be reached in time"))
        except http.client.IncompleteRead:
            self.arrived.put(NoAnswer("its answer was cut off"))
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
            # the last two: an address that is none; closed by us in the middle of a call
            self.arrived.put(NoAnswer(f"it cannot be reached ({type(error).__name__})"))

    def _answer(self) -> bytes:
        with closing(self._connection()) as link:
            link.connect()
            self._socket = link.sock
            if self._closed.is_set():
                raise NoAnswer("nobody waits for it any more")
            # who waits gives up first
            link.sock.settimeout(max(1.0, self._server.deadline - time.monotonic() + 1.0))
            link.request(self._method, urlsplit(self._server.url).path + self._path, self._body, self._headers())
            with closing(link.getresponse()) as reply:
                if reply.status in (401, 403):
                    raise NoAnswer("it asks for a key, which STUDIO_LLM_KEY names")
                if reply.status != 200:
                    raise NoAnswer(f"it answered with status {reply.status}")
                return _body(reply)

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self._server.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise NoAnswer("STUDIO_LLM_URL is no address of a server")
        if self._server.offline and not _is_here(parts.hostname):
            raise NoAnswer("the settings forbid to ask other machines (STUDIO_OFFLINE)")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        return kind(parts.hostname, parts.port, timeout=CONNECTING)

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "identity"}
        return headers | ({"Authorization": f"Bearer {self._server.key}"} if self._server.key else {})


def _body(reply: http.client.HTTPResponse) -> bytes:
    body = bytearray()
    while piece := reply.read1(PIECE):
        body += piece
        if len(body) > LONGEST_ANSWER:
            raise NoAnswer("its answer has no end")
    if reply.length:
        raise NoAnswer("its answer was cut off")
    return bytes(body)


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
