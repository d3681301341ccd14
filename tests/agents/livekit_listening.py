"""LiveKit's recognisers, as they are published, listen by a studio: `python tests/agents/livekit_listening.py PORT`.

Runs in the environment of `make agents`, not in the studio's. The studio speaks first, then both plugins write down
what it said: OpenAI's by `/v1/audio/transcriptions`, Deepgram's by `/v1/listen`.
"""

from __future__ import annotations

import asyncio
import io
import re
import sys
import wave
from collections.abc import Sequence

import aiohttp
from livekit import rtc
from livekit.plugins import deepgram, openai

TEXT = "The weather in the city is very good today. She was reading a long letter to her mother."
WORDS = {"weather", "city", "good", "today", "reading", "letter", "mother"}


async def main(port: int) -> None:
    base = f"http://127.0.0.1:{port}"
    async with aiohttp.ClientSession() as session:
        sound = await spoken(session, base)
        for model in ("whisper-1", "gpt-4o-transcribe"):
            one = openai.STT(api_key="unused", base_url=f"{base}/v1", model=model, language="en")
            told(f"OpenAI's plugin, {model}", (await one.recognize(sound)).alternatives)
            await one.aclose()
        listen = f"{base}/v1/listen"
        other = deepgram.STT(api_key="unused", base_url=listen, http_session=session, model="nova-3", language="en")
        heard = (await other.recognize(sound)).alternatives
        told("Deepgram's plugin", heard)
        assert 0 <= heard[0].start_time < heard[0].end_time
        await other.aclose()


async def spoken(session: aiohttp.ClientSession, base: str) -> rtc.AudioFrame:
    asked = {"text": TEXT, "voice": {"kind": "preset", "speaker": "Ryan"}, "engine": "preview", "seed": 1}
    async with session.post(f"{base}/api/generate", json=asked) as answer:
        data = await answer.read()
    with wave.open(io.BytesIO(data)) as file:
        count = file.getnframes()
        return rtc.AudioFrame(file.readframes(count), file.getframerate(), 1, count)


def told(name: str, heard: Sequence) -> None:
    text = heard[0].text
    found = set(re.findall("[a-z]+", text.lower())) & WORDS
    assert len(found) >= len(WORDS) - 3, f"{name}: {text}"
    print(f"ok {name}: {text[:60]}…")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
