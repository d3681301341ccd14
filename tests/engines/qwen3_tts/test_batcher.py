"""Several who speak at once: each says what it says alone, rows come and go, and nobody waits for the slow."""

from __future__ import annotations

import threading

import pytest
import torch

from backend.core.errors import EngineFailed
from backend.engines.qwen3_tts.generation import TorchBackend
from backend.engines.qwen3_tts.prompts import Prompt, build
from backend.engines.qwen3_tts.sampling import Sampling
from backend.engines.qwen3_tts.static.backend import StaticBackend, slots_for
from backend.engines.qwen3_tts.static.batcher import MOST_WAITING
from backend.engines.qwen3_tts.static.room import Room
from backend.engines.qwen3_tts.static.turn import Turn
from tests.engines.qwen3_tts.speaking import BOLD, GREEDY, SAID, USUAL, Codes, model, prompts, spoken
from tests.engines.qwen3_tts.tape import Tape


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def test_many_who_speak_with_settings_of_their_own_say_what_each_says_alone() -> None:
    said = prompts("0.6B", SAID)
    settings = [GREEDY, USUAL, BOLD]
    alone = [spoken(TorchBackend(model()), [one], way, 20) for one, way in zip(said, settings, strict=True)]
    backend = StaticBackend(model(), Tape(), slots=4, capacity=256)
    heard: dict[int, Codes] = {}

    def speak(number: int) -> None:
        heard[number] = spoken(backend, [said[number]], settings[number], 20)

    _in_threads(speak, 3)
    assert [heard[number] for number in range(3)] == alone


