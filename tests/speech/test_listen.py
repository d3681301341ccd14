"""Long sound is written down as if it were heard in one piece."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.errors import BadRequest, Cancelled, EngineUnavailable, NotFound
from backend.core.types import Samples
from backend.engines.base import Availability
from backend.engines.listening import RATE, Utterance
from backend.model_manager import ModelManager
from backend.speech.listen import Transcript, listen
from tests.tone_speech import WORDS, ToneListener, spoken


def written(sound: Samples, one: ToneListener, **named: object) -> Transcript:
    return listen(sound, ModelManager({}, listeners={one.info.name: one}), **named)  # type: ignore[arg-type]  # a table


@settings(max_examples=30, deadline=None)
@given(
    words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=400),
    breaks=st.dictionaries(st.integers(0, 399), st.floats(0.05, 2.0), max_size=6),
)
def test_no_word_is_lost_or_doubled_at_any_cut(words: list[str], breaks: dict[int, float]) -> None:
    one = ToneListener()
    found = written(spoken(words, breaks), one)
    assert found.text.split() == words
    assert max(one.heard) <= 22.0001
    times = [word for each in found.utterances for word in each.words]
    assert all(a.end <= b.start + 1e-6 for a, b in itertools.pairwise(times))


def test_words_of_known_places_have_their_times() -> None:
    words = WORDS * 10
    found = written(spoken(words), ToneListener())
    starts = [word.start for each in found.utterances for word in each.words]
    assert np.allclose(starts, np.arange(len(words)) * 0.23, atol=0.02)


def test_a_recogniser_without_times_loses_no_word_of_speech_without_pauses() -> None:
    words = list(np.random.default_rng(1).choice(WORDS, 500))
    one = ToneListener(times=False)
    assert written(spoken(words), one).text.split() == words
    assert len(one.heard) > 4


def test_silence_gives_an_empty_text_and_loads_nothing() -> None:
    one = ToneListener()
    found = written(np.zeros(5 * RATE, np.float32), one)
    assert (found.text, found.utterances, found.language, one.loads) == ("", (), "", 0)
    assert [notice.code for notice in found.notices] == ["silence"]


def test_the_threshold_of_silence_is_a_setting() -> None:
    quiet = spoken(WORDS[:8], level=0.005)  # about -49 dBFS
    assert written(quiet, ToneListener()).text == ""
    assert written(quiet, ToneListener(), silence_db=-60.0).text.split() == WORDS[:8]


def test_the_language_heard_in_the_longest_piece_is_that_of_all() -> None:
    one = ToneListener()
    sound = np.concatenate([spoken(WORDS[:5]), np.zeros(30 * RATE, np.float32), spoken(WORDS * 3)])
    found = written(sound, one)
    assert one.languages == ["auto", "it"]
    assert found.language == "it"
    assert found.text.split() == WORDS[:5] + WORDS * 3, "in the order of the recording all the same"


def test_progress_grows_to_one() -> None:
    told: list[float] = []
    written(spoken(WORDS * 20), ToneListener(), told=told.append)
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)


@settings(max_examples=20, deadline=None)
@given(
    words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=400),
    breaks=st.dictionaries(st.integers(0, 399), st.floats(0.05, 2.0), max_size=6),
)
def test_what_is_told_meanwhile_grows_and_is_never_taken_back(words: list[str], breaks: dict[int, float]) -> None:
    said: list[str] = []
    found = written(spoken(words, breaks), ToneListener(), said=said.append)
    assert all(later.startswith(before) for before, later in itertools.pairwise(said))
    assert said[-1] == found.text


def test_the_text_is_told_while_the_rest_is_still_listened_to() -> None:
    said: list[str] = []
    sound = np.concatenate([spoken(WORDS[:5]), np.zeros(3 * RATE, np.float32), spoken(WORDS * 6)])
    written(sound, ToneListener(), said=said.append)
    assert len({text for text in said if text}) > 1


class Translating(ToneListener):
    """Writes its English in capitals, and tells who asked for what."""

    def __init__(self) -> None:
        super().__init__(name="translating")
        self.info = replace(self.info, translates=True, quality=20)

    def translate(
        self, samples: Samples, language: str, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[Utterance]:
        for each in self.transcribe(samples, language, cancelled):
            yield replace(each, text=each.text.upper())


def test_a_translation_is_made_by_who_translates_and_is_english() -> None:
    better, one = ToneListener(), Translating()
    manager = ModelManager({}, listeners={"tones": better, "translating": one})
    sound = np.concatenate([spoken(WORDS[:5]), np.zeros(30 * RATE, np.float32), spoken(WORDS * 3)])
    found = listen(sound, manager, task="translate")
    assert found.text.split() == [word.upper() for word in WORDS[:5] + WORDS * 3]
    assert (found.engine, found.language) == ("translating", "en")
    assert one.languages == ["auto", "it"], "what is spoken stays what it is"
    assert listen(sound, manager).engine == "tones"
    with pytest.raises(BadRequest, match="translates nothing"):
        listen(sound, manager, "tones", task="translate")


def test_it_stops_when_it_is_cancelled() -> None:
    one = ToneListener()
    with pytest.raises(Cancelled):
        written(spoken(WORDS * 20), one, cancelled=lambda: len(one.heard) >= 1)
    assert len(one.heard) == 1


class Rough(ToneListener):
    """Takes all it hears for English."""

    def __init__(self, quality: int = 95) -> None:
        super().__init__(name="rough")
        self.info = type(self.info)(
            "rough", "Rough", ("en",), 1, quality=quality, detects=False, honesty="It is rough."
        )


class Absent(ToneListener):
    def __init__(self) -> None:
        super().__init__(name="absent_large")
        self.info = type(self.info)("absent_large", "Absent", ("en", "fr"), 1, quality=99)

    def availability(self, language: str = "auto") -> Availability:
        return Availability(False, "It is not downloaded.", "Download it.")


@pytest.fixture
def models() -> ModelManager:
    return ModelManager({}, listeners={one.info.name: one for one in (Absent(), Rough(), ToneListener())})


@pytest.mark.parametrize(
    ("asked", "language", "taken"),
    [("auto", "auto", "tones"), ("auto", "en", "rough"), ("auto", "it", "tones"), ("rough", "auto", "rough")],
)
def test_auto_takes_the_best_that_is_there_for_the_language(
    models: ModelManager, asked: str, language: str, taken: str
) -> None:
    assert models.pick_listener(asked, language).info.name == taken


@pytest.mark.parametrize(
    ("asked", "language", "problem"),
    [("nobody", "auto", NotFound), ("", "auto", NotFound), ("rough", "it", BadRequest), ("auto", "xx", BadRequest),
     ("absent", "auto", EngineUnavailable), ("auto", "fr", EngineUnavailable)],
)  # fmt: skip
def test_who_cannot_listen_is_told_with_a_way_out(
    models: ModelManager, asked: str, language: str, problem: type[Exception]
) -> None:
    with pytest.raises(problem) as told:
        models.pick_listener(asked, language)
    assert told.value.hint or told.value.fields  # type: ignore[attr-defined]  # every Problem has them


def test_what_people_should_know_is_in_the_notices(models: ModelManager) -> None:
    found = listen(spoken(WORDS[:9]), models, "rough")
    assert [notice.code for notice in found.notices] == ["recogniser-note", "language-assumed"]
    assert found.notices[0].text == "It is rough."
    assert (found.engine, found.language) == ("rough", "en")
    assert written(spoken(WORDS[:9]), Rough(quality=10)).notices[0].code == "rough-recogniser"
