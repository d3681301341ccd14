"""A take's sound at another rate, as a file without a name. Hours of it are never held in memory."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import IO

import numpy as np

from backend.audio.files import WavWriter
from backend.audio.streaming import StreamEncoder, encoded_file
from backend.safety.saving import telling_disk_errors
from backend.speech.takes import TakeStore, credits_of


def wav_at(takes: TakeStore, take: str, rate: int, folder: Path) -> IO[bytes]:
    """At its beginning, in hertz, with the take's tags; `folder` is where it rests. Whoever has it closes it.

    Raises NotFound, DiskFull, StorageFailed.
    """
    record, source = takes.get(take), takes.file(take, "wav")
    with telling_disk_errors():
        folder.mkdir(parents=True, exist_ok=True)
        file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # it is handed on, open
        try:
            writer = WavWriter(file, rate)
            odd = b""
            for piece in encoded_file(source, StreamEncoder("pcm", rate)):
                whole = odd + piece
                cut = len(whole) - len(whole) % 2
                odd = whole[cut:]
                writer.write(np.frombuffer(whole[:cut], "<i2").astype(np.float32) / 32767.0)
            writer.finish(credits_of(record).tags())
            file.seek(0)
            return file
        except BaseException:
            file.close()
            raise
