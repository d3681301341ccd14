"""Before a page of an admitted origin sends headers of its own, its browser asks: SDKs bring theirs."""

from __future__ import annotations

import pytest

from tests.safety.test_gate import Door

PAGE = "https://desk.example"


def asked(names: str, origin: str = PAGE) -> str:
    """The headers that are allowed after that question."""
    door = Door(allowed_origins=(PAGE,))
    door.ask("OPTIONS", origin=origin, access_control_request_method="POST", access_control_request_headers=names)
    return str(door.answer.get("Access-Control-Allow-Headers", ""))


def test_an_admitted_page_may_send_the_headers_of_its_sdk() -> None:
    allowed = asked("authorization,content-type,x-stainless-lang, x-stainless-retry-count").split(", ")
    assert {"x-stainless-lang", "x-stainless-retry-count", "Authorization", "X-Studio", "xi-api-key"} <= set(allowed)
    assert "authorization" not in allowed  # it is there already


@pytest.mark.parametrize(
    "names", ["x-a\r\nX-B: c", "a b", "x:y", ",".join(f"x-{n}" for n in range(51)), "x" * 2001, "*é", ",,"]
)
def test_what_is_no_list_of_names_adds_nothing(names: str) -> None:
    assert asked(names) == asked("")


def test_a_stranger_is_told_nothing() -> None:
    assert asked("x-stainless-lang", origin="http://evil.example") == ""


def test_a_question_needs_no_key_and_what_follows_does() -> None:
    door = Door(allowed_origins=(PAGE,), token="a long secret")
    assert door.ask("OPTIONS", origin=PAGE, access_control_request_method="POST") == 204
    assert door.ask("POST", origin=PAGE) == 401
    assert door.ask("OPTIONS", origin=PAGE) == 401  # no question: it would reach a route
    assert door.ask("OPTIONS", origin="http://evil.example", access_control_request_method="POST") == 403
    assert door.ask("POST", origin=PAGE, authorization="Bearer a long secret") == 200
    assert door.entered == 1
