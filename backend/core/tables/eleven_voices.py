"""Ids of ElevenLabs' own voices, which programs have built in, and the speaker of ours that answers to each."""

from __future__ import annotations

from collections.abc import Sequence

_WOMEN = (
    "21m00Tcm4TlvDq8ikWAM AZnzlk1XvdvUeBnXmlld EXAVITQu4vr4xnSDxMaL MF3mGyEYCl7XYWbV9V6O XB0fDUnXU5powFXDhCwa "
    "Xb7hH8MSUJpSbSDYk0k2 pFZP5JQG7iQjIQuC4Bku 9BWtsMINqrJLrRacOk9x FGY2WhTYpPnrIDTdsKH5 XrExE9yKIg1WjnnlVGX7 "
    "cgSgspJ2msm6clMCkdW9"
).split()
_MEN = (
    "ErXwobaYiN019PkySvjV TxGEqnHWrfWFTfGW9XjX VR6AewLTigWG4xSOukaG pNInz6obpgDQGcFmaJgB yoZ06aMxZJJ28mfd3POQ "
    "JBFqnCBsd6RMkjVDRZzb onwK4e9ZLuTAKqWW03F9 nPczCjzI2devNBz1zQrb CwhRBWXzGAHq8TQ4Fs17 IKne3meq5aSn9XLyUdCD "
    "SAz9YHcvj6GT2YYXdXww TX3LPaxmHKxFdv7VOQHJ bIHbv24MWeRgasZH58o6 cjVigY5qzO86Huf0OWal iP95p4xoKVk53GoZ742B "
    "pqHfZKP75CvOlQylNhV4"
).split()


def _shared_out(ids: Sequence[str], speakers: Sequence[str]) -> dict[str, str]:
    """Neighbours get different speakers: two voices of one program should not sound alike."""
    return {name.casefold(): speakers[index % len(speakers)] for index, name in enumerate(ids)}


ELEVEN_VOICES: dict[str, str] = {
    **_shared_out(_WOMEN, ("Serena", "Vivian", "Sohee", "Ono_Anna")),
    **_shared_out(_MEN, ("Ryan", "Aiden", "Eric", "Dylan", "Uncle_Fu")),
}
"""Folded id → id of a speaker of that sex."""
