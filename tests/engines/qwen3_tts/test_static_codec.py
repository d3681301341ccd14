"""The recorded codec sounds as the plain one, in pieces of any size, for several streams beside each other."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from backend.engines.qwen3_tts.codec.decoder import CodecDecoder
from backend.engines.qwen3_tts.static.codec import StaticCodec
from backend.engines.qwen3_tts.static.graphs import Replays
from backend.engines.qwen3_tts.static.turn import Turn
from tests.engines.qwen3_tts.tape import Tape
from tests.tiny_checkpoints import tiny_checkpoints

RAMP = (1, 2, 4, 8, 8, 3)


@cache
def decoder() -> CodecDecoder:
    """In numbers for which there are no compiled activations: those run past what records."""
    return CodecDecoder.load(tiny_checkpoints() / "Qwen3-TTS-Tokenizer-12Hz", dtype=torch.float64)


def recorded(tape: Tape | None) -> StaticCodec:
    return StaticCodec(decoder(), Replays(tape), Turn())


def codes(frames: int, seed: int) -> torch.Tensor:
    return torch.randint(0, 64, (1, decoder().groups, frames), generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize("taped", [True, False], ids=["recorded", "as it is"])
def test_pieces_sound_as_the_whole_does(taped: bool) -> None:
    tape = Tape()
    codec = recorded(tape if taped else None)
    heard = codes(sum(RAMP) + 100, 1)
    state, pieces = codec.start(), []
    for piece in torch.split(heard, [*RAMP, 100], dim=2):
        pieces.append(codec.push(piece, state))
    plain = decoder().push(heard, decoder().start())
    assert torch.allclose(torch.cat(pieces, dim=1), plain, atol=1e-5) and plain.std() > 0.01
    assert (tape.recorded, tape.repeated) == ((4, 7 + 12 + 1) if taped else (0, 0))


def test_streams_beside_each_other_and_copies_go_their_own_ways() -> None:
    codec = recorded(Tape())
    first, second = codec.start(), codec.start()
    one, other = codes(30, 2), codes(30, 3)
    sounds: list[list[torch.Tensor]] = [[], [], []]
    for at in range(0, 20, 4):
        sounds[0].append(codec.push(one[:, :, at : at + 4], first))
        sounds[1].append(codec.push(other[:, :, at : at + 4], second))
    branch = first.clone()
    sounds[0].append(codec.push(one[:, :, 20:], first))
    sounds[2].append(codec.push(other[:, :, 20:], branch))
    sounds[1].append(codec.push(other[:, :, 20:], second))
    expected = [one, other, torch.cat((one[:, :, :20], other[:, :, 20:]), dim=2)]
    whole = [decoder().push(heard, decoder().start()) for heard in expected]
    assert torch.allclose(torch.cat(sounds[0], dim=1), whole[0], atol=1e-5)
    assert torch.allclose(torch.cat(sounds[1], dim=1), whole[1], atol=1e-5)
    assert torch.allclose(sounds[2][0], whole[2][:, -sounds[2][0].shape[1] :], atol=1e-5)


def test_several_rows_at_once_go_the_plain_way() -> None:
    codec = recorded(tape := Tape())
    heard = torch.cat((codes(9, 4), codes(9, 5)))
    plain = decoder().push(heard, decoder().start(2))
    assert torch.equal(codec.push(heard, codec.start(2)), plain)
    state = codec.start()
    codec.push(heard[:1, :, :4], state)
    both = codec.push(heard[:1, :, 4:].expand(2, -1, -1), state.repeat(2))
    assert torch.allclose(both[1], plain[0, -both.shape[1] :], atol=1e-5)
    assert tape.repeated == 1


def test_codes_of_another_shape_are_refused() -> None:
    codec = recorded(None)
    with pytest.raises(ValueError, match="in a stream of"):
        codec.push(codes(3, 1)[:, 1:], codec.start())


def test_all_sizes_are_recorded_before_anybody_waits() -> None:
    codec = recorded(tape := Tape())
    codec.record()
    assert tape.recorded == 4
    assert torch.allclose(
        codec.push(codes(1, 6), codec.start()), decoder().push(codes(1, 6), decoder().start()), atol=1e-5
    )
    assert (tape.recorded, tape.repeated) == (4, 1)
