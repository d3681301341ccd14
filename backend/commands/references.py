"""Recordings to speak by without keeping a voice: `--ref-audio`, `--ref-text`, `--ref-dir` of `speak`."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.commands.grammar import Misused

if TYPE_CHECKING:
    from backend.commands.desk import Desk


def declare_references(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("to speak by recordings, without keeping a voice")
    group.add_argument("--ref-audio", nargs="+", action="extend", metavar="FILE", help="5 to 15 s of one speaker each")
    group.add_argument(
        "--ref-text", nargs="+", action="extend", metavar="WORDS", help="what each of them says, in order"
    )
    group.add_argument("--ref-dir", metavar="FOLDER", help="recordings, each with its words in a .txt of its name")


@contextmanager
def guest(desk: Desk, arguments: argparse.Namespace) -> Iterator[dict[str, Any] | None]:
    """The voice of the recordings that are given, as long as it is needed; None where there are none.

    The best of several are joined. Raises Misused, BadAudio.
    """
    pairs = _pairs(arguments)
    if not pairs:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        source, words = pairs[0] if len(pairs) == 1 else _joined(pairs, Path(folder))
        voice = desk.welcome(source, words)
    try:
        yield {**voice, "emotion": arguments.emotion}
    finally:
        desk.farewell(voice)


def _pairs(arguments: argparse.Namespace) -> list[tuple[Path, str]]:
    """Recordings and what they say. Raises Misused."""
    from backend.commands.asking import existing
    from backend.commands.clone import recordings_in

    if arguments.ref_dir:
        if arguments.ref_audio or arguments.ref_text:
            raise Misused("--ref-dir holds its recordings and words itself.", hint="Give the one or the others.")
        return [(one.path, one.transcript or "") for one in recordings_in(Path(arguments.ref_dir))]
    paths, texts = existing(arguments.ref_audio or []), arguments.ref_text or []
    if texts and len(texts) != len(paths):
        hint = f"There are {len(paths)} recordings and {len(texts)} texts."
        raise Misused("Each --ref-audio needs its --ref-text.", hint=hint)
    return list(zip(paths, texts or [""] * len(paths), strict=True))


def _joined(pairs: list[tuple[Path, str]], folder: Path) -> tuple[Path, str]:
    from backend.core.wishes import Sample
    from backend.rooms.samples import joined

    made = joined([Sample(path.read_bytes(), path.name, words) for path, words in pairs])
    target = folder / "references.wav"
    target.write_bytes(made.sound)
    return target, made.text
