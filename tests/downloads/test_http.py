"""One request: redirects end, one that was given up ends in silence, no address is asked that must not be."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from backend.core.errors import DownloadFailed
from backend.downloads.http import Broken, Exchange, Request, Untrusted, redirected
from backend.downloads.providers import Hub as RemoteHub
from backend.downloads.providers import Unsuited, plan_of_hub
from backend.downloads.transfer import TransferOptions, fetch_model
from tests.downloads.fake_hub import FakeHub, Fault
from tests.downloads.hub_folders import ENTRY, HASTY, WEIGHTS, contents, expected, fetch, fill


class Circle(BaseHTTPRequestHandler):
    """Redirects to itself for ever."""

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", "/round")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
        """Quiet."""


@pytest.fixture
def circle() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Circle)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_redirects_in_circles_are_told_at_once(circle: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    began = time.monotonic()
    with closing(Exchange(Request(f"{circle}/a", {}))) as exchange, pytest.raises(Broken, match="circles"):
        exchange.next(10)
    with pytest.raises(DownloadFailed, match="circles"):
        list(
            fetch_model(
                ENTRY, tmp_path_factory.mktemp("models") / "m", TransferOptions("hf", circle, circle, manner=HASTY),
                lambda: False,
            )
        )  # fmt: skip
    assert time.monotonic() - began < 5


def test_a_request_that_is_given_up_at_once_ends_without_a_word(circle: str) -> None:
    before = threading.active_count()
    for _ in range(30):  # a thread that ended with an error would fail the test run
        Exchange(Request(f"{circle}/a", {})).close()
    until = time.monotonic() + 5
    while threading.active_count() > before + 2 and time.monotonic() < until:
        time.sleep(0.02)
    assert threading.active_count() <= before + 2


@pytest.mark.parametrize(
    "leads_to", ["http://127.0.0.1:1/x", "http://hub.example/x", "file:///etc/passwd", "//[::1]/x"]
)
def test_nothing_leads_into_this_machine_or_to_what_is_not_secure(leads_to: str) -> None:
    with pytest.raises(Untrusted):
        redirected("https://hub.example/a", leads_to)


def test_a_list_goes_on_only_where_a_redirect_may_lead() -> None:
    from backend.downloads.http import Head

    def ask(url: str, method: str):  # type: ignore[no-untyped-def]  # a generator of nothing
        yield ""
        return Head(200, {"link": '<http://127.0.0.1:9/private>; rel="next"'}, url), b"[]"

    with pytest.raises(Unsuited, match="must not be asked"):
        list(plan_of_hub(RemoteHub("hf", "https://hub.example", ENTRY.hf), ENTRY, ask))


def test_a_file_that_changes_at_the_hub_while_it_comes_is_never_mixed(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("all")
    served, target = fill(folder / "hub"), folder / "models" / ENTRY.local
    weights, changed = served / ENTRY.local / WEIGHTS, []
    with FakeHub(served, [Fault("fin", 150_000, f"/{WEIGHTS}")]) as hub:

        def new_version() -> bool:
            if hub.struck and not changed:
                data = bytearray(weights.read_bytes())
                data[1000] ^= 255  # of what came already
                data[200_000] ^= 255  # of what is still to come
                weights.write_bytes(data)
                changed.append(True)
            return False

        told = fetch(hub, target, cancelled=new_version)
    assert changed and contents(target) == expected(served)
    assert any("came damaged" in progress.notice for progress in told)
