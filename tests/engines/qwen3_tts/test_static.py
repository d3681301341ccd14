"""Static shapes say what plain PyTorch says: draw by draw, in any batch, recorded and not."""

from __future__ import annotations

import pytest
import torch

from backend.engines.qwen3_tts.generation import Draw, TorchBackend
from backend.engines.qwen3_tts.model import Qwen3TTS
from backend.engines.qwen3_tts.prompts import Utterance, build
from backend.engines.qwen3_tts.sampling import FirstCode, Sampling, pick, shares
from backend.engines.qwen3_tts.static.backend import StaticBackend
from backend.engines.qwen3_tts.static.drawing import Boldness, Kind, Way, drawn
from backend.engines.qwen3_tts.static.room import AHEAD
from tests.engines.qwen3_tts.speaking import BOLD, GREEDY, NAMES, SAID, USUAL, model, prompts, spoken
from tests.engines.qwen3_tts.tape import Tape
from tests.tiny_checkpoints import tiny_checkpoints


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize("recorded", [False, True], ids=["as it is", "recorded"])
@pytest.mark.parametrize("whole", [True, False], ids=["whole text", "flowing text"])
@pytest.mark.parametrize("sampling", [GREEDY, USUAL, BOLD], ids=["greedy", "usual", "bold"])
@pytest.mark.parametrize("size", NAMES)
def test_codes_are_those_of_plain_pytorch(size: str, sampling: Sampling, whole: bool, recorded: bool) -> None:
    backend = StaticBackend(model(size), Tape() if recorded else None, slots=4, capacity=256)
    for said in (SAID[:1], SAID):
        asked = prompts(size, said, whole)
        assert spoken(backend, asked, sampling) == spoken(TorchBackend(model(size)), asked, sampling)


@pytest.mark.parametrize("capacity", [256, 512])
def test_codes_stay_the_same_over_every_border(capacity: int) -> None:
    """More frames than random numbers lie ready for, more positions than the first bucket, or than the room, has."""
    long = Utterance(SAID[0].text * 4, "english", "ryan", "in one breath, " * 4)
    said = prompts("0.6B", [long, SAID[1]])
    tape = Tape()
    backend = StaticBackend(model(), tape, slots=2, capacity=capacity)
    frames = 256 - len(said[0].start) + 8
    assert AHEAD < frames < 120
    assert spoken(backend, said, most=frames) == spoken(TorchBackend(model()), said, most=frames)
    assert tape.recorded == 2 and tape.repeated == frames


def test_rows_that_end_leave_the_others_as_they_were() -> None:
    stops = model("1.7B", stops=True)
    with torch.inference_mode():
        said = [build(stops, one) for one in SAID]
    tape = Tape()
    alike = spoken(StaticBackend(stops, tape, slots=4), said, most=60)
    assert alike == spoken(TorchBackend(stops), said, most=60)
    assert len({len(row) for row in alike}) > 1
    assert 1 < tape.recorded < tape.repeated, "smaller batches are recorded once each"


def test_a_session_steps_as_the_plain_one_and_rows_leave_it() -> None:
    said = prompts("1.7B", SAID)
    plain, static = (one.start(said) for one in (TorchBackend(model("1.7B")), StaticBackend(model("1.7B"))))
    with torch.inference_mode():
        for kept in ([0, 1, 2], [0, 2], [1]):
            for session in (plain, static):
                session.select(kept)
            chances = torch.rand(len(kept), 16, generator=torch.Generator().manual_seed(len(kept)))
            first = plain.logits[:, :60].argmax(dim=-1)
            draw = Draw(chances, 0.9, 50, 0.9)
            codes = [session.predict_frame(first, draw) for session in (plain, static)]
            assert torch.equal(*codes)
            for session in (plain, static):
                session.talker_step(codes[0], torch.stack([said[0].pad] * len(kept)))
            assert torch.allclose(plain.logits, static.logits, atol=1e-4)
            assert torch.allclose(plain.hidden, static.hidden, atol=1e-4)


WAYS = [(0.0, 0, 1.0), (0.9, 50, 1.0), (0.7, 5, 1.0), (1.3, 0, 0.6), (1.0, 200, 0.9), (0.9, 1, 1.0), (0.9, 0, 1e-6)]


@pytest.mark.parametrize("alone", [True, False], ids=["one way", "a way for each row"])
def test_draws_are_those_of_the_reference(alone: bool) -> None:
    generator = torch.Generator().manual_seed(4)
    logits = torch.randn(len(WAYS), 300, generator=generator) * 3
    logits[:, 10] = logits[:, 11]  # a tie
    ways = [Way(*way) for way in WAYS]
    for chance in torch.rand(100, len(WAYS), generator=generator):
        expected = [
            int(pick(shares(row[None], *way), c[None])) for row, way, c in zip(logits, WAYS, chance, strict=True)
        ]
        groups = [slice(row, row + 1) for row in range(len(WAYS))] if alone else [slice(None)]
        found: list[int] = []
        for group in groups:
            bold = Boldness.of(len(ways[group]), 300, torch.device("cpu"))
            for row, way in enumerate(ways[group]):
                bold.set(row, way)
            found += drawn(logits[group], chance[group], bold, Kind.serving(ways[group], 300)).tolist()
        assert found == expected


def test_weights_that_moved_are_joined_again() -> None:
    said = prompts("0.6B", SAID)
    backend = StaticBackend(model(), Tape(), slots=4, capacity=256)
    before = spoken(backend, said)
    backend.rest()
    for parameter in backend.model.talker.parameters():
        parameter.data = parameter.data.clone()
    backend.wake()
    assert spoken(backend, said) == before


def test_a_step_that_asks_the_device_cannot_be_recorded() -> None:
    numbers = torch.ones(3)
    with pytest.raises(RuntimeError, match="cannot be recorded"):
        Tape().record(lambda: numbers.mul_(float(numbers.sum())))


def test_joined_weights_take_no_memory_of_their_own() -> None:
    fresh = Qwen3TTS.load(tiny_checkpoints() / NAMES["0.6B"])
    StaticBackend(fresh, slots=1, capacity=256)
    weights = dict(fresh.talker.model.layers[1].named_parameters())
    joined = [weights[f"self_attn.{name}_proj.weight"].untyped_storage().data_ptr() for name in "qkv"]
    assert len(set(joined)) == 1


def test_the_first_code_remembers_and_the_end_waits() -> None:
    """Without the reference's penalty and bans the first codes would differ."""
    said = prompts("0.6B", SAID[:1])
    strict = Sampling(greedy=True, repetition_penalty=50.0)
    backend = StaticBackend(model(), Tape(), slots=1, capacity=256)
    found = [frame[0] for frame in spoken(backend, said, strict, 20)[0]]
    assert found == [frame[0] for frame in spoken(TorchBackend(model()), said, strict, 20)[0]]
    assert len(set(found)) > len({frame[0] for frame in spoken(backend, said, GREEDY, 20)[0]})
    assert FirstCode(model().config, strict, 1, torch.device("cpu"))._banned.sum() == 1023
