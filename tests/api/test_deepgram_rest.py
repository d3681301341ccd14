"""Deepgram's REST route `/v1/speak` and its refusals: every encoding in its container, mistakes in Deepgram's words."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import av
import pytest
import websocket

from tests.deepgram_caller import KEY, SENTENCE, Caller, post
from tests.running_studio import RunningStudio


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    made = RunningStudio(tmp_path_factory.mktemp("deepgram"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    made = RunningStudio(tmp_path_factory.mktemp("locked"), token=KEY)
    yield made
    made.stop()


def seconds_of(data: bytes) -> tuple[float, int]:
    """Length and rate of a file in any container."""
    with av.open(io.BytesIO(data), "r") as file:
        samples = [frame.samples for frame in file.decode(audio=0)]
        rate = file.streams.audio[0].rate
    return sum(samples) / rate, rate


@pytest.mark.parametrize(
    ("query", "named"),
    [("model=Nobody", "Nobody"), ("encoding=mp3", "encoding"), ("sample_rate=7", "sample_rate"), ("language=tlh", "")],
)
def test_a_socket_is_refused_in_deepgrams_words(studio: RunningStudio, query: str, named: str) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        Caller(studio, query)
    assert refused.value.status_code == 400
    body = json.loads(refused.value.resp_body or b"")
    assert set(body) == {"err_code", "err_msg", "request_id"}
    assert body["err_code"] == "INVALID_QUERY_PARAMETER"
    assert refused.value.resp_headers is not None
    assert refused.value.resp_headers["dg-error"]


def test_a_wrong_key_is_refused_in_deepgrams_words(locked: RunningStudio) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        Caller(locked, header={"Authorization": "Token wrong"})
    assert refused.value.status_code == 401
    assert json.loads(refused.value.resp_body or b"")["err_code"] == "INVALID_AUTH"
    assert post(locked, "", Authorization="Token wrong")[0] == 401
    assert post(locked, "", Authorization=f"Token {KEY}")[0] == 200


@pytest.mark.parametrize(
    ("query", "media_type", "rate"),
    [
        ("", "audio/mpeg", 22_050),
        ("encoding=mp3&bit_rate=32000", "audio/mpeg", 22_050),
        ("encoding=linear16", "audio/wav", 24_000),
        ("encoding=linear16&sample_rate=16000&container=wav", "audio/wav", 16_000),
        ("encoding=mulaw", "audio/wav", 8_000),
        ("encoding=alaw&sample_rate=16000", "audio/wav", 16_000),
        ("encoding=opus", "audio/ogg", 48_000),
        ("encoding=flac&sample_rate=48000", "audio/flac", 48_000),
        ("encoding=aac&bit_rate=48000", "audio/aac", 22_050),
    ],
)
def test_every_encoding_is_a_file_of_its_kind(studio: RunningStudio, query: str, media_type: str, rate: int) -> None:
    status, headers, data = post(studio, query)
    assert (status, headers["Content-Type"]) == (200, media_type)
    assert (headers["dg-char-count"], headers["dg-model-name"]) == (str(len(SENTENCE)), "Serena")
    assert headers["dg-request-id"]
    seconds, found = seconds_of(data)
    assert found == rate
    assert seconds == pytest.approx(1.3, abs=0.4)


@pytest.mark.parametrize(("encoding", "a_second"), [("linear16", 48_000), ("mulaw", 8_000), ("alaw", 8_000)])
def test_without_a_container_there_are_only_samples(studio: RunningStudio, encoding: str, a_second: int) -> None:
    _, headers, data = post(studio, f"encoding={encoding}&container=none")
    assert headers["Content-Type"].startswith("audio/")
    assert f"rate={24_000 if encoding == 'linear16' else 8_000}" in headers["Content-Type"]
    assert data[:4] != b"RIFF"
    assert len(data) / a_second == pytest.approx(1.3, abs=0.4)


@pytest.mark.parametrize(
    ("query", "text", "code"),
    [
        ("encoding=mp3&container=ogg", "x", "INVALID_QUERY_PARAMETER"),
        ("encoding=linear16&bit_rate=8000", "x", "INVALID_QUERY_PARAMETER"),
        ("encoding=mp3&sample_rate=9999", "x", "INVALID_QUERY_PARAMETER"),
        ("encoding=ogg", "x", "INVALID_QUERY_PARAMETER"),
        ("callback=http://example.org", "x", "INVALID_QUERY_PARAMETER"),
        ("model=Nobody", "x", "INVALID_QUERY_PARAMETER"),
        ("", "", "INVALID_QUERY_PARAMETER"),
        ("", 5, "INVALID_QUERY_PARAMETER"),
        ("", "[happy]", "INVALID_QUERY_PARAMETER"),
    ],
)
def test_a_wrong_wish_is_a_400_in_deepgrams_words(studio: RunningStudio, query: str, text: Any, code: str) -> None:
    status, headers, data = post(studio, query, text)
    assert status == 400
    assert headers["dg-error"]
    assert json.loads(data)["err_code"] == code


def test_deepgrams_names_have_a_voice_each_and_ours_work_in_any_case(studio: RunningStudio) -> None:
    for name, speaks in {"aura-2-orion-en": "Ryan", "aura-asteria-en": "Serena", "AIDEN": "Aiden"}.items():
        assert post(studio, f"model={name}")[1]["dg-model-name"] == speaks