def test_many_who_come_and_go_say_what_each_says_alone() -> None:
    stops = model("1.7B", stops=True)
    with torch.inference_mode():
        said = [build(stops, one) for one in SAID]
    asked = [(number % 3, 1 + number % 2, (5, 20, 40)[number // 3 % 3]) for number in range(18)]
    plain = TorchBackend(stops)
    expected = [spoken(plain, [said[first]] * count, USUAL, most, (1, 2)) for first, count, most in asked]
    backend = StaticBackend(stops, None, slots=4, capacity=256)
    found: dict[int, Codes] = {}

    def speak(thread: int) -> None:
        for number in range(thread, len(asked), 6):
            first, count, most = asked[number]
            found[number] = spoken(backend, [said[first]] * count, USUAL, most, (1, 2))

    _in_threads(speak, 6)
    assert [found[number] for number in range(len(asked))] == expected


def test_who_comes_later_joins_at_the_next_frame_and_disturbs_nobody() -> None:
    said = prompts("0.6B", SAID)
    tape = Tape()
    backend = StaticBackend(model(), tape, slots=4, capacity=256)
    first = backend.speak(said[:1], Sampling(), [5], 20)
    early = [next(first).codes.tolist() for _ in range(3)]
    second = backend.speak(said[1:], Sampling(), [6, 7], 10)
    later = [frame.codes.tolist() for frame in second]
    assert len(later) == 10
    assert tape.repeated < 3 + 10 + 3, "they were spoken in the same frames, as far as anybody fetches them"
    rest = [frame.codes.tolist() for frame in first]
    expected = spoken(TorchBackend(model()), said[:1], most=20)[0]
    assert [row for (row,) in early + rest] == expected
    beside = spoken(TorchBackend(model()), said[1:], most=10, seeds=(6, 7))
    assert [list(row) for row in zip(*later, strict=True)] == beside


def test_who_does_not_fetch_pauses_and_holds_up_nobody() -> None:
    said = prompts("0.6B", SAID)
    backend = StaticBackend(model(), None, slots=2, capacity=256)
    ways = (BOLD, USUAL)  # who pauses may have asked for more than is computed meanwhile
    slow, quick = (backend.speak([said[number]], ways[number], [5 + number], 30) for number in (0, 1))
    next(slow)
    assert len(list(quick)) == 30
    (call,) = backend._batcher._speaking
    assert len(call.frames) == MOST_WAITING
    assert len(list(slow)) == 29


def test_who_finds_no_slot_waits_in_the_order_of_asking() -> None:
    said = prompts("0.6B", SAID)
    backend = StaticBackend(model(), None, slots=2, capacity=256)
    holding = backend.speak(said[:1], Sampling(), [5], 200)
    next(holding)
    ended: list[str] = []
    large = threading.Thread(target=lambda: ended.append(f"large {len(spoken(backend, said[:2], most=9)[0])}"))
    large.start()
    while not backend._batcher._waiting:
        threading.Event().wait(0.001)
    small = threading.Thread(target=lambda: ended.append(f"small {len(spoken(backend, said[2:], most=3)[0])}"))
    small.start()
    for _ in range(5):
        next(holding)
    assert not ended, "a small one does not overtake the large one"
    holding.close()
    large.join(20)
    small.join(20)
    assert ended == ["large 9", "small 3"]
    assert backend._batcher._room.free == 2


def test_more_rows_than_slots_are_spoken_without_recordings() -> None:
    said = prompts("0.6B", SAID)
    backend = StaticBackend(model(), tape := Tape(), slots=2, capacity=256)
    assert spoken(backend, said) == spoken(TorchBackend(model()), said)
    assert not tape.recorded


def test_leaving_gives_the_slots_back_at_once() -> None:
    said = prompts("0.6B", SAID)
    backend = StaticBackend(model(), None, slots=4, capacity=256)
    frames = backend.speak(said, Sampling(), [1, 2, 3], 100)
    next(frames)
    assert backend._batcher._room.free == 1
    frames.close()
    assert backend._batcher._room.free == 4


def test_numbers_out_of_bounds_end_one_and_nobody_else() -> None:
    (good, other, _) = prompts("0.6B", SAID)
    broken = Prompt(good.start * float("nan"), other.trailing, other.pad)
    backend = StaticBackend(model(), Tape(), slots=2, capacity=256)
    speaking = backend.speak([good], Sampling(), [5], 12)
    start = [next(speaking).codes.tolist()[0]]
    with pytest.raises(EngineFailed, match="out of bounds"):
        next(backend.speak([broken], Sampling(), [6], 12))
    expected = spoken(TorchBackend(model()), [good])[0]
    assert start + [frame.codes.tolist()[0] for frame in speaking] == expected
    for one in (other, good):  # the shorter one lies where the broken one lay
        assert spoken(backend, [one]) == spoken(TorchBackend(model()), [one]), "its slot is as good as new"
    assert spoken(backend, [good, good], seeds=(5, 5)) == [expected, expected]


def test_memory_that_runs_out_leaves_what_is_recorded_and_runs_the_rest_as_it_is() -> None:
    said = prompts("0.6B", SAID)
    tape = Tape(room=1)
    backend = StaticBackend(model(), tape, slots=4, capacity=256)
    backend.record()
    assert len(backend.replays) == 1 and backend.replays.full
    assert spoken(backend, said) == spoken(TorchBackend(model()), said)
    assert not tape.repeated
    assert spoken(backend, said[:1]) == spoken(TorchBackend(model()), said[:1])
    assert tape.repeated


def test_what_is_common_is_recorded_before_anybody_waits() -> None:
    told: list[float] = []
    tape = Tape()
    backend = StaticBackend(model(), tape, slots=2, capacity=1024)
    backend.record(told.append)
    tape.repeated = 0
    assert told == [0.2, 0.4, 0.6, 0.8, 1.0] and tape.recorded == 5, "two batches and three lengths of prompts"
    said = prompts("0.6B", SAID)
    assert spoken(backend, said[:2]) == spoken(TorchBackend(model()), said[:2])
    assert tape.recorded == 6 and tape.repeated == 12
    assert spoken(backend, said[:1]) == spoken(TorchBackend(model()), said[:1])
    assert tape.recorded == 6 and tape.repeated == 12 + 1 + 12, "a prompt, and a frame after the other"


def test_as_many_rows_as_a_quarter_of_the_memory_holds() -> None:
    assert slots_for(model(), "cuda", 0) == 1
    assert [slots_for(model(), kind, 1_000_000) for kind in ("cuda", "mps")] == [16, 4]
    room = Room(model(), 4, 256)
    assert room.free == 4


def _in_threads(work: object, count: int) -> None:
    assert callable(work)
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


@pytest.mark.parametrize("fetched", [True, False], ids=["ended", "paused"])
def test_a_row_that_filled_its_slot_does_no_harm_when_it_ended_or_pauses(fetched: bool) -> None:
    said = prompts("0.6B", SAID)
    with torch.inference_mode():
        length = 256 - MOST_WAITING - (not fetched)
        long = Prompt(said[0].start.repeat(40, 1)[:length], said[0].trailing, said[0].pad)
    backend = StaticBackend(model(), None, slots=4, capacity=256)
    others = backend.speak(said, Sampling(), [5, 6, 7], 12)
    start = [next(others)]
    full = backend.speak([long], Sampling(), [8], MOST_WAITING if fetched else 2 * MOST_WAITING)
    heard = [next(full)]
    heard += list(full) if fetched else []
    found = [*start, *others]
    rows = [[frame.codes[row].tolist() for frame in found] for row in range(3)]
    assert rows == spoken(TorchBackend(model()), said)
    heard += list(full)
    expected = spoken(TorchBackend(model()), [long], most=len(heard), seeds=(8,))[0]
    assert [frame.codes[0].tolist() for frame in heard] == expected


def test_turns_are_given_in_the_order_of_asking() -> None:
    turn, order = Turn(), []
    asked = [threading.Event() for _ in range(5)]

    def take(number: int) -> None:
        asked[number].set()
        with turn:
            assert turn.held
            order.append(number)

    with turn:
        threads = [threading.Thread(target=take, args=(number,)) for number in range(5)]
        for number, thread in enumerate(threads):
            thread.start()
            asked[number].wait()
            while len(turn._waiting) <= number:
                threading.Event().wait(0.001)
    with turn:  # who just had it comes last
        order.append(9)
    for thread in threads:
        thread.join(10)
    assert order == [0, 1, 2, 3, 4, 9] and not turn.held
