"""How the preview engine cuts text, tells languages apart and places captions. No sound is made here."""

from __future__ import annotations

import itertools

import pytest

from backend.engines.preview.captions import place_units, time_words
from backend.engines.preview.design import traits_of
from backend.engines.preview.language import detect_language
from backend.engines.preview.text import LONGEST_PIECE, LONGEST_SENTENCE, Unit, sentences, speakable

SAMPLES = {
    "zh": "我今天很快乐，因为我去银行。",
    "en": "The weather is nice and we are going home.",
    "ja": "今日は東京へ行きます。",
    "ko": "오늘은 날씨가 좋습니다.",
    "de": "Der Hund und die Katze sind heute nicht zu Hause.",
    "fr": "Je ne suis pas sûr que ce soit une bonne idée.",
    "ru": "Привет, я живу в Москве.",
    "pt": "Você não está em casa hoje, mas amanhã sim.",
    "es": "¿Dónde está la biblioteca? Yo no lo sé.",
    "it": "Perché non vieni a mangiare gli gnocchi con noi?",
}


def captions_of(text: str, language: str) -> str:
    return "".join(unit.caption for sentence in sentences(text, language) for unit in sentence)


@pytest.mark.parametrize("language", SAMPLES)
def test_a_sentence_tells_its_language(language: str) -> None:
    assert detect_language(SAMPLES[language]) == language


@pytest.mark.parametrize("text", ["", "123", "!?", "😀"])
def test_a_text_that_tells_nothing_counts_as_english(text: str) -> None:
    assert detect_language(text) == "en"


@pytest.mark.parametrize("language", SAMPLES)
def test_the_captions_are_the_text(language: str) -> None:
    assert captions_of(SAMPLES[language], language) == "".join(SAMPLES[language].split())


def test_a_token_of_a_language_with_spaces_is_one_caption() -> None:
    (sentence,) = sentences("Ich lerne Python und 한국어를, Python으로!", "de")
    words = [unit.caption for unit in sentence if unit.caption]
    assert words == ["Ich", "lerne", "Python", "und", "한국어를,", "Python으로!"]


def test_a_chinese_caption_is_one_character_with_its_punctuation() -> None:
    (sentence,) = sentences("你好，世界。", "zh")
    assert [unit.caption for unit in sentence] == ["你", "好，", "世", "界。"]


def test_latin_words_inside_chinese_and_japanese_are_read_as_english() -> None:
    (sentence,) = sentences("我爱iPhone手机", "zh")
    assert {unit.caption: unit.language for unit in sentence}["iPhone"] == "en"


def test_han_is_japanese_beside_kana_and_chinese_without() -> None:
    assert {unit.language for sentence in sentences("東京へ行く", "en") for unit in sentence} == {"ja"}
    assert {unit.language for sentence in sentences("北京大学", "en") for unit in sentence} == {"zh"}


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two! Three?", 3),
        ("Dr. Who met Mr. Smith at 3.5 km.", 1),
        ("First line\nsecond line", 2),
        ("今日は。明日は。", 2),
        ("He said: wait... and left.", 1),
    ],
)
def test_sentences_end_where_a_reader_would_pause(text: str, count: int) -> None:
    assert len(list(sentences(text, "en"))) == count


@pytest.mark.parametrize("text", ["word " * 500, "a" * 5000, "字" * 5000, "あ" * 5000, "one, two, " * 300])
def test_no_sentence_grows_beyond_what_the_worker_holds(text: str) -> None:
    found = list(sentences(text, "en"))
    assert max(sum(len(unit.spoken) + 1 for unit in one) for one in found) <= LONGEST_SENTENCE + LONGEST_PIECE + 2
    assert captions_of(text, "en") == "".join(text.split())


@pytest.mark.parametrize("text", ["<speak>", "[[h@l]]", "\x01+10S", "a\x00b", "*bold*", "\u202eevil"])
def test_marks_that_command_a_synthesizer_are_taken_out(text: str) -> None:
    assert not set(speakable(text)) & set("<>[]*\x00\x01\u202e")


def test_wide_letters_and_foreign_digits_are_folded() -> None:
    assert speakable("ＡＢＣ") == "ABC"
    assert speakable("١٢٣") == "123"


def test_words_without_an_event_share_the_time_of_their_neighbours() -> None:
    units = [Unit(word, word, "en") for word in ("out", "of", "the", "box")]
    words = time_words(units, [0.0, 0.2, None, 0.5], 1.0)
    assert [word.word for word in words] == ["out", "of", "the", "box"]
    assert 0.2 < words[2].start < 0.5
    assert words[-1].end == 1.0


@pytest.mark.parametrize("starts", [[None] * 4, [0.9, 0.1, 0.5, 0.2], [0.0, 0.0, 0.0, 0.0], [5.0, 6.0, 7.0, 8.0]])
def test_captions_rise_strictly_whatever_the_events_were(starts: list[float | None]) -> None:
    words = time_words([Unit(str(index), "x", "en") for index in range(4)], starts, 1.0)
    assert all(a.start < a.end <= b.start for a, b in itertools.pairwise(words))
    assert words[-1].end <= 1.0


def test_events_that_drift_by_a_character_find_their_word() -> None:
    spans = [(0, 4), (5, 7), (8, 13)]  # "caffè è buono": positions after a letter with a mark come one early
    assert place_units(spans, [(0, 0.0), (4, 0.4), (7, 0.6)]) == [0.0, 0.4, 0.6]


@pytest.mark.parametrize(
    ("description", "sex", "age"),
    [
        ("an old man with a deep, raspy voice", "male", "old"),
        ("a cheerful young woman", "female", "young"),
        ("eine alte Frau, ruhig und warm", "female", "old"),
        ("un jeune homme énergique", "male", "young"),
        ("una mujer joven y alegre", "female", "young"),
        ("um homem velho e calmo", "male", "old"),
        ("una ragazza allegra", "female", "young"),
        ("пожилой мужчина с хриплым голосом", "male", "old"),
        ("温柔的年轻女声", "female", "young"),
        ("落ち着いた低い男性の声", "male", ""),
        ("나이 든 할머니의 부드러운 목소리", "female", "old"),
        ("a kind young man", "male", "young"),
        ("a voice", "", ""),
    ],
)
def test_a_description_says_sex_and_age_in_any_language(description: str, sex: str, age: str) -> None:
    traits = traits_of(description)
    assert (traits.sex, traits.age) == (sex, age)


def test_words_for_pitch_pace_and_roughness_point_the_right_way() -> None:
    assert traits_of("a deep voice").pitch < 0 < traits_of("a high-pitched voice").pitch
    assert traits_of("langsam").pace < 0 < traits_of("fala rápida").pace
    assert traits_of("хриплый голос").rough > 0
    assert traits_of("耳语").breath > 0
