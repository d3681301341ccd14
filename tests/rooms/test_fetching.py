"""Recordings that requests name by an address: only from hosts that were named, whole, and never without end."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.core.errors import BadRequest, DownloadFailed, Forbidden, Offline, Problem
from backend.core.settings import Settings
from backend.rooms.fetching import fetch_reference

SOUND = b"RIFF" + bytes(2000)


class Shelf(http.server.BaseHTTPRequestHandler):
    """Serves one file."""

    def do_GET(self) -> None:
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", f"http://{self.path[4:]}:{self.server.server_port}/voices/anna.wav")  # type: ignore[attr-defined]  # of HTTPServer
            self.end_headers()
            return
        found = self.path == "/voices/anna.wav"
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(SOUND if found else b"")

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


@pytest.fixture
def address() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shelf) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/voices/anna.wav"
        server.shutdown()
        thread.join()


def settings(folder: Path, **named: Any) -> Settings:
    return Settings(**{"data_dir": folder, "reference_hosts": ("127.0.0.1",), **named})


def test_a_recording_comes_from_a_host_that_was_named(tmp_path: Path, address: str) -> None:
    assert fetch_reference(settings(tmp_path), address) == (SOUND, "anna.wav")


@pytest.mark.parametrize(
    ("changes", "path", "kind"),
    [
        ({"reference_hosts": ()}, "", Forbidden),
        ({"reference_hosts": ("example.com",)}, "", Forbidden),
        ({"offline": True}, "", Offline),
        ({"upload_limit": 1024}, "", BadRequest),
        ({}, ".txt", DownloadFailed),
    ],
)
def test_all_others_are_refused_with_a_reason(
    tmp_path: Path, address: str, changes: dict[str, Any], path: str, kind: type[Problem]
) -> None:
    with pytest.raises(kind) as refusal:
        fetch_reference(settings(tmp_path, **changes), address + path)
    assert refusal.value.detail and (refusal.value.hint or refusal.value.fields)


@pytest.mark.parametrize(
    "wrong", ["http://[::1", "http://", "https://127.0.0.1@example.com/x.wav", "http://localhost/x"]
)
def test_addresses_that_only_look_right_are_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises((Forbidden, BadRequest)):
        fetch_reference(settings(tmp_path), wrong)


def test_a_redirect_leads_to_hosts_that_were_named_only(tmp_path: Path, address: str) -> None:
    place = address.removesuffix("/voices/anna.wav")
    assert fetch_reference(settings(tmp_path), f"{place}/to/127.0.0.1") == (SOUND, "127.0.0.1")
    with pytest.raises(DownloadFailed, match="not named"):
        fetch_reference(settings(tmp_path), f"{place}/to/localhost")
