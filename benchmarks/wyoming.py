"""Seconds from a request over Wyoming to its first sound: whole texts, and texts that arrive word by word.

`python -m benchmarks.wyoming [--times N]` starts a studio of its own with what is installed; the client is the package
`wyoming`. Each time is another text, so that nothing is answered from memory.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager

from wyoming.client import AsyncTcpClient
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeVoice

from benchmarks.measuring import Spread, average

SENTENCE = "The old harbour of number {} was quiet when the last ferry came in, and nobody waited for it any more. "
CHARACTERS = 2000
WORDS_A_SECOND = 25.0  # about as fast as a small language model on a desktop writes
VOICE = SynthesizeVoice(name="Ryan")


def text_of(number: int) -> str:
    """2 000 characters that were not spoken before."""
    return "".join(SENTENCE.format(number * 100 + n) for n in range(30))[:CHARACTERS]


@contextmanager
def studio() -> Iterator[int]:
    """A studio in a process of its own; the port that speaks Wyoming."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = int(one.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "backend.cli", "serve", "--port", "0", "--no-browser", "--data-dir", folder]
        variables = {**os.environ, "STUDIO_WYOMING_TTS_PORT": str(port)}
        process = subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            while "Wyoming speaks" not in process.stdout.readline():
                assert process.poll() is None, "it did not start"
            time.sleep(5)  # the lane loads the engine
            yield port
        finally:
            process.terminate()
            process.wait(20)


Sending = Callable[[AsyncTcpClient, str], Coroutine[None, None, None]]


async def whole(client: AsyncTcpClient, text: str) -> None:
    await client.write_event(Synthesize(text, VOICE).event())


async def in_words(client: AsyncTcpClient, text: str) -> None:
    """At the pace of a language model; the end comes long after the first sound."""
    await client.write_event(SynthesizeStart(VOICE).event())
    for word in text.split(" "):
        await client.write_event(SynthesizeChunk(f"{word} ").event())
        await asyncio.sleep(1 / WORDS_A_SECOND)
    await client.write_event(SynthesizeStop().event())


async def first_sound(
    port: int, send: Callable[[AsyncTcpClient, str], Coroutine[None, None, None]], text: str
) -> float:
    """Seconds; the rest is left, which cancels it."""
    client = AsyncTcpClient("127.0.0.1", port)
    await client.connect()
    began = time.perf_counter()
    sending = asyncio.create_task(send(client, text))
    try:
        while (event := await client.read_event()) is not None:
            if event.type == "audio-chunk":
                return time.perf_counter() - began
        raise RuntimeError("no sound came")
    finally:
        sending.cancel()
        await client.disconnect()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    times = parser.parse_args().times
    first_sentence = len(SENTENCE.format(100).split())
    with studio() as port:
        asyncio.run(first_sound(port, whole, text_of(0)))
        print(f"load average {average()}")
        for name, send in (("whole", whole), ("word by word", in_words)):
            found = []
            for number in range(1, times + 1):
                found.append(asyncio.run(first_sound(port, send, text_of(number))))
                time.sleep(0.3)
            print(f"{name}: {Spread.of(found).text(3)} s to the first sound, {times} texts of {CHARACTERS} characters")
    print(f"word by word the first sentence alone takes {first_sentence / WORDS_A_SECOND:.2f} s to arrive")


if __name__ == "__main__":
    main()
