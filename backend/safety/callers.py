"""Who may call: decides about Host, Origin and Sec-Fetch headers. Knows nothing of HTTP servers or routes' meaning.

A rebinding attack makes a foreign name point here, so the Host is compared with a list of ours in every mode.
A browser says where a request comes from (`Origin`, `Sec-Fetch-Site`); what it says must be us. Programs say neither.
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from hashlib import sha256

from backend.core.settings import Settings

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
PAGES = frozenset({"/", "/docs", "/docs/errors"})
"""Addresses that a link on another site may open."""

_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?)\.?(?::([0-9]{1,5}))?")
_DEFAULT_PORT = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Place:
    """A host name and a port as a browser writes them; port None stands for the scheme's own."""

    name: str
    port: int | None

    def at(self, scheme: str) -> tuple[str, int]:
        return self.name, self.port or _DEFAULT_PORT[scheme]


def parse_place(value: str) -> Place | None:
    """`LocalHost.:8000` → localhost, 8000; None for anything that is no host."""
    match = _HOST.fullmatch(value.lower())
    if match is None:
        return None
    port = int(match[2]) if match[2] else None
    return None if port is not None and not 0 < port < 65536 else Place(match[1], port)


@dataclass(frozen=True)
class Callers:
    """The names under which the studio answers, and the pages that may call it."""

    port: int
    own: frozenset[str]
    """Names that are ours with our own port only."""
    proxied: frozenset[Place] = frozenset()
    """Places given in the settings, where a proxy may stand before us, with or without TLS."""
    origins: frozenset[str] = frozenset()
    """Origins of other pages that were given in the settings."""

    def host(self, header: str | None) -> Place | None:
        """The place a Host header names if it is one of ours, else None."""
        place = parse_place(header) if header else None
        if place is None:
            return None
        if place.name in self.own and place.at("http")[1] == self.port:
            return place
        return place if place in self.proxied else None

    def origin_is_ours(self, origin: str, host: Place) -> bool:
        """Whether a page of this origin is our own page, reached under the same Host."""
        scheme, _, rest = origin.partition("://")
        place = parse_place(rest)
        if place is None:
            return False
        if scheme == "https":  # we speak no TLS ourselves: only a proxy that was named can
            return host in self.proxied and place.at("https") == host.at("https")
        return scheme == "http" and place.at("http") == host.at("http")

    def origin_is_admitted(self, origin: str) -> bool:
        return origin.lower() in self.origins


def fetch_site_passes(environ: dict[str, str]) -> bool:
    """What a browser says of the sender: we ourselves, the address bar, or a link that opens a page of ours."""
    site = environ.get("HTTP_SEC_FETCH_SITE")
    if site is None or site in ("same-origin", "none"):
        return True
    return (
        environ.get("REQUEST_METHOD") == "GET"
        and environ.get("PATH_INFO") in PAGES
        and environ.get("HTTP_SEC_FETCH_MODE") == "navigate"
        and environ.get("HTTP_SEC_FETCH_DEST") == "document"
    )


def callers_of(settings: Settings) -> Callers:
    """The callers that the settings admit; `settings.port` is the port that is really open."""
    places = [parse_place(name) for name in settings.allowed_hosts]
    named = {place for place in places if place is not None}
    own_port = {Place(place.name, settings.port) for place in named if place.port is None}
    names = {*LOOPBACK_NAMES} if settings.is_loopback else {*LOOPBACK_NAMES, *_bound_names(settings.host)}
    origins = frozenset(origin.lower().rstrip("/") for origin in settings.allowed_origins)
    return Callers(settings.port, frozenset(names), frozenset(named | own_port), origins)


def asker(environ: dict[str, str], credential: str = "") -> str:
    """Who asks, as far as taking turns goes: what it was admitted by (`Keys.credential`), an address, and the kind of
    program; as a digest.

    Keys that a program makes up do not count: by a new one for each request it would always be first.
    All pages of one browser are one asker; of programs each dialect is one.
    """
    is_page = "HTTP_SEC_FETCH_SITE" in environ or "HTTP_ORIGIN" in environ
    steps = environ.get("PATH_INFO", "").split("/")[1:3]
    program = "page" if is_page else "/".join(steps if steps[:1] == ["v1"] else steps[:1])
    facts = [environ.get("REMOTE_ADDR", ""), program, credential]
    return sha256("\n".join(facts).encode("utf-8", "replace")).hexdigest()[:16]


def outward_address() -> str:
    """The address other machines of the network see; empty where there is no network.

    A UDP `connect` chooses a route and sends nothing.
    """
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
    except OSError:
        return ""


def _bound_names(host: str) -> set[str]:
    """The addresses behind a bind address, as they stand in a Host header."""
    if host not in ("0.0.0.0", "::"):
        return {_bracketed(host.lower())}
    own_name = socket.gethostname().lower()
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(own_name, None)}
    except OSError:
        found = set()
    found |= {outward_address()} - {""}
    return {own_name, *(_bracketed(address.split("%")[0]) for address in found)}


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
