"""One request at a time over HTTP, in a thread, so that a cancel need not wait for the network.

Standard library only: models are fetched before anything large is installed. Knows no hub and no file.
"""

from __future__ import annotations

import http.client
import ipaddress
import queue
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote, unquote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

from backend import __version__

PIECE = 128 * 1024  # bytes
QUEUED = 4
"""Pieces that may wait between the network and the disk: what a kill loses at most, besides the system's buffers."""
MOST_REDIRECTS = 8
REDIRECTS = frozenset({301, 302, 303, 307, 308})
ALWAYS = {
    "User-Agent": f"qwentts-all-in-one/{__version__}",
    "Accept-Encoding": "identity",  # offsets count bytes of the file itself
    "Connection": "close",
}


class Broken(Exception):
    """The network failed: worth another try."""


class Untrusted(Exception):
    """An address that must not be asked, or a host that cannot prove its name: no other try helps."""


@dataclass(frozen=True)
class Head:
    """The beginning of an answer."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    url: str
    """Where it came from, after redirects."""


@dataclass(frozen=True)
class Request:
    url: str
    headers: Mapping[str, str]
    token: str = ""
    """Sent to the origin of `url` only, never to where a redirect leads."""
    method: str = "GET"
    stall: float = 30.0
    """Seconds without a byte after which the connection counts as broken."""
    hosts: frozenset[str] = frozenset()
    """Names, folded, that redirects may lead to; any where none is given."""


class Exchange:
    """One request and its answer, redirects followed. To be closed."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._arrived: queue.Queue[Head | bytes | Exception] = queue.Queue(QUEUED)
        self._closed = threading.Event()
        self._socket: socket.socket | None = None
        threading.Thread(target=self._work, daemon=True, name="download").start()

    def next(self, patience: float) -> Head | bytes | None:
        """First the head, then pieces of the body, then b""; None when nothing came in time (seconds).

        Raises Broken, Untrusted.
        """
        try:
            arrived = self._arrived.get(timeout=patience)
        except queue.Empty:
            return None
        if isinstance(arrived, Exception):
            raise arrived
        return arrived

    def close(self) -> None:
        """Give the connection up at once."""
        self._closed.set()
        raw = self._socket
        if raw is not None:
            with suppress(OSError):  # it was closed already
                socket.socket.shutdown(raw, socket.SHUT_RDWR)  # wakes the thread, under TLS too

    def _work(self) -> None:
        try:
            self._exchange()
        except (Untrusted, Broken) as error:
            self._tell(error)
        except ssl.SSLCertVerificationError as error:
            self._tell(Untrusted(f"its certificate is not valid: {error.verify_message}"))
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
            self._tell(Broken(_words(error)))  # the last two: closed by us in the middle of a call

    def _exchange(self) -> None:
        url = self._request.url
        for _ in range(MOST_REDIRECTS):
            with closing(connection(url, self._request.stall)) as link:
                link.connect()
                self._socket = link.sock
                with closing(self._ask(link, url)) as reply:
                    location = reply.getheader("Location")
                    if reply.status not in REDIRECTS or not location:
                        return self._pass_on(url, reply)
            url = redirected(url, location)
            if self._request.hosts and (urlsplit(url).hostname or "").casefold() not in self._request.hosts:
                raise Untrusted("a redirect leads to a host that is not named")
        raise Broken("it redirects in circles")

    def _ask(self, link: http.client.HTTPConnection, url: str) -> http.client.HTTPResponse:
        if self._closed.is_set():
            raise Broken("closed")
        parts, headers = urlsplit(url), {**ALWAYS, **self._request.headers}
        if self._request.token and origin(url) == origin(self._request.url):
            headers["Authorization"] = f"Bearer {self._request.token}"
        address = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        link.request(self._request.method, address, headers=headers)
        return link.getresponse()

    def _pass_on(self, url: str, reply: http.client.HTTPResponse) -> None:
        self._tell(Head(reply.status, {name.lower(): value for name, value in reply.getheaders()}, url))
        while not self._closed.is_set() and (piece := reply.read1(PIECE)):
            self._tell(piece)
        self._tell(b"")

    def _tell(self, what: Head | bytes | Exception) -> None:
        while not self._closed.is_set():
            with suppress(queue.Full):  # the disk is slower than the network
                self._arrived.put(what, timeout=0.2)
                break


def connection(url: str, stall: float) -> http.client.HTTPConnection:
    """A connection that will be made to the url's host, through the system's proxy. Raises Untrusted."""
    check(url)
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=stall)
    proxy = urlsplit("" if proxy_bypass(host) else getproxies().get("https", ""))
    if not proxy.hostname:
        return http.client.HTTPSConnection(host, port, timeout=stall, context=_trust())
    through = http.client.HTTPSConnection(proxy.hostname, proxy.port or 8080, timeout=stall, context=_trust())
    user = f"{unquote(proxy.username or '')}:{unquote(proxy.password or '')}".encode()
    signed = {"Proxy-Authorization": f"Basic {b64encode(user).decode()}"} if proxy.username else {}
    through.set_tunnel(host, port, signed)
    return through


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def check(url: str) -> None:
    """Raises Untrusted for an address that is neither https nor on this machine."""
    parts = urlsplit(url)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))):
        raise Untrusted(f"{parts.scheme}://{parts.hostname or ''} is not https")


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host, port."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)


def redirected(url: str, location: str) -> str:
    """Where a redirect leads. Raises Untrusted: to plain http, or from outside into this machine."""
    target = urljoin(url, quote(location, safe="%/:=&?~#+!$,;'@()*[]"))
    check(target)
    if is_loopback(target) and not is_loopback(url):
        raise Untrusted("a redirect leads into this machine")
    return target


def _words(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "its name is not known to the network"
    if isinstance(error, TimeoutError):
        return "it fell silent"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return type(error).__name__
