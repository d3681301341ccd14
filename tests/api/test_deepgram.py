"""Deepgram's socket, `/v1/speak`, spoken by a plain WebSocket client: order, timing, silence, mistakes."""

from __future__ import annotations

import json
import struct
import threading
import time
from collections.abc import Iterator

import pytest
import websocket

from tests.deepgram_caller import KEY, SECOND, SENTENCE, Caller
from tests.running_studio import RunningStudio

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


@pytest.fixture
def caller(studio: RunningStudio) -> Iterator[Caller]:
    with Caller(studio) as made:
        yield made


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
        assert time.monotonic() - began < 5  # benchmarks/deepgram.py measures it: a millisecond where nobody else works
        assert replies == [{"type": "Cleared", "sequence_id": 0}]
        assert len(late) < len(LONG) * 0.06 * SECOND / 3  # what was on its way, more of it on a busy machine
        caller.ws.settimeout(0.7)
        with pytest.raises(websocket.WebSocketTimeoutException):
            caller.ws.recv()
        assert slow.waits_until(lambda: slow.studio.list_jobs(1)[0]["status"] in ("cancelled", "done"), 5)
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
    assert slow.waits_until(lambda: len(slow.sockets) == 0, 5)
    # a stretch may just have been spoken to its end; the next is never asked for
    ended = ("cancelled", "done")
    assert slow.waits_until(lambda: all(job["status"] in ended for job in slow.studio.list_jobs(50)), 5)


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
