# SPDX-License-Identifier: GPL-3.0-or-later
"""Speaks text with the espeak-ng library: JSON line in, JSON line and 16-bit little-endian sound out.

Usage: espeak_worker.py LIBRARY DATA_FOLDER (an empty DATA_FOLDER lets the library find its own). A request is
{"runs": [{"voice", "text"}], "rate" words a minute, "gap" between words in units of 10 ms}; the answer has for each run
the number of samples and, for each word event, [character position from 0, sample]. Text is spoken as it stands:
neither SSML nor [[phonemes]] is read.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lifeline import answer, requests

SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: the callback runs inside espeak_Synth
DONT_EXIT = 0x8000  # espeakINITIALIZE_DONT_EXIT
UTF8 = 1  # espeakCHARS_UTF8; the flags for SSML and phoneme input stay off
RATE = 1  # espeakRATE
WORD_GAP = 7  # espeakWORDGAP
EVENT_END = 0
EVENT_WORD = 1


class EventId(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class Event(ctypes.Structure):
    """espeak_EVENT of speak_lib.h."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", EventId),
    ]


Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event))


class Synthesizer:
    """The library, initialised once."""

    def __init__(self, library: str, data_folder: str) -> None:
        self._library = ctypes.CDLL(library)
        path = data_folder.encode() if data_folder else None
        self.rate: int = self._library.espeak_Initialize(SYNCHRONOUS, 0, path, DONT_EXIT)
        if self.rate <= 0:
            raise OSError(f"espeak-ng does not start with its data in {data_folder or 'the default folder'}")
        self._sound = bytearray()
        self._words: list[tuple[int, int]] = []
        self._callback = Callback(self._collect)
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, voice: str, text: str, rate: int, gap: int) -> tuple[bytes, list[tuple[int, int]]]:
        self._sound, self._words = bytearray(), []
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice {voice}")
        self._library.espeak_SetParameter(RATE, rate, 0)
        self._library.espeak_SetParameter(WORD_GAP, gap, 0)
        data = text.encode("utf-8") + b"\0"
        self._library.espeak_Synth(data, len(data), 0, 0, 0, UTF8, None, None)
        self._library.espeak_Synchronize()
        return bytes(self._sound), self._words

    def _collect(self, wave: Any, count: int, events: Any) -> int:
        index = 0
        while events[index].type != EVENT_END:
            if events[index].type == EVENT_WORD:
                self._words.append((events[index].text_position - 1, events[index].sample))
            index += 1
        if wave and count > 0:
            self._sound += ctypes.string_at(wave, count * 2)
        return 0


def main() -> None:
    synthesizer = Synthesizer(sys.argv[1], sys.argv[2])
    for request in requests():
        runs, sound = [], b""
        for run in request["runs"]:
            pcm, words = synthesizer.speak(run["voice"], run["text"], int(request["rate"]), int(request["gap"]))
            runs.append({"samples": len(pcm) // 2, "words": words})
            sound += pcm
        answer({"rate": synthesizer.rate, "runs": runs}, sound)


if __name__ == "__main__":
    main()
