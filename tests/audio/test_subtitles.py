"""Subtitles: nothing of the text is lost, cues never overlap, lines fit, every format is valid."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.audio.subtitles import LINE, LINES, LONGEST, as_json, columns, cues, srt, vtt

Segment = dict[str, Any]


def segment(text: str, start: float = 0.0, seconds: float = 0.3, voice: str = "Ryan", words: Any = None) -> Segment:
    """A segment whose words take `seconds` each."""
    parts = text.split() if words is None else words
    timed = [
        {"word": word, "start": start + n * seconds, "end": start + (n + 0.9) * seconds} for n, word in enumerate(parts)
    ]
    return {"index": 0, "text": text, "start": start, "end": start + len(parts) * seconds, "voice": voice,
            "emotion": "neutral", "words": timed}  # fmt: skip


def test_a_short_line_is_one_cue() -> None:
    assert [(cue.start, cue.lines) for cue in cues([segment("Hi there, you.")])] == [(0.0, ("Hi there, you.",))]


def test_long_text_is_broken_at_sentences_and_fits_the_screen() -> None:
    text = "This is the first sentence of all. And here comes the second one, which is a bit longer. " * 4
    made = cues([segment(text)])
    assert len(made) > 4
    assert made[0].lines[-1].endswith("all.")
    for cue in made:
        assert len(cue.lines) <= LINES
        assert all(columns(line) <= LINE for line in cue.lines)
        assert cue.end - cue.start <= LONGEST
    assert " ".join(" ".join(cue.lines) for cue in made) == " ".join(text.split())


def test_chinese_stays_without_spaces() -> None:
    text = "你好，世界。今天天气很好，我们去公园吧。" * 3
    made = cues([segment(text, words=[c for c in text if c not in "，。"])])
    assert "".join("".join(cue.lines) for cue in made) == text
    assert all(columns(line) <= LINE for cue in made for line in cue.lines)


def test_a_silence_ends_a_cue() -> None:
    made = cues([segment("One two"), segment("three", start=5.0)])
    assert [cue.start for cue in made] == [0.0, 5.0]


def test_words_without_timings_share_the_time() -> None:
    row = segment("One two three four") | {"words": [], "end": 4.0}
    assert cues([row])[-1].end == 4.0


def test_srt_is_counted_and_timed_in_milliseconds() -> None:
    text = srt({"segments": [segment("Hi."), segment("Bye.", start=3661.5)]})
    assert text.startswith("1\n00:00:00,000 --> 00:00:00,270\nHi.\n\n2\n01:01:01,500 --> 01:01:01,770\nBye.\n")


def test_vtt_escapes_markup_and_names_the_voices_of_a_dialogue() -> None:
    text = vtt({"segments": [segment("a --> <b> & c", voice="An>na"), segment("Bye.", start=9, voice="Ryan")]})
    assert text.startswith("WEBVTT\n\n00:00:00.000 --> ")
    assert "<v Anna>a --&gt; &lt;b&gt; &amp; c" in text
    assert "<v Ryan>Bye." in text
    assert "<v" not in vtt({"segments": [segment("Hi")]})


def test_json_has_words_and_cues() -> None:
    body = json.loads(as_json({"segments": [segment("Hi you.")], "duration": 1.0}))
    assert [word["word"] for word in body["segments"][0]["words"]] == ["Hi", "you."]
    assert body["cues"][0]["text"] == "Hi you."


WORD = st.text(alphabet="abcé字。.,-<>&", min_size=1, max_size=60)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(WORD, min_size=1, max_size=30), min_size=1, max_size=4), st.floats(0.001, 2.0))
def test_cues_never_overlap_and_blank_lines_never_split_one(lines: list[list[str]], pace: float) -> None:
    at, segments = 0.0, []
    for words in lines:
        segments.append(segment(" ".join(words), at, pace))
        at += len(words) * pace
    made = cues(segments)
    for before, after in itertools.pairwise(made):
        assert before.start < before.end <= after.start
    assert "".join("".join(cue.lines) for cue in made).replace(" ", "") == "".join(w for ws in lines for w in ws)
    blocks = [block for block in re.split(r"\n\n+", srt({"segments": segments}).strip()) if block]
    assert len(blocks) == len(made)
