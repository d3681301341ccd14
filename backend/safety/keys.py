"""Keys: the token of the settings, one-time links and the page's sessions. Knows nothing of routes.

Sessions live in memory: a restart ends them all.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections import OrderedDict
from http.cookies import CookieError, SimpleCookie

LINK_SECONDS = 3600.0
MAX_SESSIONS = 25
MAX_LINKS = 25
KEY_PROTOCOLS = ("token", "bearer")
"""What stands before a key: in `Authorization`, and in `Sec-WebSocket-Protocol`, all a page's WebSocket can send."""

KEY_HEADERS = ("HTTP_X_API_KEY", "HTTP_XI_API_KEY")
"""`X-API-Key`, and what ElevenLabs' clients call it."""

LISTS = frozenset({"/v1/audio/models", "/v1/audio/voices"})
"""What Open WebUI asks for without its key, whatever it was given."""


class Keys:
    """Who holds a valid key. Without a token everybody does."""

    def __init__(self, token: str, port: int, open_lists: bool = False) -> None:
        self._open = LISTS if open_lists else frozenset()
        self._token = token.encode()
        self._lock = threading.Lock()
        self._links: OrderedDict[str, float] = OrderedDict()  # code → monotonic time at which it dies
        self._sessions: OrderedDict[str, None] = OrderedDict()
        self.local = secrets.token_urlsafe(32)
        """A key that lives as long as the studio, for programs that may read its state folder."""
        self.cookie_name = f"studio_{port}"  # browsers do not keep the cookies of two ports apart

    @property
    def needed(self) -> bool:
        return bool(self._token)

    def knows(self, environ: dict[str, str]) -> bool:
        """Whether the request carries the token or a session of ours, and may learn more than everybody."""
        return not self.needed or bool(self.credential(environ))

    def tried(self, environ: dict[str, str]) -> bool:
        """Whether the request brings a key at all, right or wrong."""
        return any(_given(environ))

    def credential(self, environ: dict[str, str]) -> str:
        """What of ours the request carries: a name of the key, or the session; nothing where no key is needed."""
        if not self.needed:
            return ""
        return self._key_in(environ) or self._session_in(environ)

    def is_open(self, environ: dict[str, str]) -> bool:
        """Whether it asks for what everybody may read, whatever its key."""
        return environ.get("REQUEST_METHOD") == "GET" and environ.get("PATH_INFO", "") in self._open

    def new_link(self) -> str:
        """A code that opens one session, once, within an hour."""
        code = secrets.token_urlsafe(32)
        with self._lock:
            self._links[code] = time.monotonic() + LINK_SECONDS
            while len(self._links) > MAX_LINKS:
                self._links.popitem(last=False)
        return code

    def redeem(self, code: str) -> str | None:
        """The cookie header value for a code that was never used before, else None."""
        with self._lock:
            dies = self._links.pop(code, 0.0)
            if dies < time.monotonic():
                return None
            session = secrets.token_urlsafe(32)
            self._sessions[session] = None
            while len(self._sessions) > MAX_SESSIONS:
                self._sessions.popitem(last=False)
        return f"{self.cookie_name}={session}; Path=/; HttpOnly; SameSite=Strict"

    def _key_in(self, environ: dict[str, str]) -> str:
        """One right key suffices: some SDKs send a made-up one of their own beside it."""
        # header values reach WSGI as Latin-1 text; the bytes are what the caller sent
        sent = [given.encode("latin-1", "replace") for given in _given(environ)]
        ours = {"token": self._token, "local": self.local.encode()}
        held = [name for given in sent for name, key in ours.items() if hmac.compare_digest(given, key)]
        return held[0] if held else ""

    def _session_in(self, environ: dict[str, str]) -> str:
        try:
            morsel = SimpleCookie(environ.get("HTTP_COOKIE", "")).get(self.cookie_name)
        except CookieError:
            return ""
        with self._lock:
            return morsel.value if morsel is not None and morsel.value in self._sessions else ""


def _given(environ: dict[str, str]) -> list[str]:
    """Every key that the request carries, wherever clients of some product put it."""
    scheme, _, key = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    first = key.strip() if scheme.lower() in KEY_PROTOCOLS else ""
    return [first, *(environ.get(name, "") for name in KEY_HEADERS), _protocol_key(environ)]


def _protocol_key(environ: dict[str, str]) -> str:
    """The key of a WebSocket's handshake: `Sec-WebSocket-Protocol: token, KEY`."""
    words = [word.strip() for word in environ.get("HTTP_SEC_WEBSOCKET_PROTOCOL", "").split(",")]
    is_upgrade = environ.get("HTTP_UPGRADE", "").lower() == "websocket"
    return words[1] if is_upgrade and len(words) == 2 and words[0].lower() in KEY_PROTOCOLS else ""
