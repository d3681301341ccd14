"""Runs pip quietly: one moving line on a terminal, one line a package elsewhere, everything in a log file."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Self, TextIO

NEWS = re.compile(r"^\s*(Collecting|Downloading|Processing|Building wheels? for|Installing)\b[ :]*(.*)")
TAIL = 15  # lines of pip's own words shown when it fails


class PipFailed(Exception):
    """pip ended with an error; `tail` are its last lines."""

    def __init__(self, tail: list[str]) -> None:
        super().__init__("pip failed")
        self.tail = tail


def run_pip(python: Path, arguments: Sequence[str], log: Path) -> None:
    """`python -m pip install <arguments>`. Raises PipFailed."""
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off", *arguments]
    tail: deque[str] = deque(maxlen=TAIL)
    with log.open("a", encoding="utf-8") as record, Line(sys.stdout) as line:
        record.write(f"\n$ {' '.join(command)}\n")
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace"
        )
        try:
            for text in process.stdout or ():
                record.write(text)
                tail.append(text.rstrip())
                line.show(news(text))
        finally:
            if process.poll() is None and sys.exc_info()[0] is not None:
                process.terminate()
            code = process.wait()
    if code != 0:
        raise PipFailed(list(tail))


def news(text: str) -> str:
    """What a line of pip's output tells a person: the name of a package, or nothing."""
    match = NEWS.match(text)
    if match is None:
        return ""
    verb, rest = match.groups()
    if verb == "Installing":
        return f"installing {rest.count(',') + 1} packages" if "packages" in rest else ""
    if verb.startswith("Building"):
        return "" if "collected" in rest else f"building {rest.split()[0]}"
    name = re.split(r"[<>=!~;\[( ]", Path(rest.split(" (from")[0]).name)[0]
    if verb != "Collecting":
        name = name.split("-")[0]
    size = re.search(r"\(([\d.]+ [MG]B)\)", rest)
    return " ".join([name.replace("_", "-"), *(size.groups() if size else ())])


class Line:
    """On a terminal one line that is overwritten and shows the seconds; elsewhere a line for each new name."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._moving = out.isatty()
        self._text = ""
        self._started = time.monotonic()
        self._over = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> Self:
        if self._moving:
            self._ticker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._moving:
            self._ticker.join()
            self._out.write("\r\033[K")
            self._out.flush()

    def show(self, text: str) -> None:
        if not text or text == self._text:
            return
        same_package = text.split()[0] == self._text.split(" ")[0]
        self._text = text
        if not self._moving and not same_package:
            self._out.write(f"  {text}\n")
            self._out.flush()

    def _tick(self) -> None:
        while not self._over.wait(0.2):
            self._out.write(f"\r\033[K  {time.monotonic() - self._started:4.0f} s  {self._text[:60]}")
            self._out.flush()
