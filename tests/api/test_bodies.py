"""What is read of a request: strict JSON, fields named when they are wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from backend.api.bodies import parse_json
from backend.core.errors import Malformed

SPEAK = {"text": "Hello there.", "voice": {"kind": "preset", "speaker": "Ryan"}, "engine": "fake"}


def raw(client: FlaskClient, body: bytes, path: str = "/api/generate") -> Any:
    return client.post(path, data=body, content_type="application/json")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"nonsense", b"\xff\xfe", b'{"a": NaN}', b'{"a": Infinity}', b'{"a": -Infinity}', b'{"a": 1e309}',
        b'{"a": 1, "a": 2}', b'{"a": "\\ud800"}', b'{"a": "\\udc00\\ud800"}', b"[" * 100_000, b'{"a":' * 50_000,
        b'{"a": ' + b"9" * 10_000 + b"}", b"{'a': 1}", b'{"a": 1} x', b'{"\\ud800": 1}',
    ],
)  # fmt: skip
def test_broken_json_is_a_400_that_repeats_nothing(client: FlaskClient, body: bytes) -> None:
    answer = raw(client, body)
    assert answer.status_code == 400, answer.json
    assert answer.json["code"] == "malformed-request"
    assert len(answer.get_data()) < 700


def test_whole_surrogate_pairs_are_text() -> None:
    assert parse_json(b'"\\ud83d\\ude00"') == "\U0001f600"


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        value = parse_json(data)
    except Malformed:
        return
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"null", b"1"])
def test_what_is_no_object_is_refused(client: FlaskClient, body: bytes) -> None:
    assert raw(client, body).status_code == 422


NUMBERS = ("speed", "pitch", "seed", "match_strength", "sampling.temperature", "sampling.top_k", "sampling.top_p",
           "sampling.repetition_penalty", "sampling.max_new_tokens", "join.pause", "join.crossfade")  # fmt: skip
OPTIONAL = frozenset({"seed", "match_strength", "join.pause"})


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [-100, 10**10, 1e300, "3", True, [], {}, None])
def test_a_wrong_number_is_named(client: FlaskClient, name: str, value: Any) -> None:
    if value is None and name in OPTIONAL:
        pytest.skip("may be absent")
    outer, _, inner = name.partition(".")
    answer = client.post("/api/generate", json={**SPEAK, outer: {inner: value} if inner else value})
    assert answer.status_code == 422
    assert name in answer.json["fields"], answer.json


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": None}, "text"),
        ({"text": 7}, "text"),
        ({"text": ""}, "text"),
        ({"voice": {"kind": "preset", "speaker": ""}}, "voice.speaker"),
        ({"voice": {"kind": "preset", "speaker": "Ryan", "wings": 2}}, "voice.wings"),
        ({"voice": {"kind": "personality", "personality": 3}}, "voice.personality"),
        ({"voice": {"kind": "personality"}}, "voice.personality"),
        ({"voice": {"kind": "dragon"}}, "voice"),
        ({"voice": {"speaker": "Ryan"}}, "voice"),
        ({"voice": "Ryan"}, "voice"),
        ({"format": "aiff"}, "format"),
        ({"vioce": 1}, "vioce"),
        ({"sampling": {"top_q": 1}}, "sampling.top_q"),
        ({"language": "klingon"}, "language"),
        ({"stream_audio": "yes"}, "stream_audio"),
    ],
)
def test_a_wrong_field_is_named_by_its_dotted_name(client: FlaskClient, change: dict[str, Any], field: str) -> None:
    answer = client.post("/api/generate_stream", json=SPEAK | change)
    assert answer.status_code == 422
    assert list(answer.json["fields"]) == [field]
    assert answer.mimetype == "application/problem+json"


def test_a_long_unknown_name_is_not_repeated_whole(client: FlaskClient) -> None:
    answer = client.post("/api/generate", json=SPEAK | {"x" * 5000: 1})
    assert answer.status_code == 422
    assert "x" * 81 not in answer.get_data(as_text=True)


def test_hundreds_of_wrong_fields_make_a_short_answer(client: FlaskClient) -> None:
    answer = client.post("/api/generate", json=SPEAK | {f"unknown{n}": n for n in range(5000)})
    assert len(answer.json["fields"]) <= 20
