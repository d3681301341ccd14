"""A transcript as what is answered and kept: the result of the job, five formats, two text files. Hears nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.audio.subtitles import srt, vtt
from backend.core.events import Notice
from backend.core.tables.languages import LANGUAGES
from backend.engines.listening import Utterance
from backend.safety.saving import telling_disk_errors, write_new

if TYPE_CHECKING:
    from backend.speech.listen import Transcript


def result_of(heard: Transcript, text: str, is_clean: bool, notices: Sequence[Notice]) -> dict[str, Any]:
    """The result of a transcription as `docs/api.md` has it."""
    return {
        "text": text,
        "raw_text": heard.text,
        "language": heard.language,
        "engine": heard.engine,
        "engine_title": heard.title,
        "duration": round(heard.duration, 3),
        "segments": [_row(index, each) for index, each in enumerate(heard.utterances)],
        "cleaned": is_clean,
        "notices": [notice.model_dump() for notice in notices],
    }


def _row(index: int, each: Utterance) -> dict[str, Any]:
    words = [{"word": word.word, "start": round(word.start, 3), "end": round(word.end, 3)} for word in each.words]
    return {
        "id": index,
        "start": round(each.start, 3),
        "end": round(each.end, 3),
        "text": each.text,
        "words": words,
    }


def keep(folder: Path, raw: str, text: str) -> dict[str, str]:
    """Write both texts into the output folder; their names below the data folder. Empty text leaves nothing.

    Raises DiskFull, StorageFailed.
    """
    if not raw:
        return {}
    stamp = time.strftime("%Y%m%d-%H%M%S")
    with telling_disk_errors():
        folder.mkdir(parents=True, exist_ok=True)
        for name in (stamp, *(f"{stamp}-{number}" for number in range(2, 1000))):
            try:
                write_new(folder / f"stt_{name}_raw.txt", f"{raw}\n".encode())
            except FileExistsError:
                continue  # another one of the same second
            write_new(folder / f"stt_{name}.txt", f"{text}\n".encode())
            return {"raw": f"{folder.name}/stt_{name}_raw.txt", "text": f"{folder.name}/stt_{name}.txt"}
    return {}


def _json(result: Mapping[str, Any]) -> str:
    return json.dumps(result, ensure_ascii=False)


def _text(result: Mapping[str, Any]) -> str:
    return f"{result['text']}\n"


def _verbose(result: Mapping[str, Any]) -> str:
    """As OpenAI's `verbose_json`, without the measures that only Whisper has."""
    segments = [
        {"id": row["id"], "start": row["start"], "end": row["end"], "text": row["text"]} for row in result["segments"]
    ]
    body = {
        "task": "transcribe",
        "language": _named(str(result["language"])),
        "duration": result["duration"],
        "text": result["text"],
        "segments": segments,
        "words": [word for row in result["segments"] for word in row["words"]],
    }
    return json.dumps(body, ensure_ascii=False)


def _named(code: str) -> str:
    return asdict(LANGUAGES[code])["english"].lower() if code in LANGUAGES else code


Writer = Callable[[Mapping[str, Any]], str]
FORMATS: dict[str, tuple[str, Writer]] = {
    "json": ("application/json", _json),
    "text": ("text/plain", _text),
    "srt": ("application/x-subrip", srt),
    "vtt": ("text/vtt", vtt),
    "verbose_json": ("application/json", _verbose),
}
"""Name → media type, and what writes a result in it."""
