"""Deepgram's wire, spoken by a plain WebSocket client and plain HTTP: order, timing, silence, mistakes."""

from __future__ import annotations

import io
import json
import struct
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import av
import pytest
import websocket

from tests.running_studio import RunningStudio

KEY = "a-key-for-the-tests"
SECOND = 48_000  # bytes of linear16 at 24 kHz
SENTENCE = "[happy] Good morning to you."
LONG = "This is one of many sentences that follow each other. " * 40


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    made = RunningStudio(tmp_path_factory.mktemp("deepgram"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    """Takes a while for each sentence, and asks for a key."""
    made = RunningStudio(tmp_path_factory.mktemp("slow"), fake_engine="latency=0.3", token=KEY)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    made = RunningStudio(tmp_path_factory.mktemp("broken"), fake_engine="raise@*")
    yield made
    made.stop()


class Caller:
    """One socket, and what came over it."""

    def __init__(self, studio: RunningStudio, query: str = "", **named: Any) -> None:
        self.ws = websocket.WebSocket()
        self.ws.settimeout(15)
        address = f"ws://127.0.0.1:{studio.port}/v1/speak?seed=7&engine=fake&{query}"
        try:
            self.ws.connect(address, **named)  # type: ignore[no-untyped-call]  # the library has no types for it
            self.metadata = json.loads(self.ws.recv())
        except BaseException:
            self.hang_up()
            raise

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_error: object) -> None:
        self.hang_up()

    def hang_up(self) -> None:
        if self.ws.sock is not None:
            self.ws.sock.close()

    def say(self, kind: str, **members: Any) -> None:
        self.ws.send(json.dumps({"type": kind, **members}))

    def hear(self, last: str = "Flushed") -> tuple[bytes, list[dict[str, Any]]]:
        """Sound and replies up to a reply of this kind."""
        sound: list[bytes] = []
        replies: list[dict[str, Any]] = []
        while not replies or replies[-1]["type"] != last:
            message = self.ws.recv()
            if isinstance(message, bytes):
                sound.append(message)
            else:
                replies.append(json.loads(message))
        return b"".join(sound), replies

    def spoken(self, *pieces: str) -> bytes:
        for piece in pieces:
            self.say("Speak", text=piece)
        self.say("Flush")
        return self.hear()[0]

    def end(self) -> tuple[int, str]:
        """Code and reason of the server's farewell, over what stands before it."""
        while True:
            opcode, frame = self.ws.recv_data_frame(control_frame=True)
            if opcode == 8:
                return struct.unpack(">H", frame.data[:2])[0], frame.data[2:].decode()


@pytest.fixture
def caller(studio: RunningStudio) -> Iterator[Caller]:
    with Caller(studio) as made:
        yield made


def post(studio: RunningStudio, query: str, text: Any = SENTENCE, **headers: str) -> tuple[int, Any, bytes]:
    request = urllib.request.Request(  # noqa: S310 — the address is ours
        f"{studio.address}/v1/speak?seed=7&engine=fake&{query}",
        json.dumps({"text": text}).encode(),
        {"Content-Type": "application/json", **headers},
    )
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:  # noqa: S310 — the address is ours
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.headers, refused.read()


def seconds_of(data: bytes) -> tuple[float, int]:
    """Length and rate of a file in any container."""
    with av.open(io.BytesIO(data), "r") as file:
        samples = [frame.samples for frame in file.decode(audio=0)]
        rate = file.streams.audio[0].rate
    return sum(samples) / rate, rate


def emotions(studio: RunningStudio) -> list[str]:
    """Of the newest take, segment by segment."""
    job = next(job for job in studio.studio.list_jobs(20) if job["status"] == "done")
    return [segment["emotion"] for segment in job["result"]["segments"]]


def test_the_socket_tells_who_speaks_then_the_sound_then_that_it_was_all(caller: Caller) -> None:
    assert caller.metadata["type"] == "Metadata"
    assert (caller.metadata["model_name"], caller.metadata["model_version"]) == ("Serena", "1")
    assert caller.ws.headers is not None
    assert caller.ws.headers["dg-request-id"] == caller.metadata["request_id"]
    caller.say("Speak", text=SENTENCE)
    caller.say("Flush")
    sound, replies = caller.hear()
    assert replies == [{"type": "Flushed", "sequence_id": 0}]
    assert len(sound) / SECOND == pytest.approx(len("Good morning to you.") * 0.06, abs=0.4)
    assert max(sound) > 0


def test_words_one_by_one_sound_like_the_whole_sentence(studio: RunningStudio, caller: Caller) -> None:
    whole = caller.spoken(SENTENCE)
    words = caller.spoken(*(f"{word} " for word in SENTENCE.split()))
    letters = caller.spoken(*SENTENCE)
    assert whole == words == letters
    assert emotions(studio) == ["happy"]


def test_the_first_sentence_is_heard_before_the_last_is_written(caller: Caller) -> None:
    caller.say("Speak", text="The first sentence is whole. And the second is n")
    assert isinstance(caller.ws.recv(), bytes)
    caller.say("Speak", text="ot.")
    caller.say("Flush")
    assert caller.hear()[1] == [{"type": "Flushed", "sequence_id": 0}]


def test_sentences_sent_without_a_space_do_not_grow_together(studio: RunningStudio, caller: Caller) -> None:
    caller.spoken("We are here.", "They are there.")
    takes, _ = studio.studio.takes.search(limit=2)
    texts = " ".join(take["text"].strip() for take in reversed(takes))
    assert texts.endswith("We are here. They are there.")


def test_a_tag_holds_across_messages_until_the_flush(studio: RunningStudio, caller: Caller) -> None:
    caller.spoken("[sa", "d] One goes. ", "Two", " goes.")
    assert emotions(studio) == ["sad"]
    caller.spoken("Three comes.")
    assert emotions(studio) == ["neutral"]


def test_pauses_and_pronunciations_of_deepgram_work_even_when_cut(caller: Caller) -> None:
    plain = caller.spoken("One word. Two words.")
    paused = caller.spoken("One word. {pau", "se:15", "00} Two words.")
    assert (len(paused) - len(plain)) / SECOND == pytest.approx(1.5, abs=0.5)
    caller.say("Speak", text='Say {"word": "tomato", "pron')
    caller.say("Speak", text='ounce": "təˈmɑːtəʊ"}.')
    caller.say("Flush")
    sound, replies = caller.hear()
    assert [reply.get("code", reply["type"]) for reply in replies] == ["PRONUNCIATION_IGNORED", "Flushed"]
    assert len(sound) == len(caller.spoken("Say tomato."))


def test_an_open_brace_is_only_a_brace(caller: Caller) -> None:
    assert len(caller.spoken("One { two.")) > SECOND / 2


def test_a_flush_of_nothing_and_of_no_words_is_answered_all_the_same(caller: Caller) -> None:
    caller.say("Flush")
    assert caller.hear() == (b"", [{"type": "Flushed", "sequence_id": 0}])
    assert caller.spoken("[happy] ...") == b""
    assert len(caller.spoken("But now.")) > 0


@pytest.mark.parametrize(
    ("query", "a_second"),
    [
        ("encoding=linear16&sample_rate=8000", 16_000),
        ("encoding=linear16&sample_rate=48000.0", 96_000),
        ("encoding=mulaw", 8_000),
        ("encoding=alaw&sample_rate=16000&mip_opt_out=true", 16_000),
    ],
)
def test_sound_comes_as_it_was_asked_for(studio: RunningStudio, caller: Caller, query: str, a_second: int) -> None:
    usual = len(caller.spoken(SENTENCE)) / SECOND
    with Caller(studio, query) as other:
        assert len(other.spoken(SENTENCE)) / a_second == pytest.approx(usual, abs=0.02)


def test_speed_is_that_of_the_query(studio: RunningStudio, caller: Caller) -> None:
    with Caller(studio, "speed=2") as fast:
        assert len(fast.spoken(SENTENCE)) < 0.7 * len(caller.spoken(SENTENCE))


def test_clear_silences_at_once_and_cancels_the_work(slow: RunningStudio) -> None:
    with Caller(slow, header={"Authorization": f"Token {KEY}"}) as caller:
        caller.say("Speak", text=LONG)
        caller.say("Flush")
        assert isinstance(caller.ws.recv(), bytes)
        began = time.monotonic()
        caller.say("Clear")
        late, replies = caller.hear("Cleared")
        assert time.monotonic() - began < 0.25
        assert replies == [{"type": "Cleared", "sequence_id": 0}]
        assert len(late) < len(LONG) * 0.06 * SECOND / 10
        caller.ws.settimeout(0.7)
        with pytest.raises(websocket.WebSocketTimeoutException):
            caller.ws.recv()
        assert slow.waits_until(lambda: slow.studio.list_jobs(1)[0]["status"] == "cancelled", 2)
        caller.ws.settimeout(15)
        assert 0 < len(caller.spoken("Now this.")) < 2 * SECOND


def test_clear_drops_what_waits_behind_a_flush_too(slow: RunningStudio) -> None:
    with Caller(slow, subprotocols=["token", KEY]) as caller:
        assert caller.ws.getsubprotocol() == "token"
        for _ in range(3):
            caller.say("Speak", text="A sentence that waits for its turn.")
            caller.say("Flush")
        caller.say("Speak", text="And one that is not whole")
        caller.say("Clear")
        assert caller.hear("Cleared")[1][-1]["type"] == "Cleared"
        assert len(caller.spoken("Only this.")) < 1.5 * SECOND


def test_close_speaks_what_is_waiting_and_then_closes(caller: Caller) -> None:
    caller.say("Speak", text="One last word before the end.")
    caller.say("Close")
    sound = 0
    while True:
        opcode, frame = caller.ws.recv_data_frame(control_frame=True)
        if opcode == 8:
            break
        sound += len(frame.data)
    assert struct.unpack(">H", frame.data[:2])[0] == 1000
    assert sound > SECOND


def test_a_caller_that_vanishes_stops_the_work(slow: RunningStudio) -> None:
    caller = Caller(slow, header={"Authorization": f"Bearer {KEY}"})
    caller.say("Speak", text=LONG)
    assert isinstance(caller.ws.recv(), bytes)
    caller.hang_up()
    assert slow.waits_until(lambda: slow.studio.list_jobs(1)[0]["status"] == "cancelled", 3)
    assert slow.waits_until(lambda: len(slow.sockets) == 0, 3)


@pytest.mark.parametrize(
    ("sent", "code", "reason"),
    [
        (b"\x00\x01", 1003, "MESSAGE-0000"),
        ("{", 1008, "DATA-0000"),
        ("[]", 1008, "DATA-0000"),
        ('{"type": "Speak"}', 1008, "DATA-0000"),
        ('{"type": "Speak", "text": 5}', 1008, "DATA-0000"),
        ('{"type": "Speak", "text": "\\ud800"}', 1008, "DATA-0000"),
        (json.dumps({"type": "Speak", "text": "word " * 50_000}), 1008, "DATA-0001"),
        ("[" * 100_000, 1008, "DATA-0000"),
    ],
    ids=["binary", "no-json", "list", "no-text", "number", "surrogate", "long", "deep"],
)
def test_what_is_no_message_closes_the_socket_with_its_code(
    studio: RunningStudio, sent: str | bytes, code: int, reason: str
) -> None:
    with Caller(studio) as caller:
        caller.ws.send(sent, websocket.ABNF.OPCODE_BINARY if isinstance(sent, bytes) else websocket.ABNF.OPCODE_TEXT)
        ended = caller.end()
    assert ended[0] == code
    assert ended[1].startswith(reason)


def test_an_unknown_message_is_warned_of_in_the_words_of_every_client(caller: Caller) -> None:
    caller.say("KeepAlive")
    warning = json.loads(caller.ws.recv())
    assert warning["type"] == "Warning"
    assert warning["code"] == warning["warn_code"] == "UNKNOWN_MESSAGE"
    assert warning["description"] == warning["warn_msg"] != ""


def test_more_flushes_than_deepgram_takes_are_warned_of(caller: Caller) -> None:
    for _ in range(21):
        caller.say("Flush")
    kinds: list[str] = []
    while kinds.count("Flushed") < 21:
        kinds += [reply["type"] for reply in caller.hear()[1]]
    assert kinds.count("Warning") == 1


def test_a_failing_engine_is_told_and_closes_with_1011(broken: RunningStudio) -> None:
    with Caller(broken) as caller:
        caller.say("Speak", text="This will not be heard.")
        caller.say("Flush")
        _, replies = caller.hear("Warning")
        assert replies[-1]["code"] == "engine-failed"
        assert caller.end()[0] == 1011


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


def test_a_wrong_key_is_refused_in_deepgrams_words(slow: RunningStudio) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        Caller(slow, header={"Authorization": "Token wrong"})
    assert refused.value.status_code == 401
    assert json.loads(refused.value.resp_body or b"")["err_code"] == "INVALID_AUTH"
    assert post(slow, "", Authorization="Token wrong")[0] == 401
    assert post(slow, "", Authorization=f"Token {KEY}")[0] == 200


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


def test_twenty_talks_at_once_all_come_to_their_end(studio: RunningStudio) -> None:
    heard: list[int] = []

    def talk(n: int) -> None:
        with Caller(studio) as caller:
            heard.append(len(caller.spoken(f"I am number {n}.", " And I am done.")))

    threads = [threading.Thread(target=talk, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(heard) == 20
    assert min(heard) > SECOND
