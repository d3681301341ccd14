"""The loop that speaks: what a row says is its own business, and nothing is computed that nobody asks for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from backend.core.errors import BadRequest, EngineFailed, EngineUnavailable
from backend.engines.qwen3_tts.generation import TorchBackend, TorchSession, generate
from backend.engines.qwen3_tts.layers import STEP, KeyValueCache
from backend.engines.qwen3_tts.model import Qwen3TTS
from backend.engines.qwen3_tts.prompts import Prompt, Utterance, VoicePrompt, build
from backend.engines.qwen3_tts.sampling import Sampling

SAID = (
    Utterance("One of them talks for quite a while, and on, and on.", "english", "ryan"),
    Utterance("Ja.", "german", "serena"),
    Utterance("Three words, then.", None, "vivian", "quietly"),
)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def talks_on(tiny_models: Path) -> Qwen3TTS:
    return Qwen3TTS.load(tiny_models / "Qwen3-TTS-12Hz-1.7B-CustomVoice")


@pytest.fixture(scope="module")
def stops(tiny_models_that_stop: Path) -> Qwen3TTS:
    return Qwen3TTS.load(tiny_models_that_stop / "Qwen3-TTS-12Hz-1.7B-CustomVoice")


def _prompts(model: Qwen3TTS, said: Sequence[Utterance], whole: bool | None = None) -> list[Prompt]:
    with torch.inference_mode():
        return [build(model, one, whole) for one in said]


def _codes(model: Qwen3TTS, said: Sequence[Utterance], seeds: Sequence[int], most: int = 60) -> list[list[list[int]]]:
    rows: list[list[list[int]]] = [[] for _ in said]
    for frame in generate(model, _prompts(model, said), Sampling(), seeds, most):
        for row, codes in zip(frame.rows, frame.codes.tolist(), strict=True):
            rows[row].append(codes)
    return rows


def test_a_row_says_the_same_alone_and_beside_others_that_end_sooner_or_later(stops: Qwen3TTS) -> None:
    together = _codes(stops, SAID, [5, 6, 7])
    assert len({len(row) for row in together}) > 1
    for number, said in enumerate(SAID):
        assert _codes(stops, [said], [5 + number]) == [together[number]]


def test_a_seed_repeats_and_another_does_not(talks_on: Qwen3TTS) -> None:
    once, again, other = (_codes(talks_on, SAID[:1], [seed], 4) for seed in (1, 1, 2))
    assert once == again != other


CERTAIN = (Sampling(top_k=5, predictor_top_k=1), Sampling(top_k=5, predictor_top_p=1e-6))


@pytest.mark.parametrize("certain", [*CERTAIN, Sampling(top_k=5, predictor_temperature=0.0)], ids=["k", "p", "t"])
def test_the_other_fifteen_codes_are_drawn_as_asked_of_them(certain: Sampling, talks_on: Qwen3TTS) -> None:
    def others(sampling: Sampling) -> dict[int, set[tuple[int, ...]]]:
        found: dict[int, set[tuple[int, ...]]] = {}
        prompts = _prompts(talks_on, SAID[:1]) * 60
        (frame,) = generate(talks_on, prompts, sampling, range(60), 1)
        for first, *rest in frame.codes.tolist():
            found.setdefault(first, set()).add(tuple(rest))
        return found

    known = others(certain)
    assert len(known) > 1
    assert {len(rests) for rests in known.values()} == {1}
    assert max(len(rests) for rests in others(Sampling(top_k=5)).values()) > 1


def test_speech_without_an_end_is_ended_by_the_bound(talks_on: Qwen3TTS) -> None:
    assert [len(row) for row in _codes(talks_on, SAID, [1, 2, 3], 9)] == [9, 9, 9]


class Counting(TorchBackend):
    """Counts the steps of the talker."""

    steps = 0

    def start(self, prompts: Sequence[Prompt]) -> TorchSession:
        session = super().start(prompts)
        step = session.talker_step

        def counted(codes: torch.Tensor, text: torch.Tensor) -> None:
            self.steps += 1
            step(codes, text)

        session.talker_step = counted  # type: ignore[method-assign] # listens in; nothing is replaced
        return session


def test_closing_ends_the_work_at_once(talks_on: Qwen3TTS) -> None:
    backend = Counting(talks_on)
    frames = generate(talks_on, _prompts(talks_on, SAID[:1]), Sampling(), [1], 100, backend)
    for _ in range(3):
        next(frames)
    frames.close()  # type: ignore[attr-defined] # the iterator is a generator
    assert backend.steps == 2


def test_no_step_is_made_for_a_frame_behind_the_bound(talks_on: Qwen3TTS) -> None:
    backend = Counting(talks_on)
    assert len(list(generate(talks_on, _prompts(talks_on, SAID[:1]), Sampling(), [1], 5, backend))) == 5
    assert backend.steps == 4


def test_numbers_out_of_bounds_are_a_failure_with_a_remedy(talks_on: Qwen3TTS) -> None:
    (prompt,) = _prompts(talks_on, SAID[:1])
    broken = Prompt(prompt.start * float("nan"), prompt.trailing, prompt.pad)
    with pytest.raises(EngineFailed, match="out of bounds"):
        next(generate(talks_on, [broken], Sampling(), [1], 5))


def test_pieces_and_steps_through_a_growing_cache_equal_one_pass_over_all(talks_on: Qwen3TTS) -> None:
    stack, generator = talks_on.talker.model, torch.Generator().manual_seed(3)
    values = torch.randn(2, STEP + 40, talks_on.config.talker.hidden, generator=generator)
    positions = torch.arange(STEP + 40).expand(2, -1)
    with torch.inference_mode():
        whole = stack.run(values, positions, None, KeyValueCache(talks_on.config.talker, 2, values))
        cache = KeyValueCache(talks_on.config.talker, 2, values, capacity=30)
        stack.run(values[:, :10], positions[:, :10], None, cache)
        stack.run(values[:, 10:30], positions[:, 10:30], None, cache)
        for at in range(30, STEP + 40):
            last = stack.run(values[:, at : at + 1], positions[:, at : at + 1], None, cache)
    assert torch.allclose(last[:, 0], whole[:, -1], atol=1e-5)


def test_half_precision_speaks_too(tiny_models: Path) -> None:
    for dtype in (torch.bfloat16, torch.float16):
        model = Qwen3TTS.load(tiny_models / "Qwen3-TTS-12Hz-0.6B-CustomVoice", dtype=dtype)
        assert model.dtype == dtype
        assert [len(row) for row in _codes(model, SAID[:2], [1, 2], 3)] == [3, 3]


@pytest.mark.parametrize("whole", [True, False])
def test_nothing_to_say_is_refused(whole: bool, talks_on: Qwen3TTS) -> None:
    with pytest.raises(BadRequest, match="nothing to say"):
        _prompts(talks_on, [Utterance(" \n ")], whole)


def test_languages_and_speakers_that_are_not_there_are_refused_with_those_that_are(talks_on: Qwen3TTS) -> None:
    with pytest.raises(BadRequest) as refused:
        _prompts(talks_on, [Utterance("Hi.", "latin")])
    assert "russian" in refused.value.hint
    assert "dialect" not in refused.value.hint
    with pytest.raises(BadRequest) as refused:
        _prompts(talks_on, [Utterance("Hi.", speaker="nobody")])
    assert "vivian" in refused.value.hint


def test_a_speaker_of_a_dialect_speaks_it_in_chinese_and_unasked_only(talks_on: Qwen3TTS) -> None:
    def start(language: str | None, speaker: str) -> torch.Tensor:
        return _prompts(talks_on, [Utterance("好。", language, speaker)])[0].start

    assert torch.equal(start("chinese", "Eric"), start("sichuan_dialect", "eric"))
    assert torch.equal(start(None, "eric"), start("sichuan_dialect", "eric"))
    assert not torch.equal(start("english", "eric"), start("sichuan_dialect", "eric"))


def test_words_flow_beside_the_frames_when_not_given_at_once(talks_on: Qwen3TTS) -> None:
    tokens = len(talks_on.tokenizer.encode(SAID[0].text))
    whole, flowing = (_prompts(talks_on, SAID[:1], mode)[0] for mode in (True, False))
    assert len(flowing.trailing) == tokens  # all but the first, and the end of text
    assert torch.equal(whole.trailing, whole.pad[None])
    assert len(whole.start) - len(flowing.start) == tokens + 1


def test_a_reference_without_words_gives_its_vector_only(tiny_models: Path) -> None:
    model = Qwen3TTS.load(tiny_models / "Qwen3-TTS-12Hz-0.6B-Base")
    vector, codes = torch.ones(64), torch.zeros(20, 16, dtype=torch.long)
    wordless, vectored, known = (
        _prompts(model, [Utterance("Hi.", voice=voice)], True)[0].start
        for voice in (VoicePrompt(vector, codes, " "), VoicePrompt(vector), VoicePrompt(vector, codes, "Words."))
    )
    assert torch.equal(wordless, vectored)
    assert len(known) > len(vectored) + 20


def test_a_checkpoint_that_lacks_a_tensor_or_has_another_shape_is_told_by_name(tiny_models: Path) -> None:
    with pytest.raises(EngineUnavailable, match=r"speech_tokenizer.*config.json is not one of Qwen3-TTS"):
        Qwen3TTS.load(tiny_models / "Qwen3-TTS-12Hz-0.6B-Base" / "speech_tokenizer")


def test_loading_tells_how_far_it_is(tiny_models: Path) -> None:
    told: list[float] = []
    Qwen3TTS.load(tiny_models / "Qwen3-TTS-12Hz-0.6B-Base", progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
