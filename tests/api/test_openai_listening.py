"""OpenAI's listening by OpenAI's own client, against a running server: PocketSphinx hears the preview voice."""

from __future__ import annotations

import io
import json
import re
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import openai
import pytest
from flask.testing import FlaskClient
from openai import OpenAI

from backend.core.tables.recognisers import recogniser_named
from backend.engines.listening import RATE
from backend.studio import Studio
from benchmarks.soak.own_server import OwnServer
from tests.conftest import wav_bytes
from tests.running_studio import RunningStudio
from tests.tone_speech import SAID, WORDS, ToneListener, spoken, tone_wav

TEXT = "The weather in the city is very good today. She was reading a long letter to her mother."
HEARD = {"weather", "city", "good", "today", "reading", "letter", "mother"}
"""Words that even a rough recogniser gets, most of them."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServer]:
    with OwnServer(tmp_path_factory.mktemp("listening")) as running:
        yield running


@pytest.fixture(scope="module")
def sdk(server: OwnServer) -> Iterator[OpenAI]:
    base = f"http://127.0.0.1:{server.port}/v1"
    with OpenAI(base_url=base, api_key="unused", max_retries=0, timeout=60) as made:
        yield made


@pytest.fixture(scope="module")
def speech(server: OwnServer) -> bytes:
    asked = {"text": TEXT, "voice": {"kind": "preset", "speaker": "Ryan"}, "engine": "preview", "seed": 1}
    return server.post("/api/generate", asked)


def file(sound: bytes, name: str = "said.wav") -> tuple[str, io.BytesIO]:
    return name, io.BytesIO(sound)


def words_of(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower()))


def is_heard(text: str) -> bool:
    return len(words_of(text) & HEARD) >= len(HEARD) - 3


@pytest.mark.parametrize("model", ["whisper-1", "gpt-4o-transcribe", "pocketsphinx", "Systran/faster-whisper-small"])
def test_openais_client_gets_the_text_by_any_name_of_a_model(sdk: OpenAI, speech: bytes, model: str) -> None:
    told = sdk.audio.transcriptions.create(model=model, file=file(speech), language="en", prompt="A quiet day.")
    assert is_heard(told.text), told.text
    assert told.languages and told.languages[0].code == "en"
    assert told.usage is not None
    assert told.usage.type == "duration"
    assert 3 <= told.usage.seconds <= 12


def test_verbose_json_has_every_member_that_typed_clients_demand(sdk: OpenAI, speech: bytes) -> None:
    told = sdk.audio.transcriptions.create(
        model="whisper-1",
        file=file(speech),
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
    )
    assert told.language == "english"
    assert told.segments is not None
    assert told.words is not None
    assert is_heard(told.text), told.text
    for segment in told.segments:
        type(segment).model_validate(segment.model_dump())  # the client itself does not look
        assert 0 <= segment.start < segment.end <= float(told.duration)
    assert " ".join(word.word for word in told.words) == told.text
    assert all(a.end <= b.start + 0.02 for a, b in zip(told.words, told.words[1:], strict=False))


def test_words_come_only_where_they_are_asked_for_with_brackets_or_without(sdk: OpenAI, speech: bytes) -> None:
    def words(**fields: Any) -> object:
        body = {"timestamp_granularities": None, **fields}
        told = sdk.audio.transcriptions.create(
            model="whisper-1", file=file(speech), response_format="verbose_json", extra_body=body
        )
        return getattr(told, "words", None)

    assert not words()
    assert words(timestamp_granularities="word")
    assert words(**{"timestamp_granularities[]": "word"})


@pytest.mark.parametrize(
    ("wanted", "pattern"),
    [
        ("text", r"^[a-z' ]+\n$"),
        ("srt", r"^1\n00:00:0\d,\d{3} --> 00:00:\d\d,\d{3}\n[a-z' \n]+"),
        ("vtt", r"^WEBVTT\n\n00:00:0\d\.\d{3} --> 00:00:\d\d\.\d{3}\n[a-z' \n]+"),
    ],
)
def test_formats_of_text_are_plain_text(sdk: OpenAI, speech: bytes, wanted: Any, pattern: str) -> None:
    answer = sdk.audio.transcriptions.with_raw_response.create(
        model="whisper-1", file=file(speech), response_format=wanted
    )
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert re.search(pattern, answer.text), answer.text
    assert is_heard(answer.text)


def test_a_stream_tells_pieces_that_together_are_the_text(sdk: OpenAI, speech: bytes) -> None:
    with sdk.audio.transcriptions.create(model="gpt-4o-transcribe", file=file(speech), stream=True) as events:
        told = list(events)
    assert [event.type for event in told[:-1]] == ["transcript.text.delta"] * (len(told) - 1)
    last = told[-1]
    assert last.type == "transcript.text.done"
    assert "".join(event.delta for event in told[:-1] if event.type == "transcript.text.delta") == last.text
    assert is_heard(last.text)


def test_what_cannot_be_done_is_said_as_openai_says_it(sdk: OpenAI, speech: bytes) -> None:
    with pytest.raises(openai.BadRequestError, match="who speaks") as refused:
        sdk.audio.transcriptions.create(model="whisper-1", file=file(speech), response_format="diarized_json")
    assert refused.value.param == "response_format"
    with pytest.raises(openai.BadRequestError):
        sdk.audio.transcriptions.create(model="whisper-1", file=file(b"no sound at all"))
    with pytest.raises(openai.NotFoundError, match="no such recogniser"):
        sdk.audio.transcriptions.create(model="my-own-model", file=file(speech))
    with pytest.raises(openai.InternalServerError, match="not downloaded") as unavailable:
        sdk.audio.translations.create(model="whisper-1", file=file(speech))
    assert unavailable.value.status_code == 503
    with pytest.raises(openai.BadRequestError, match="translates nothing"):
        sdk.audio.translations.create(model="pocketsphinx", file=file(speech))
    assert {"message", "type", "param", "code"} == set(refused.value.body)  # type: ignore[call-overload]  # a dict


def test_a_language_that_nobody_here_understands_is_asked_for_once(server: OwnServer, speech: bytes) -> None:
    """No second try brings a Whisper: the SDK, as it comes, leaves it at the first answer."""
    asked: list[int] = []
    hooks = {"response": [lambda response: asked.append(response.status_code)]}
    base = f"http://127.0.0.1:{server.port}/v1"
    with (
        httpx.Client(event_hooks=hooks) as http,
        OpenAI(base_url=base, api_key="unused", http_client=http) as sdk,
        pytest.raises(openai.InternalServerError, match="Whisper"),
    ):
        sdk.audio.transcriptions.create(model="whisper-1", file=file(speech), language="de")
    assert asked == [503]


def test_the_answer_says_who_heard_it(sdk: OpenAI, speech: bytes) -> None:
    answer = sdk.audio.transcriptions.with_raw_response.create(model="whisper-1", file=file(speech), language="en")
    assert answer.headers["X-Engine"] == "pocketsphinx"


def test_a_broken_recording_ends_a_stream_with_an_error_the_client_raises(sdk: OpenAI) -> None:
    with (
        pytest.raises(openai.APIError, match="recording"),
        sdk.audio.transcriptions.create(model="whisper-1", file=file(b"RIFF no sound"), stream=True) as events,
    ):
        list(events)


@pytest.mark.parametrize("fields", [{}, {"file": "no file"}, {"response_format": "yaml"}])
def test_a_wrong_form_is_a_400_with_an_error_object(server: OwnServer, fields: dict[str, str]) -> None:
    lines = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    ]
    if "response_format" in fields:
        lines.append('--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRIFF\r\n')
    body = "".join([*lines, "--x--\r\n"]).encode()
    head = {"Content-Type": "multipart/form-data; boundary=x"}
    address = f"http://127.0.0.1:{server.port}/v1/audio/transcriptions"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(address, body, head))
    with refused.value as answer:
        assert answer.code == 400
        assert set(json.load(answer)["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize(
    ("model", "meant"),
    [
        ("whisper-1", "auto"),
        ("gpt-4o-mini-transcribe", "auto"),
        ("", "auto"),
        ("whisper-small", "whisper_small"),
        ("openai/whisper-small", "whisper_small"),
        ("Systran/faster-whisper-small", "whisper_small"),
        ("openai/whisper-large-v3", "auto"),  # ours is not downloaded
        ("whisper_large_v3", "whisper_large_v3"),  # by its own name it is refused with the reason
        ("tts-1", "tts-1"),
    ],
)
def test_names_of_other_services_mean_one_of_ours(model: str, meant: str) -> None:
    assert recogniser_named(model, {"whisper_small": True, "whisper_large_v3": False}) == meant


class Slow(ToneListener):
    """Hears piece after piece, each after a while; is told when nobody waits any more."""

    def transcribe(self, samples: Any, language: str, cancelled: Any = lambda: False) -> Any:
        for _ in range(20):
            time.sleep(0.01)
            if cancelled():
                break
        yield from super().transcribe(samples, language, cancelled)


def test_a_stream_tells_the_text_while_the_rest_is_heard_and_leaving_cancels(
    client: FlaskClient, studio: Studio
) -> None:
    studio.models._listener.listeners = {"tones": Slow()}
    pause = np.zeros(RATE, np.float32)
    sound = np.concatenate([part for _ in range(40) for part in (spoken(WORDS * 3), pause)])
    form = {"file": (io.BytesIO(wav_bytes([int(32767 * each) for each in sound], RATE)), "a.wav"), "stream": "true"}
    answer = client.post("/v1/audio/transcriptions", data=form, content_type="multipart/form-data", buffered=False)
    pieces = (line for line in answer.response if b"transcript.text.delta" in line)
    first = [json.loads(next(pieces).decode()[6:])["delta"] for _ in range(2)]
    assert " ".join("".join(first).split()).startswith(" ".join(WORDS * 3))
    (job,) = studio.list_jobs(10)
    assert job["status"] == "running"
    answer.close()
    while studio.job(job["id"])["status"] == "running":
        time.sleep(0.02)
    assert studio.job(job["id"])["status"] == "cancelled"


class Interpreter(ToneListener):
    """Writes its English in capitals."""

    def __init__(self) -> None:
        super().__init__()
        self.info = replace(self.info, translates=True)

    def translate(self, samples: Any, language: str, cancelled: Any = lambda: False) -> Any:
        yield from (replace(each, text=each.text.upper()) for each in self.transcribe(samples, language, cancelled))


def test_a_translation_is_in_english(client: FlaskClient, studio: Studio) -> None:
    studio.models._listener.listeners = {"tones": Interpreter()}

    def ask(path: str) -> Any:
        form = {"file": (io.BytesIO(tone_wav()), "a.wav"), "response_format": "verbose_json", "languages[]": "it"}
        return client.post(f"/v1/audio/{path}", data=form, content_type="multipart/form-data").json

    told = ask("translations")
    assert (told["text"], told["task"], told["language"]) == (" ".join(SAID).upper(), "translate", "english")
    told = ask("transcriptions")
    assert (told["text"], told["task"], told["language"]) == (" ".join(SAID), "transcribe", "italian")
    output = studio.settings.output_dir
    assert not (output.exists() and list(output.glob("stt_*"))), "what a program had written down is its own"


def test_a_caller_who_hangs_up_cancels_even_where_nothing_is_streamed(tmp_path: Path) -> None:
    place = RunningStudio(tmp_path, heartbeat=0.1)
    try:
        place.studio.models._listener.listeners = {"tones": Slow()}
        sound = np.tile(np.concatenate([spoken(WORDS * 3), np.zeros(RATE, np.float32)]), 40)
        recording = wav_bytes([int(32767 * each) for each in sound], RATE)
        head = "POST /v1/audio/transcriptions HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: {}\r\n"
        kind = "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
        body = part + recording + b"\r\n--x--\r\n"
        with socket.create_connection(("127.0.0.1", place.port)) as line:
            line.sendall(head.format(place.port, len(body)).encode() + kind.encode() + body)
            assert place.waits_until(lambda: any(job["stage"].startswith("Listening") for job in jobs(place)))
        assert place.waits_until(lambda: jobs(place)[0]["status"] == "cancelled")
    finally:
        place.stop()


def jobs(place: RunningStudio) -> list[dict[str, Any]]:
    return place.studio.list_jobs(5)
