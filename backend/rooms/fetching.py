"""Recordings that a request names by an address: fetched only from hosts that the settings name.

Whoever may speak could else have the studio ask any machine that it can reach.
"""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from backend.core.errors import BadRequest, DownloadFailed, Forbidden, Offline
from backend.core.settings import Settings
from backend.downloads.http import Broken, Exchange, Head, Request, Untrusted

PATIENCE = 30.0  # seconds for the whole recording
FIELD = "ref_audio"


def fetch_reference(settings: Settings, address: str) -> tuple[bytes, str]:
    """The bytes behind an https address, and the name its path ends with.

    Raises Forbidden for a host that is not in `reference_hosts`, Offline, DownloadFailed, BadRequest.
    """
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").casefold()
    except ValueError:
        raise BadRequest("The address cannot be read.", fields={FIELD: "is no address"}) from None
    hosts = frozenset(name.casefold() for name in settings.reference_hosts)
    if host not in hosts:
        hint = "Send the recording as a data: address, or name the host in STUDIO_REFERENCE_HOSTS."
        raise Forbidden("Recordings are not fetched from there.", hint=hint, fields={FIELD: "names a foreign host"})
    if settings.offline:
        raise Offline("The studio is offline.", hint="Send the recording as a data: address.")
    try:
        return _fetched(Request(address, {}, hosts=hosts), settings.upload_limit), PurePosixPath(parts.path).name
    except (Broken, Untrusted) as error:
        raise DownloadFailed(
            f"The recording could not be fetched: {error}.", hint="Send it as a data: address."
        ) from None


def _fetched(request: Request, limit: int) -> bytes:
    """Raises Broken, Untrusted, BadRequest."""
    found, end = bytearray(), time.monotonic() + PATIENCE
    with closing(Exchange(request)) as exchange:
        while (left := end - time.monotonic()) > 0:
            arrived = exchange.next(left)
            if isinstance(arrived, Head) and arrived.status != 200:
                raise Broken(f"it was answered {arrived.status}")
            if arrived == b"":
                return bytes(found)
            if isinstance(arrived, bytes):
                found += arrived
            if len(found) > limit:
                raise BadRequest("The recording is too large.", fields={FIELD: f"may have {limit} bytes"})
    raise Broken("it took too long")
