"""Pipecat's Deepgram services, as they are published, against a studio: `python tests/agents/pipecat_deepgram.py PORT`.

Runs in the environment of `make agents`, not in the studio's. Prints a line for each thing that worked.
"""

from __future__ import annotations

import asyncio
import sys

import aiohttp
from loguru import logger
from pipecat.frames.frames import (
    ErrorFrame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
)
from pipecat.services.deepgram.tts import DeepgramHttpTTSService, DeepgramTTSService
from pipecat.tests.utils import SleepFrame, run_test

WORDS = "[happy] Good morning! This is a voice agent that speaks as the model writes. It has two sentences more."


async def main(port: int) -> None:
    logger.remove()
    address = f"ws://127.0.0.1:{port}"
    await spoken("a sentence", DeepgramTTSService(api_key="unused", base_url=address), [TTSSpeakFrame(WORDS)], 3.0)
    turn = [
        LLMFullResponseStartFrame(),
        *(LLMTextFrame(f"{word} ") for word in WORDS.split()),
        LLMFullResponseEndFrame(),
    ]
    await spoken("a turn of a language model", DeepgramTTSService(api_key="unused", base_url=address), turn, 3.0)
    ryan = DeepgramTTSService.Settings(voice="Ryan", speed=1.2)
    own = DeepgramTTSService(api_key="unused", base_url=address, settings=ryan, sample_rate=16_000)
    await spoken("a speaker of the studio at 16 kHz", own, [TTSSpeakFrame(WORDS)], 3.0)
    await interrupted(DeepgramTTSService(api_key="unused", base_url=address))
    async with aiohttp.ClientSession() as session:
        rest = DeepgramHttpTTSService(api_key="unused", base_url=f"http://127.0.0.1:{port}", aiohttp_session=session)
        await spoken("REST", rest, [TTSSpeakFrame(WORDS)], 3.0)


async def spoken(name: str, service: DeepgramTTSService, frames: list, least: float) -> None:
    down, up = await run_test(service, frames_to_send=[*frames, SleepFrame(4.0)])
    check(name, down, up, least)


async def interrupted(service: DeepgramTTSService) -> None:
    """The user speaks into a long answer: Clear, and then another answer comes."""
    frames = [TTSSpeakFrame(WORDS * 20), SleepFrame(1.0), InterruptionFrame(), SleepFrame(0.5)]
    down, up = await run_test(service, frames_to_send=[*frames, TTSSpeakFrame(WORDS), SleepFrame(4.0)])
    at = next(n for n, frame in enumerate(down) if isinstance(frame, InterruptionFrame))
    check("the answer after an interruption", down[at:], up, 3.0)
    assert seconds(down[at:]) < 20, "the interrupted answer went on"


def check(name: str, down: list, up: list, least: float) -> None:
    errors = [frame.error for frame in [*down, *up] if isinstance(frame, ErrorFrame)]
    assert not errors, f"{name}: {errors}"
    assert any(isinstance(frame, TTSStartedFrame) for frame in down), f"{name}: never started"
    assert any(isinstance(frame, TTSStoppedFrame) for frame in down), f"{name}: never stopped"
    assert seconds(down) > least, f"{name}: only {seconds(down)} s"
    print(f"ok {name}: {seconds(down):.1f} s of sound")


def seconds(frames: list) -> float:
    sound = [frame for frame in frames if isinstance(frame, TTSAudioRawFrame)]
    return sum(len(frame.audio) / 2 / frame.sample_rate for frame in sound)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
