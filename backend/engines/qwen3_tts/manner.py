"""From what people ask to what the models are told: language, emotion, style, how long speech may last. No tensors."""

from __future__ import annotations

import math

from backend.core.errors import BadRequest
from backend.core.tables.languages import LANGUAGES
from backend.core.types import DesignedVoice, PresetVoice, Voice
from backend.engines.base import SpeakOptions
from backend.engines.qwen3_tts.sampling import Sampling
from backend.text.length import letters_of

FRAMES_A_SECOND = 12.5
SLOWEST = 3.0
"""Letters a second under which nobody speaks; what goes on longer has run away."""
GRACE = 4.0  # seconds that any text may take besides
FEWEST_FRAMES = 25

INSTRUCTIONS: dict[str, str] = {
    "happy": "Speak happily, with a smile in the voice.",
    "sad": "Speak sadly, softly and slowly, close to tears.",
    "angry": "Speak angrily, loudly and sharply.",
    "fearful": "Speak fearfully, with a trembling, hurried voice.",
    "surprised": "Speak with great surprise, the voice rising.",
    "disgusted": "Speak with disgust and contempt.",
    "calm": "Speak calmly, evenly and without haste.",
    "excited": "Speak with excitement, fast and full of energy.",
    "tender": "Speak tenderly, warmly and close to the listener.",
    "whisper": "Whisper, very quietly and with much breath.",
    "serious": "Speak seriously, firmly and with weight.",
    "sarcastic": "Speak sarcastically, drawing out the words with irony.",
    "tired": "Speak tiredly, slowly and with little strength.",
}
"""Canonical emotion → how to act it. Neutral needs no words; an emotion of the user's own is put into a sentence."""


def language_name(code: str) -> str | None:
    """ISO code or `auto` → the models' name, None for auto. Raises BadRequest."""
    if code == "auto":
        return None
    if code not in LANGUAGES:
        raise BadRequest("Qwen3-TTS does not speak that language.", fields={"language": code})
    return LANGUAGES[code].english.lower()


def instruction(voice: Voice, emotion: str) -> str:
    """What a preset or designed voice is told: its description or style, and the emotion."""
    parts = []
    if isinstance(voice, DesignedVoice):
        parts.append(voice.description.strip())
    if isinstance(voice, PresetVoice) and voice.style.strip():
        parts.append(voice.style.strip())
    parts.append(acted(emotion))
    return " ".join(part if part.endswith((".", "。", "!", "?")) else f"{part}." for part in parts if part)


def acted(emotion: str) -> str:
    """A sentence for the emotion; empty for neutral."""
    if emotion == "neutral":
        return ""
    return INSTRUCTIONS.get(emotion, f"Speak in a {emotion} way.")


def sampling(options: SpeakOptions) -> Sampling:
    return Sampling(
        temperature=options.temperature,
        top_k=options.top_k,
        top_p=options.top_p,
        repetition_penalty=options.repetition_penalty,
        greedy=options.temperature == 0,
        predictor_temperature=options.temperature,
        predictor_top_k=options.top_k,
        predictor_top_p=options.top_p,
    )


def most_frames(text: str, options: SpeakOptions) -> int:
    """Frames after which speech is cut off: far more than the text can take, so only what ran away is hit."""
    seconds = letters_of(text) / SLOWEST + GRACE
    return max(1, min(options.max_new_tokens, max(FEWEST_FRAMES, math.ceil(seconds * FRAMES_A_SECOND))))
