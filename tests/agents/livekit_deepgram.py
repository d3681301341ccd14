"""LiveKit's Deepgram plugin, as it is published, speaks with a studio: `python tests/agents/livekit_deepgram.py PORT`.

Runs in the environment of `make agents`, not in the studio's. Prints a line for each thing that worked.
"""

from __future__ import annotations

import asyncio
import sys
import time

import aiohttp
from livekit.plugins import deepgram

RATE = 24_000
TEXT = "[happy] Good morning! This is a voice agent that speaks one word after another. "


async def main(port: int) -> None:
    async with aiohttp.ClientSession() as session:
        base = f"http://127.0.0.1:{port}/v1/speak"
        tts = deepgram.TTS(api_key="unused", base_url=base, http_session=session)
        await whole(tts)
        await word_by_word(tts)
        await turns(tts)
        await interrupted(tts)
        await tts.aclose()
        other = deepgram.TTS(
            api_key="unused",
            base_url=base,
            http_session=session,
            model="aura-2-orion-en",
            sample_rate=16_000,
            speed=1.2,
        )
        await word_by_word(other, 16_000)
        await other.aclose()


async def whole(tts: deepgram.TTS) -> None:
    """`synthesize`: REST."""
    frames = [event.frame async for event in tts.synthesize(TEXT)]
    told("synthesize", frames)


async def word_by_word(tts: deepgram.TTS, rate: int = RATE) -> None:
    """`stream`: a Speak for each word, one Flush."""
    began, first = time.monotonic(), 0.0
    frames = []
    async with tts.stream() as stream:
        for word in TEXT.split(" "):
            stream.push_text(f"{word} ")
        stream.end_input()
        async for event in stream:
            first = first or time.monotonic() - began
            frames.append(event.frame)
    assert frames[0].sample_rate == rate
    told(f"stream at {rate} Hz, first frame after {first:.2f} s", frames)


async def turns(tts: deepgram.TTS) -> None:
    """Several answers, each a stream of its own over the one pooled connection."""
    found = []
    for n in range(3):
        async with tts.stream() as stream:
            stream.push_text(f"This is answer number {n}. ")
            stream.end_input()
            found.append(sum([event.frame.duration async for event in stream]))
    assert all(seconds > 0.5 for seconds in found), found
    print(f"ok turns: {', '.join(f'{seconds:.1f} s' for seconds in found)}")


async def interrupted(tts: deepgram.TTS) -> None:
    """An agent that is interrupted closes its stream, and speaks again."""
    stream = tts.stream()
    stream.push_text(TEXT * 10)
    stream.flush()
    async for _ in stream:
        break
    await stream.aclose()
    await word_by_word(tts)


def told(name: str, frames: list) -> None:
    seconds = sum(frame.duration for frame in frames)
    assert seconds > 2, f"{name}: only {seconds} s"
    assert any(any(bytes(frame.data)) for frame in frames), f"{name}: silence"
    print(f"ok {name}: {seconds:.1f} s of sound")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
