"""The decode child: an audio file on stdin becomes float32 on stdout, mono or with both sides. A script by itself.

After its imports it takes away what a hijacked decoder would need: it can open no further file or socket, write no
file, and use neither much memory nor much processor time. stdout carries blocks of `<u4 length><samples>`, a length
of 0, and one JSON object: either facts about the recording or `{"error": code, …numbers}`.
"""

from __future__ import annotations

import io
import json
import os
import struct
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

MISSING_LIBRARY = 7  # exit status when PyAV is not installed

try:
    import av
    from av.audio.frame import AudioFrame
    from av.audio.resampler import AudioResampler
except ImportError:
    sys.exit(MISSING_LIBRARY)

CONTAINERS = {
    "wav": "wav",
    "mp3": "mp3",
    "flac": "flac",
    "ogg": "ogg",
    "mov": "m4a",
    "matroska": "webm",
    "aac": "aac",
    "aiff": "aiff",
}
"""FFmpeg's reader → the extension a kept upload gets. Playlists and scripts are not among them."""

CODECS = frozenset({
    "mp3", "mp3float", "flac", "vorbis", "opus", "libopus", "libvorbis", "aac", "aac_fixed", "alac", "adpcm_ms",
    "adpcm_ima_wav", "adpcm_ima_qt", "pcm_u8", "pcm_s8", "pcm_alaw", "pcm_mulaw", "pcm_s16le", "pcm_s16be",
    "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be", "pcm_s64le", "pcm_s64be", "pcm_f32le", "pcm_f32be",
    "pcm_f64le", "pcm_f64be",
})  # fmt: skip
RATES = range(4_000, 384_001)  # hertz
MAX_CHANNELS = 32
HEADER_TRUST = 4
"""A stated length this many times over the limit is believed without decoding."""
WORK_PER_SECOND = 2 * 192_000
"""Samples of all channels that may be decoded for each second allowed; a bomb has more."""
MAX_BROKEN_PACKETS = 2_000


class Refused(Exception):
    """The recording cannot be used: a code, and numbers for the sentence that the parent makes."""

    def __init__(self, code: str, **numbers: float) -> None:
        super().__init__(code)
        self.body: dict[str, Any] = {"error": code, **numbers}


class Output:
    """Writes the wanted window of the samples, and counts both what is written and what goes by."""

    def __init__(self, stream: BinaryIO, limits: dict[str, Any]) -> None:
        self._stream = stream
        self._limits = limits
        self._first = int(limits["start"] * limits["rate"])
        self._end = None if limits["end"] is None else int(limits["end"] * limits["rate"])
        self.passed = 0  # samples at the output rate
        self.written = 0
        self.width = 4  # bytes of a sample: 8 when both sides of a stereo recording are kept, interleaved

    @property
    def complete(self) -> bool:
        return self._end is not None and self.passed >= self._end

    def take(self, frame: AudioFrame) -> None:
        data = memoryview(frame.planes[0])[: frame.samples * self.width]  # a plane is padded
        first = max(0, self._first - self.passed)
        last = frame.samples if self._end is None else max(first, min(frame.samples, self._end - self.passed))
        self.passed += frame.samples
        if self.passed > self._limits["source_seconds"] * self._limits["rate"]:
            raise Refused("audio-too-long", seconds=self._limits["source_seconds"])
        if first < last:
            self.written += last - first
            if self.written > self._limits["seconds"] * self._limits["rate"]:
                raise Refused("audio-too-long", seconds=self._limits["seconds"])
            self._stream.write(struct.pack("<I", (last - first) * self.width))
            self._stream.write(data[first * self.width : last * self.width])


def main() -> None:
    limits = json.loads(sys.argv[1])
    source = os.fdopen(0, "rb", buffering=0)
    stream = os.fdopen(1, "wb")
    warm_up(limits)
    limit_this_process(limits)
    try:
        facts = decode(source, Output(stream, limits), limits)
    except Refused as refusal:
        facts = refusal.body
    except MemoryError:
        facts = {"error": "audio-absurd", "costly": True}
    stream.write(struct.pack("<I", 0) + json.dumps(facts).encode())
    stream.flush()
    os._exit(0)  # nothing of the decoder's is worth an orderly end


def warm_up(limits: dict[str, Any]) -> None:
    """Decode a hundredth of a second of silence: PyAV imports parts of itself at first use, which needs open files."""
    samples = bytes(2 * 480)
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + len(samples),
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        48_000,
        96_000,
        2,
        16,
        b"data",
        len(samples),
    )
    decode(io.BytesIO(header + samples), Output(io.BytesIO(), limits | {"start": 0.0, "end": None}), limits)


def limit_this_process(limits: dict[str, Any]) -> None:
    """Give up every right that decoding does not need. Windows has no such limits: there the parent's clock rules."""
    if sys.platform == "win32":
        return
    import resource

    # the three streams are open already: from here on, no file and no socket can be opened
    wanted = {
        resource.RLIMIT_NOFILE: 3,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: int(limits["cpu"]),
        resource.RLIMIT_AS: int(limits["memory"]),
    }
    for kind, value in wanted.items():
        try:
            resource.setrlimit(kind, (value, value))
        except (ValueError, OSError):
            continue  # macOS refuses a few; the others still hold


