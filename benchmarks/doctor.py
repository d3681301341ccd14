"""Does the reference doctor name what was done to a recording, and invent nothing? A confusion table.

`python -m benchmarks.doctor [--speech FOLDER] [--json] [--second-look]`; the folder holds LibriSpeech or LibriVox.
"""

from __future__ import annotations

import argparse
import io
import json
from collections import Counter, deque
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from scipy.signal import resample_poly

from backend.core.errors import BadAudio
from backend.speech.examine import SecondLook, judge_speakers
from backend.speech.record import make_reference
from benchmarks.damage import DAMAGES, RATE, Sound, two_speakers

SPEECH = Path(__file__).resolve().parents[2] / "shared" / "data" / "speech"
HARMLESS = {"converted", "dc-removed", "silence-cut-start", "silence-cut-end", "level-raised", "level-lowered"}
OF_LENGTH = {"short", "shortish", "long", "audio-too-short"}
COLUMNS = ("noisy", "clipped", "low-rate", "hum", "music", "short", "side-turned", "polarity-turned", "pauses")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--speech", type=Path, default=SPEECH)
    options.add_argument("--json", action="store_true")
    options.add_argument("--second-look", action="store_true", help="only whether two people are told from one")
    chosen = options.parse_args()
    if chosen.second_look:
        print(json.dumps(people_told_apart(readings(chosen.speech)), indent=1))
        return
    table = confusion(readings(chosen.speech))
    print(json.dumps(table, indent=1) if chosen.json else _markdown(table))


def readings(folder: Path) -> dict[str, Sound]:
    """Name → a reading of at most 15 seconds at half of full scale. Raises SystemExit where there is none."""
    found = {}
    for path in sorted([*folder.glob("libri*/*.flac"), *folder.glob("libri*/*.wav")]):
        samples, rate = soundfile.read(path)
        voice = resample_poly(samples, RATE, rate)[: 15 * RATE]
        found[path.stem] = (0.5 * voice / np.abs(voice).max()).astype(np.float32)
    if not found:
        raise SystemExit(f"There are no recordings in {folder}: name a folder with --speech.")
    return found


def named(sound: Sound) -> set[str]:
    """Codes of what the doctor says of it."""
    upload = io.BytesIO()
    soundfile.write(upload, sound, RATE, format="WAV", subtype="FLOAT")
    try:
        report = make_reference(upload.getvalue()).report
    except BadAudio as refusal:
        return {refusal.code}
    return {finding["code"] for finding in report["quality"]["findings"]} - HARMLESS


def confusion(voices: dict[str, Sound]) -> dict[str, dict[str, Any]]:
    """Damage → how many were made, how many were named, and what else was said how often."""
    table: dict[str, dict[str, Any]] = {"none": _row(voices, lambda voice: voice, "")}
    for damage, (make, code) in DAMAGES.items():
        table[damage] = _row(voices, make, code)
    return table


def people_told_apart(voices: dict[str, Sound]) -> dict[str, list[int]]:
    """Kind of recording → how many were called two people's, and how many there were; the others were not judged."""
    long = {name: voice for name, voice in voices.items() if len(voice) >= 5 * RATE}
    table = {"one person": [0, 0], "two people": [0, 0]}
    for name, voice in long.items():
        others = [other for its, other in long.items() if its.partition("-")[0] != name.partition("-")[0]]
        for kind, sounds in (("one person", [voice]), ("two people", [two_speakers(voice, one) for one in others])):
            for sound in sounds:
                look = SecondLook()
                deque(judge_speakers(sound, look, lambda: False), maxlen=0)
                table[kind][0] += look.measured.get("speakers") == 2
                table[kind][1] += "speakers" in look.judged
    return table


def _row(voices: dict[str, Sound], make: Any, code: str) -> dict[str, Any]:
    said: Counter[str] = Counter()
    hits = 0
    for voice in voices.values():
        found = named(make(voice))
        hits += code in found or (code in OF_LENGTH and bool(found & OF_LENGTH))
        said.update(found)
    return {"made": len(voices), "named": hits if code else None, "said": dict(said)}


def _markdown(table: dict[str, dict[str, Any]]) -> str:
    lines = ["| done to it | named | " + " | ".join(COLUMNS) + " |", "|---" * (len(COLUMNS) + 2) + "|"]
    for damage, row in table.items():
        hit = "–" if row["named"] is None else f"{row['named']} of {row['made']}"
        lines.append(f"| {damage} | {hit} | " + " | ".join(str(row["said"].get(c, "")) for c in COLUMNS) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
