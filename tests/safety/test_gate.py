"""The gate: a truth table of who may call, written a second time by hand, and the rules around it."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from backend.core.errors import TooLarge
from backend.core.settings import Settings
from backend.safety.callers import callers_of, parse_place
from backend.safety.gate import Gate
from backend.safety.keys import Keys

OWN = "http://127.0.0.1:8000"


class Door:
    """A gate before an app that says yes, and what it answered."""

    def __init__(self, **settings: Any) -> None:
        chosen = Settings(port=8000, **settings)
        self.entered = 0
        self.gate = Gate(
            self._app, callers_of(chosen), Keys(chosen.token, 8000, chosen.open_lists), lambda method, path: 1000
        )

    def _app(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        self.entered += 1
        environ["wsgi.input"].read()
        start("200 OK", [])
        return [b"yes"]

    def ask(self, method: str = "GET", path: str = "/api/jobs", body: bytes = b"", **headers: str) -> int:
        path, _, query = path.partition("?")
        environ: dict[str, Any] = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query}
        environ |= {"HTTP_HOST": "127.0.0.1:8000", "wsgi.input": io.BytesIO(body), "wsgi.input_terminated": False}
        if body:
            environ["CONTENT_LENGTH"] = str(len(body))
        for name, value in headers.items():
            key = name.upper() if name in ("content_type", "content_length", "remote_addr") else f"HTTP_{name.upper()}"
            environ[key] = value
        self.answer: dict[str, str] = {}

        def start(status: str, given: list[tuple[str, str]], _exc: Any = None) -> None:
            self.status, self.answer = int(status[:3]), dict(given)

        self.body = b"".join(self.gate(environ, start))
        return self.status


SITES = (None, "none", "same-origin", "same-site", "cross-site", "garbage")
MODES = (None, "navigate", "cors", "no-cors", "websocket")
DESTS = (None, "document", "empty", "iframe")
ORIGINS = (None, OWN, "http://evil.example", "null")
CALLS = (("GET", "/"), ("GET", "/api/jobs"), ("POST", "/api/generate"))


def rows() -> Iterator[tuple[Any, ...]]:
    yield from itertools.product(SITES, MODES, DESTS, ORIGINS, CALLS)


def expected(site: str | None, mode: str | None, dest: str | None, origin: str | None, call: tuple[str, str]) -> int:
    """The table of the threat model, in the order a reader checks it."""
    if origin in ("http://evil.example", "null"):
        return 403
    if site in (None, "none", "same-origin"):
        return 200
    opens_the_page = call == ("GET", "/") and mode == "navigate" and dest == "document"
    return 200 if opens_the_page else 403


def test_every_combination_of_browser_headers_is_judged_as_the_table_says() -> None:
    door = Door()
    checked = 0
    for site, mode, dest, origin, (method, path) in rows():
        given = {"sec_fetch_site": site, "sec_fetch_mode": mode, "sec_fetch_dest": dest, "origin": origin}
        headers = {name: value for name, value in given.items() if value is not None}
        if method == "POST":
            headers["content_type"] = "application/json"
        before = door.entered
        status = door.ask(method, path, b"{}" if method == "POST" else b"", **headers)
        assert status == expected(site, mode, dest, origin, (method, path)), (method, path, headers)
        assert door.entered - before == (status == 200)
        checked += 1
    assert checked >= 600


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:8000", "127.0.0.1.nip.io", "127.0.0.1.nip.io:8000", "localhost.evil.example:8000",
        "127.0.0.1:8001", "127.0.0.1", "localhost", "", ":8000", "127.0.0.1:8000:8000", "127.0.0.1:8000, evil.example",
        "user@127.0.0.1:8000", "127.0.0.1:08000x", "127.0.0.1:99999", "127.0.0.1:0", "[::1", "0.0.0.0:8000",
        "127.1:8000", "2130706433:8000", "lo\u0441alhost:8000", "localhost:8000/", "localhost:8000\x00",
        "localhost\t:8000",
    ],
)  # fmt: skip
@pytest.mark.parametrize("settings", [{}, {"host": "192.168.7.7", "token": "a-long-enough-token"}])
def test_a_foreign_host_is_refused_in_both_modes(host: str, settings: dict[str, str]) -> None:
    door = Door(**settings)
    assert door.ask(host=host, origin=f"http://{host}", authorization="Bearer a-long-enough-token") == 421
    assert door.entered == 0


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000", "localhost:8000", "LOCALHOST:8000", "localhost.:8000", "[::1]:8000"]
)
def test_our_own_names_pass_in_any_spelling(host: str) -> None:
    assert Door().ask(host=host) == 200
    assert Door().ask(host=host, origin=f"http://{host}") == 200


def test_the_bound_address_is_a_name_of_ours() -> None:
    door = Door(host="192.168.7.7", token="a-long-enough-token")
    key = {"authorization": "Bearer a-long-enough-token"}
    assert door.ask(host="192.168.7.7:8000", **key) == 200
    assert door.ask(host="192.168.7.8:8000", **key) == 421


def test_a_named_proxy_passes_with_and_without_tls() -> None:
    door = Door(allowed_hosts=("studio.example", "other.example:8443"))
    assert door.ask(host="studio.example", origin="https://studio.example") == 200
    assert door.ask(host="studio.example", origin="http://studio.example") == 200
    assert door.ask(host="other.example:8443", origin="https://other.example:8443") == 200
    assert door.ask(host="other.example") == 421
    assert door.ask(host="studio.example", origin="https://other.example") == 403


def test_https_pages_under_loopback_names_are_not_ours() -> None:
    assert Door().ask(origin="https://127.0.0.1:8000") == 403
    assert Door().ask(origin="http://localhost:8000") == 403  # another origin than the Host says


def test_a_page_named_in_the_settings_may_call_and_read() -> None:
    door = Door(allowed_origins=("https://desk.example",))
    page = {"origin": "https://desk.example", "sec_fetch_site": "cross-site"}
    assert door.ask(**page) == 200
    assert door.answer["Access-Control-Allow-Origin"] == "https://desk.example"
    assert door.ask("OPTIONS", access_control_request_method="POST", **page) == 204
    assert "X-Studio" in door.answer["Access-Control-Allow-Headers"]
    assert door.entered == 1


def test_a_preflight_of_a_stranger_gets_nothing_to_go_on() -> None:
    door = Door()
    assert door.ask("OPTIONS", origin="http://evil.example", access_control_request_method="POST") == 403
    assert not [name for name in door.answer if name.startswith("Access-Control")]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx", "text/json"]
)
def test_only_json_and_multipart_bodies_pass(kind: str) -> None:
    assert Door().ask("POST", body=b'{"a": 1}', content_type=kind) == 415


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "multipart/form-data; boundary=x"]
)
def test_json_and_multipart_pass(kind: str) -> None:
    assert Door().ask("POST", body=b"{}", content_type=kind) == 200


def test_a_request_without_a_body_needs_no_content_type() -> None:
    assert Door().ask("DELETE") == 200
    assert Door().ask("POST") == 200


def test_a_browser_must_add_our_header_to_a_form() -> None:
    form = {"content_type": "multipart/form-data; boundary=x", "origin": OWN, "sec_fetch_site": "same-origin"}
    assert Door().ask("POST", body=b"x", **form) == 403
    assert Door().ask("POST", body=b"x", **form, x_studio="1") == 200


def test_unknown_methods_are_refused() -> None:
    for method in ("TRACE", "CONNECT", "PROPFIND", "get", "XYZ"):
        assert Door().ask(method) == 405


TOKEN = "correct horse battery"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"authorization": f"Bearer {TOKEN}"}, 200),
        ({"authorization": f"bearer  {TOKEN}"}, 200),
        ({"x_api_key": TOKEN}, 200),
        ({"authorization": f"Token {TOKEN}"}, 200),
        ({"xi_api_key": TOKEN}, 200),
        ({"authorization": "Bearer made-up", "xi_api_key": TOKEN}, 200),
        ({"upgrade": "websocket", "sec_websocket_protocol": f"token, {TOKEN}"}, 200),
        ({"xi_api_key": "wrong"}, 401),
        ({"authorization": "Token"}, 401),
        ({"authorization": "Bearer "}, 401),
        ({"authorization": "Bearer wrong"}, 401),
        ({"authorization": f"Basic {TOKEN}"}, 401),
        ({"authorization": "Bearer " + "x" * 10_000}, 401),
        ({"x_api_key": "p\xe4ssword"}, 401),
        ({"x_api_key": TOKEN + " "}, 401),
        ({"cookie": f"studio_8000={TOKEN}"}, 401),
        ({"cookie": "studio_8000=; ;;=,\x01"}, 401),
    ],
)
def test_the_key_is_asked_for_in_every_spelling_with_one_verdict(headers: dict[str, str], status: int) -> None:
    assert Door(token=TOKEN).ask(**headers) == status


def test_the_key_never_counts_in_the_query() -> None:
    assert Door(token=TOKEN).ask(path=f"/api/jobs?token={TOKEN}") == 401
    assert Door(token=TOKEN).ask(path=f"/?token={TOKEN}") == 401


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer ", "Bearer sk-anything", "Token x", "Basic Og==", "?"])
def test_without_a_token_any_key_passes(given: str) -> None:
    assert Door().ask(authorization=given) == 200


def test_lists_are_open_to_open_webui_only_where_the_settings_say_so() -> None:
    for path in ("/v1/audio/models", "/v1/audio/voices"):
        assert Door(token=TOKEN).ask(path=path) == 401
        assert Door(token=TOKEN, open_lists=True).ask(path=path) == 200
        assert Door(token=TOKEN, open_lists=True).ask("POST", path=path) == 401
    for path in ("/v1/models", "/v1/audio/speech", "/v1/audio/voices/", "/api/personality"):
        assert Door(token=TOKEN, open_lists=True).ask(path=path) == 401


def test_only_the_sign_of_life_is_open_without_a_key() -> None:
    door = Door(token=TOKEN)
    assert door.ask(path="/health/live") == 200
    for path in ("/health", "/", "/ui/script.js", "/health/live/", "/health/ready", "/docs/errors"):
        assert door.ask(path=path) == 401


def test_a_link_opens_one_session_once() -> None:
    door = Door(token=TOKEN)
    code = door.gate.keys.new_link()
    assert door.ask(path=f"/?token={code}") == 303
    cookie = door.answer["Set-Cookie"]
    assert cookie.endswith("; Path=/; HttpOnly; SameSite=Strict")
    assert door.answer["Location"] == "/"
    assert door.ask(cookie=cookie.partition(";")[0]) == 200
    assert door.ask(path=f"/?token={code}") == 401
    assert Door(token=TOKEN).ask(cookie=cookie.partition(";")[0]) == 401  # a new start knows no old session


def test_a_person_without_a_key_reads_a_page_that_says_what_to_do() -> None:
    door = Door(token=TOKEN)
    assert door.ask(path="/", accept="text/html,*/*;q=0.8") == 401
    assert door.answer["Content-Type"] == "text/html; charset=utf-8"
    assert b"qwentts link" in door.body
    assert "Content-Security-Policy" in door.answer


def test_a_declared_and_a_streamed_body_over_the_limit_are_refused() -> None:
    door = Door()
    json_body = {"content_type": "application/json"}
    assert door.ask("POST", body=b"x" * 1000, **json_body) == 200
    assert door.ask("POST", body=b"x", content_length="10000000000", **json_body) == 413
    assert door.ask("POST", body=b"x", content_length="-1", **json_body) == 400
    with pytest.raises(TooLarge):  # inside the app, where it becomes a 413
        door.ask("POST", body=b"x" * 1001, content_length="10", **json_body)


def test_every_answer_carries_the_protective_headers() -> None:
    door = Door()
    for headers in ({}, {"host": "evil.example"}, {"origin": "null"}):
        door.ask(**headers)
        assert "frame-ancestors 'none'" in door.answer["Content-Security-Policy"]
        assert "unsafe" not in door.answer["Content-Security-Policy"]
        assert door.answer["X-Content-Type-Options"] == "nosniff"
        assert door.answer["Cross-Origin-Resource-Policy"] == "same-origin"
        assert len(door.answer["X-Request-Id"]) == 16
        assert "Access-Control-Allow-Origin" not in door.answer


def test_a_refusal_is_a_problem_that_repeats_nothing_of_the_request() -> None:
    door = Door()
    door.ask(host="evil.example")
    body = json.loads(door.body)
    assert (body["code"], body["status"]) == ("wrong-host", 421)
    assert body["request_id"] == door.answer["X-Request-Id"]
    assert b"evil" not in door.body


def test_a_closing_studio_turns_new_requests_away() -> None:
    door = Door()
    door.gate.closing = True
    assert door.ask() == 503


@pytest.mark.parametrize("value", ["", " ", "a b", "[", "[::1]x", "a:b", "a:", "é", "a/b", "a@b", "-", "."])
def test_what_is_no_host_is_no_place(value: str) -> None:
    assert parse_place(value) is None