def decode(source: BinaryIO, output: Output, limits: dict[str, Any]) -> dict[str, Any]:
    """Decode into the output; answers the facts. Raises Refused."""
    try:
        container = av.open(
            source,
            mode="r",
            metadata_errors="ignore",
            container_options={
                "format_whitelist": ",".join(CONTAINERS),
                "codec_whitelist": ",".join(sorted(CODECS)),
                "protocol_whitelist": "none",
            },
        )
    except (av.FFmpegError, ValueError, OSError, EOFError):
        raise Refused("audio-unreadable") from None
    name = next((name for name in container.format.name.split(",") if name in CONTAINERS), "")
    if not name or not container.streams.audio:
        raise Refused("audio-unreadable")
    stream = container.streams.audio[0]
    context = stream.codec_context
    if context is None or context.codec is None or context.codec.name not in CODECS:
        raise Refused("audio-unreadable")
    check_shape(context.sample_rate, context.channels)
    stated = stated_seconds(container, stream)
    refuse_long_header(name, stated, limits)
    context.thread_type = "NONE"
    if limits["sides"] and context.channels == 2:
        output.width = 8
    reading = Reading(output, limits)
    reading.run(container, stream)
    stated = riff_seconds(source, stated) if name == "wav" else stated
    channels, rate = reading.channels or context.channels, reading.rate or context.sample_rate
    return {
        "container": name,
        "extension": "opus" if name == "ogg" and context.codec.name.endswith("opus") else CONTAINERS[name],
        "codec": context.codec.name,
        "rate": rate,
        "channels": channels,
        "sides": output.width // 4,
        "stated": stated,
        "read": output.passed / limits["rate"],
        "whole": not output.complete,
        "broken": reading.broken,
    }


def check_shape(rate: int, channels: int) -> None:
    if rate not in RATES:
        raise Refused("audio-absurd", rate=rate)
    if not 1 <= channels <= MAX_CHANNELS:
        raise Refused("audio-absurd", channels=channels)


def stated_seconds(container: Any, stream: Any) -> float | None:
    """What the header says; it may lie."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def riff_seconds(source: BinaryIO, seconds: float | None) -> float | None:
    """The length that a WAV's own header states: FFmpeg corrects it by the size of the file."""
    size = source.seek(0, io.SEEK_END)
    source.seek(0)
    head = source.read(8)
    return seconds * (struct.unpack("<I", head[4:])[0] + 8) / size if seconds and len(head) == 8 else seconds


def refuse_long_header(name: str, stated: float | None, limits: dict[str, Any]) -> None:
    """Refuse what says itself that it is far too long. Uncompressed audio is bounded by its size: it is counted."""
    if stated is None or name in ("wav", "aiff"):
        return
    over_all = stated > HEADER_TRUST * limits["source_seconds"]
    wanted = stated - limits["start"] if limits["end"] is None else 0.0
    if over_all or wanted > HEADER_TRUST * limits["seconds"]:
        raise Refused("audio-too-long", seconds=limits["source_seconds" if over_all else "seconds"], stated=stated)


class Reading:
    """One pass over the packets: decodes, resamples, survives broken packets, and stops at what is too much."""

    def __init__(self, output: Output, limits: dict[str, Any]) -> None:
        self._output = output
        self._rate = limits["rate"]
        self._work = WORK_PER_SECOND * max(limits["seconds"], limits["source_seconds"], 240)  # samples left
        self._resampler: AudioResampler | None = None
        self._shape: tuple[str, str, int] | None = None
        self.broken = 0
        self.rate = 0
        self.channels = 0

    def run(self, container: Any, stream: Any) -> None:
        parent = os.getppid()
        for packet in self._packets(container, stream):
            if os.getppid() != parent:
                os._exit(1)  # nobody is listening any more
            try:
                frames = packet.decode()
            except (av.FFmpegError, ValueError):
                self.broken += 1
                if self.broken > MAX_BROKEN_PACKETS:
                    break
                continue
            for frame in frames:
                self._take(frame)
            if self._output.complete:
                return
        self._flush()

    def _packets(self, container: Any, stream: Any) -> Iterator[Any]:
        try:
            yield from container.demux(stream)
        except (av.FFmpegError, ValueError):
            self.broken += 1  # the end is missing or damaged: what was read stays

    def _take(self, frame: AudioFrame) -> None:
        check_shape(frame.sample_rate, frame.layout.nb_channels)
        self._work -= frame.samples * frame.layout.nb_channels
        if self._work < 0:
            raise Refused("audio-absurd", channels=frame.layout.nb_channels, rate=frame.sample_rate)
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if shape != self._shape:
            self._flush()
            self._shape = shape
            self._resampler = AudioResampler(
                format="flt", layout=("mono", "stereo")[self._output.width // 8], rate=self._rate
            )
            self.rate, self.channels = frame.sample_rate, max(self.channels, frame.layout.nb_channels)
        frame.pts = None  # gaps in damaged files are not filled
        self._resample(frame)

    def _flush(self) -> None:
        if self._resampler is not None:
            self._resample(None)
        self._resampler = None

    def _resample(self, frame: AudioFrame | None) -> None:
        assert self._resampler is not None
        try:
            made = self._resampler.resample(frame)
        except (av.FFmpegError, ValueError):
            raise Refused("audio-unreadable") from None
        for piece in made:
            self._output.take(piece)


if __name__ == "__main__":
    main()
