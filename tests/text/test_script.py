"""The grammar of scripts: what becomes a segment, what a bracket means, and that no word is lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.tables.emotions import fold
from backend.core.types import PersonalityVoice, PresetVoice
from backend.text.script import CLAUSE_PAUSE, PARAGRAPH_PAUSE, SENTENCE_PAUSE, Script, parse_script
from backend.text.tags import PAUSE, NamedVoice

ANNA = NamedVoice("Anna", PersonalityVoice(personality="anna"), ("happy", "battle-cry"))
RYAN = NamedVoice("Ryan", PresetVoice(speaker="Ryan"))
HAPPY = NamedVoice("Happy", PersonalityVoice(personality="happy"))
CAST = {fold(voice.name): voice for voice in (ANNA, RYAN, HAPPY)}


def read(text: str, own: tuple[str, ...] = (), chosen: str = "neutral") -> Script:
    return parse_script(text, own, CAST, chosen)


def said(script: Script) -> list[tuple[str, str]]:
    return [(segment.emotion, segment.text) for segment in script.segments]


def codes(script: Script) -> list[str]:
    return [notice.code for notice in script.notices]


def test_a_tag_holds_until_the_next() -> None:
    assert said(read("[happy] Hi! You? [sad] Bye. Really.")) == [("happy", "Hi! You?"), ("sad", "Bye. Really.")]


def test_text_before_the_first_tag_is_the_chosen_emotion() -> None:
    assert said(read("Well. [sad] Bye.", chosen="calm")) == [("calm", "Well."), ("sad", "Bye.")]


def test_a_lone_tag_is_a_text_with_no_segments() -> None:
    for text in ("[angry]", "[angry] [sad]", "", "  \n ", "[angry] … !", "[pause 2s]"):
        assert read(text).segments == ()


@pytest.mark.parametrize(
    ("tag", "seconds"),
    [
        ("[pause 1.5s]", 1.5), ("[pause 500ms]", 0.5), ("[pause]", PAUSE), ("[PAUSE 2]", 2), ("[pause 1,5 s]", 1.5),
        ("[pausa 1s]", 1), ("[пауза 2 с]", 2), ("[停顿 1秒]", 1), ("[pause: 3 seconds]", 3), ("[pause 0]", 0),
        ("【pause １s】", 1), ("[short pause]", 0.3), ("[Long Pause]", 1.5), ('<break time="1.5s" />', 1.5),
        ("<break/>", PAUSE), ("<BREAK time='750ms'/>", 0.75), ('<break strength="weak" time=2s>', 2),
    ],
)  # fmt: skip
def test_a_pause_tag_is_that_long(tag: str, seconds: float) -> None:
    script = read(f"One. {tag} Two.")
    assert [segment.pause_after for segment in script.segments] == [pytest.approx(seconds), 0.0]
    assert script.segments[0].gap == "asked"


def test_pauses_add_up_and_stand_at_the_ends_too() -> None:
    script = read("[pause 1s] One. [pause 1s][pause 500ms] Two. [pause 2s]")
    assert script.lead == 1.0
    assert [segment.pause_after for segment in script.segments] == [1.5, 2.0]


def test_an_endless_pause_is_cut_with_a_notice() -> None:
    script = read("One. [pause 99999s] Two.")
    assert script.segments[0].pause_after == 60.0
    assert codes(script) == ["pause-shortened"]


def test_natural_pauses_follow_the_text() -> None:
    script = read("One. [sad] Two [happy] three.\n\nFour!\r\n \r\nFive")
    pauses = [SENTENCE_PAUSE, CLAUSE_PAUSE, PARAGRAPH_PAUSE, PARAGRAPH_PAUSE, 0.0]
    assert [segment.pause_after for segment in script.segments] == pauses


def test_a_line_break_alone_is_no_paragraph() -> None:
    assert len(read("One\nTwo").segments) == 1


def test_voices_take_turns_in_any_letter_case() -> None:
    script = read("Hello. [ANNA] Hi! [ryan: sad] Oh. [tired] Yes. [anna] Bye.")
    assert [(s.speaker, s.emotion) for s in script.segments] == [
        ("", "neutral"), ("Anna", "neutral"), ("Ryan", "sad"), ("Ryan", "tired"), ("Anna", "neutral"),
    ]  # fmt: skip


def test_a_personality_may_have_emotions_of_its_own() -> None:
    assert said(read("[battle-cry] Now!", own=("battle-cry",))) == [("battle-cry", "Now!")]
    assert said(read("[anna: battle cry] Now! [Battle-Cry] Go!"))[1] == ("battle-cry", "Go!")
    assert said(read("[battle-cry] Now!")) == [("neutral", "[battle-cry] Now!")]


def test_an_emotion_wins_over_a_voice_of_that_name() -> None:
    assert read("[happy] Hi").segments[0].speaker == ""


@pytest.mark.parametrize(
    ("tag", "emotion"),
    [("[hapy]", "happy"), ("[angyr]", "angry"), ("[surprized]", "surprised"), ("[sadd]", "sad"), ("[грусный]", "sad"),
     ("[feelice]", "happy"), ("[wisper]", "whisper"), ("[sarkastic]", "sarcastic"), ("[Anna: hapy]", "happy")],
)  # fmt: skip
def test_a_near_miss_counts_with_a_notice(tag: str, emotion: str) -> None:
    script = read(f"{tag} Hi.")
    assert said(script) == [(emotion, "Hi.")]
    assert codes(script) == ["tag-near-miss"]
    assert script.tags[0].suggestion


def test_a_misspelt_voice_is_found() -> None:
    assert read("[Anan] Hi.").segments[0].speaker == "Anna"


@pytest.mark.parametrize(
    "word",
    "1 sic note from form farm mode made said export string fixme todo chapter citation music here index "
    "table main test image hello world 12:30 a ab abc Anna:".split(),
)
def test_other_brackets_stay_in_the_text_with_a_notice(word: str) -> None:
    script = read(f"So [{word}] it is.")
    assert said(script) == [("neutral", f"So [{word}] it is.")]
    assert codes(script) == ["tag-unknown"]
    assert script.tags[0].kind == "unknown"


def test_what_lies_between_two_known_words_is_not_guessed() -> None:
    cast = {"carla": NamedVoice("Carla", RYAN.spec), "carlo": NamedVoice("Carlo", RYAN.spec)}
    script = parse_script("[Carlx] Hi.", (), cast)
    assert script.segments[0].text == "[Carlx] Hi."
    assert script.tags[0].suggestion in ("Carla", "Carlo")


def test_links_are_text() -> None:
    assert said(read("See [calm](https://example.org/x)."))[0][0] == "neutral"
    assert said(read("[calm] (really) Yes.")) == [("calm", "(really) Yes.")]


def test_escaped_brackets_are_literal() -> None:
    script = read(r"\[happy\] is \\ a tag, [sad\] is \x not")
    assert said(script) == [("neutral", r"[happy] is \ a tag, [sad] is \x not")]
    assert script.tags == ()


def test_wide_brackets_count_and_must_match() -> None:
    assert said(read("【开心】你好。［sad］再见。")) == [("happy", "你好。"), ("sad", "再见。")]
    assert said(read("【开心] 你好"))[0] == ("neutral", "【开心] 你好")


def test_brackets_around_a_tag_are_text() -> None:
    assert said(read("a [[sad]] b")) == [("neutral", "a ["), ("sad", "] b")]


def test_the_same_unknown_tag_is_told_once_and_many_are_counted() -> None:
    assert codes(read("[1] a [1] b")) == ["tag-unknown"]
    many = read(" ".join(f"[{n}]" for n in range(100)))
    assert codes(many) == ["tag-unknown"] * 20 + ["tags-unknown-more"]
    assert len(many.tags) == 100


def test_emoji_alone_are_not_spoken_and_that_is_told() -> None:
    script = read("[happy] 😀 [sad] Bye")
    assert said(script) == [("sad", "Bye")]
    assert codes(script) == ["part-without-words"]


def test_positions_count_as_browsers_do() -> None:
    text = "😀😀 [sad]  Bye 😀. [happy] Hi"
    script = read(text)
    units = text.encode("utf-16-le")

    def cut(start: int, end: int) -> str:
        return units[2 * start : 2 * end].decode("utf-16-le")

    assert [cut(tag.start, tag.end) for tag in script.tags] == ["[sad]", "[happy]"]
    assert [cut(s.start_char, s.end_char) for s in script.segments] == ["Bye 😀.", "Hi"]


def test_control_and_direction_characters_are_not_spoken() -> None:
    assert said(read("a\u202eb\x00c\ufeffd")) == [("neutral", "abcd")]
    assert len(read("a" + "\u0301" * 10_000).segments[0].text) < 10


WORDS = st.sampled_from(["[happy]", "[sad", "]", "[", "\\", "\\[", "word", " ", "\n\n", "[pause]", "[Anna]", "字",
                         "😀", ".", "[nix]", "【", "】", "[Anna: sad]", "(http:", "é"])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=40).map("".join))
def test_no_word_is_ever_lost_or_invented(text: str) -> None:
    script = read(text)
    spoken = " ".join(segment.text for segment in script.segments)
    assert spoken.count("word") == text.count("word")
    assert spoken.count("字") == text.count("字")
    assert spoken.count("[nix]") == text.count("[nix]") - text.count("\\[nix]") or "[nix]" in text
    for before, after in zip(script.segments, script.segments[1:], strict=False):
        assert before.end_char <= after.start_char
    for tag in script.tags:
        assert text.encode("utf-16-le")[2 * tag.start : 2 * tag.end].decode("utf-16-le") == tag.text


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    for segment in read(text).segments:
        assert segment.text.strip() == segment.text
        assert segment.text
