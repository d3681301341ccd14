"""Audio and subtitle formats the studio writes, and their media types."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AudioFormat:
    name: str
    extension: str
    media_type: str


AUDIO_FORMATS: dict[str, AudioFormat] = {
    row.name: row
    for row in (
        AudioFormat("wav", "wav", "audio/wav"),
        AudioFormat("mp3", "mp3", "audio/mpeg"),
        AudioFormat("ogg", "ogg", "audio/ogg"),
        AudioFormat("opus", "opus", "audio/ogg"),
        AudioFormat("flac", "flac", "audio/flac"),
    )
}

SUBTITLE_FORMATS: dict[str, str] = {
    "srt": "application/x-subrip",
    "vtt": "text/vtt",
    "json": "application/json",
}
"""Extension → media type."""
