"""What the official package said on the tiny checkpoints, and ours must say too. Plain values for both environments.

Greedy, with the published repetition penalty. The tiny checkpoints never choose the end token, so the number of frames
is exact; the cases that stop use checkpoints in which it can win.
"""

from __future__ import annotations

from dataclasses import dataclass

FAMILY = "Qwen3-TTS-12Hz-"
SHORT = "Yes."
ENGLISH = "Good morning! There's one thing I'd like to say, and then another: listen well, it is 7 o'clock."
MIXED = "Hello there, 你好，世界 — привет! Ça va? すごい 😀 42%."
LONG = f"{ENGLISH} {MIXED} The end of the story was never written down by anybody who had heard it himself."
DESCRIPTION = "A deep, calm voice that takes its time."
TRANSCRIPT = "This is what was said in the reference."
LANGUAGES = {
    "chinese": "今天天气很好，我们一起去公园散步吧。",
    "english": "We all walked slowly through the park.",
    "german": "Schöne Grüße aus dem Süden, müde Zuhörer!",
    "italian": "Perché la città è così tranquilla di sera?",
    "portuguese": "Amanhã haverá mais canções para as crianças.",
    "spanish": "¿Quién quiere empezar mañana? ¡Qué alegría!",
    "japanese": "きょうはいい天気ですから、散歩しましょう。",
    "korean": "오늘은 날씨가 좋으니 함께 산책합시다.",
    "french": "La phrase s'arrête un instant, près du théâtre.",
    "russian": "Голос читает текст вслух, и слушатель слышит.",
}
LENGTHS = (1, 1919, 1920, 1921, 30000)
"""Samples of sounds to encode besides the references: at and beside the bounds of frames."""
NARROW = 1e-5
"""A greedy choice won by less could go the other way on another machine; no case may hold one."""
STRIDE = 29
"""Of decoded sound every so many samples are kept."""


@dataclass(frozen=True)
class Case:
    """One call. Rows of a batch run side by side in the tuples."""

    name: str
    model: str
    """Folder without the family's name, such as 0.6B-Base."""
    texts: tuple[str, ...]
    frames: int
    whole: bool
    """All text before the first sound, or one token a frame (the package says non_streaming_mode)."""
    languages: tuple[str, ...] = ("auto",)
    speakers: tuple[str, ...] = ()
    instructions: tuple[str, ...] = ()
    transcripts: tuple[str, ...] = ()
    """Base only: "" clones by speaker vector, words clone in context. Row i hears reference_sound(seed=i)."""
    stops: bool = False


def _cases_of(size: str, whole: bool) -> list[Case]:
    mode, custom, base = _mode(whole), f"{size}-CustomVoice", f"{size}-Base"
    said = ENGLISH if size == "0.6B" else LONG
    return [
        Case(f"custom-{size}-{mode}", custom, (said,), 200, whole, ("english",), ("vivian",)),
        Case(f"continued-{size}-{mode}", base, (LONG,), 200, whole, ("english",), transcripts=(TRANSCRIPT,)),
        Case(f"vector-{size}-{mode}", base, (said,), 60, whole, transcripts=("",)),
    ]


def _mode(whole: bool) -> str:
    return "whole" if whole else "flowing"


def _batches(whole: bool) -> list[Case]:
    mode, two = _mode(whole), ("auto", "german")
    custom, base = "1.7B-CustomVoice", "1.7B-Base"
    manner = ("Very angry, 大声！", "")
    return [
        Case(f"instructed-{mode}", custom, (ENGLISH, SHORT), 40, whole, two, ("ryan", "eric"), manner),
        Case(f"batch-{mode}", "0.6B-CustomVoice", (SHORT, LONG), 60, whole, two, ("aiden", "dylan")),
        Case(f"batch-clone-{mode}", base, (LONG, SHORT), 40, whole, two, transcripts=(TRANSCRIPT, "")),
        Case(f"stops-{mode}", custom, (MIXED, SHORT), 120, whole, two, ("ryan", "sohee"), stops=True),
    ]


def _design(whole: bool) -> Case:
    name = f"design-{_mode(whole)}"
    return Case(name, "1.7B-VoiceDesign", (MIXED,), 200, whole, ("english",), instructions=(DESCRIPTION,))


def _language(language: str, text: str) -> Case:
    return Case(f"language-{language}", "0.6B-CustomVoice", (text,), 16, True, (language,), ("serena",))


CASES = (
    *(case for whole in (True, False) for size in ("0.6B", "1.7B") for case in _cases_of(size, whole)),
    *(case for whole in (True, False) for case in (*_batches(whole), _design(whole))),
    *(_language(language, text) for language, text in LANGUAGES.items()),
    Case("dialect", "0.6B-CustomVoice", (LANGUAGES["chinese"],), 16, False, ("chinese",), ("dylan",)),
    Case("one-word", "1.7B-VoiceDesign", (SHORT,), 16, False, instructions=("",)),
    Case("short-after-long", "0.6B-Base", (SHORT,), 24, False, ("english",), transcripts=(f"{LONG} {LONG}",)),
)
