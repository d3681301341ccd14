"""Utterances become sound while they are spoken: frames are gathered into chunks that grow. Knows no files."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

from backend.core.errors import Cancelled
from backend.core.types import AudioChunk, ClonedVoice, PresetVoice, Samples, Segment, Voice
from backend.engines.base import SpeakOptions
from backend.engines.device import trim
from backend.engines.qwen3_tts import manner
from backend.engines.qwen3_tts.ahead import ahead
from backend.engines.qwen3_tts.checkpoint import Checkpoint
from backend.engines.qwen3_tts.codec.layers import State
from backend.engines.qwen3_tts.generation import Frame, generate
from backend.engines.qwen3_tts.prompts import Utterance, build
from backend.engines.qwen3_tts.voices import VoiceLibrary

RAMP = (1, 2, 4, 4, 4, 4, 4, 8)
"""Frames of the first chunks: sound leaves at once, and larger chunks cost less later; the last size stays.

The last chunk is made when the model has nothing left to do: so chunks are small where that wait would be felt.
"""
RUNAWAY = "runaway"
MOST_DUE = 8
"""Chunks that may wait for the codec, or for who hears them; then the model waits too."""
ALL_TOO = 3
"""Threads from which on the codec gains nothing more for a chunk that is made alone."""


@dataclass(frozen=True)
class Spoken:
    """One row of a batch: what is said, by which voice, from which seed."""

    segment: Segment
    voice: Voice
    seed: int


class _Row:
    """Sound of one row: codes wait until a chunk is full, then the codec makes it, beside the model or at once."""

    def __init__(
        self, checkpoint: Checkpoint, spoken: Spoken, state: State, most: int, beside: Executor | None
    ) -> None:
        self._decoder = checkpoint.decoder
        self._threads = min(ALL_TOO, checkpoint.device.threads)
        self._segment = spoken.segment.index
        self._state = state
        self._waiting: list[torch.Tensor] = []
        self._beside = beside
        self._chunks = 0
        self._frames = 0
        self._most = most

    def hear(self, codes: torch.Tensor) -> Future[AudioChunk] | None:
        """The next frame, (groups,); a chunk when there are enough."""
        self._waiting.append(codes)
        self._frames += 1
        if len(self._waiting) < RAMP[min(self._chunks, len(RAMP) - 1)]:
            return None
        self._chunks += 1
        return self._chunk(last=False)

    def end(self, alone: bool) -> Future[AudioChunk]:
        """What is left, marked as the last; a row that never ended by itself is told to have run away.

        `alone`: nothing else is computed meanwhile.
        """
        return self._chunk(last=True, alone=alone)

    def _chunk(self, last: bool, alone: bool = False) -> Future[AudioChunk]:
        problems = (RUNAWAY,) if last and self._frames >= self._most else ()
        codes, self._waiting = self._waiting, []

        def make() -> AudioChunk:
            with _threads(self._threads) if alone and self._beside else contextlib.nullcontext():
                sound = self._sound(codes) if codes else np.zeros(0, np.float32)
            return AudioChunk(sound, self._decoder.rate, self._segment, problems=problems, last=last)

        if self._beside is not None:
            return self._beside.submit(make)
        done: Future[AudioChunk] = Future()
        done.set_result(make())
        return done

    def _sound(self, codes: Sequence[torch.Tensor]) -> Samples:
        return self._decoder.push(torch.stack(list(codes), dim=-1)[None], self._state)[0].cpu().numpy()


@contextlib.contextmanager
def _threads(count: int) -> Iterator[None]:
    """torch computes with so many in this thread."""
    usual = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(usual)


def perform(
    checkpoint: Checkpoint, voices: VoiceLibrary, rows: Sequence[Spoken], options: SpeakOptions, base_instruction: bool
) -> Iterator[AudioChunk]:
    """Speak the rows beside each other, chunks in any order among them. Raises Cancelled within one frame."""
    utterances, states = [], []
    for row in rows:
        utterance, state = _utterance(checkpoint, voices, row, options, base_instruction)
        utterances.append(utterance)
        states.append(state)
    with torch.inference_mode():
        prompts = [build(checkpoint.model, utterance) for utterance in utterances]
    bounds = [manner.most_frames(row.segment.text, options) for row in rows]
    seeds = [row.seed for row in rows]
    frames = generate(checkpoint.model, prompts, manner.sampling(options), seeds, max(bounds), checkpoint.backend)
    beside = ThreadPoolExecutor(1, "codec") if checkpoint.device.quantised else None
    speaking = {
        number: _Row(checkpoint, row, states[number], bounds[number], beside) for number, row in enumerate(rows)
    }
    chunks = _chunks(frames, speaking, bounds, options.cancelled)
    if beside is None:
        with contextlib.closing(chunks):  # whoever leaves gives its rows to others at once
            yield from (chunk.result() for chunk in chunks if chunk is not None)
        return
    try:
        with ahead(chunks, MOST_DUE) as due:
            yield from (chunk.result() for chunk in due)
    finally:
        beside.shutdown(cancel_futures=True)
        # Beside what is said next: it takes some 20 ms, and what it gives back is kept by the C library for nobody.
        threading.Thread(target=trim, daemon=True, name="trim").start()


def _chunks(
    frames: Generator[Frame, None, None],
    speaking: dict[int, _Row],
    bounds: Sequence[int],
    cancelled: Callable[[], bool],
) -> Generator[Future[AudioChunk] | None, None, None]:
    """The chunks of all rows as they become due, and None after each frame. Raises Cancelled."""
    with contextlib.closing(frames):
        for count, frame in enumerate(frames, start=1):
            if cancelled():
                raise Cancelled("Cancelled.")
            for number in [number for number in speaking if number not in frame.rows or count > bounds[number]]:
                yield speaking.pop(number).end(alone=not speaking)
            for codes, number in zip(frame.codes, frame.rows, strict=True):
                if number in speaking and (chunk := speaking[number].hear(codes)) is not None:
                    yield chunk
            if not speaking:
                return
            yield None
    for left in speaking.values():
        yield left.end(alone=True)


def _utterance(
    checkpoint: Checkpoint, voices: VoiceLibrary, row: Spoken, options: SpeakOptions, base_instruction: bool
) -> tuple[Utterance, State]:
    """What the model is given for one row, and the codec's state that the sound goes on from."""
    language = manner.language_name(options.language)
    text, emotion = row.segment.text, row.segment.emotion
    if isinstance(row.voice, ClonedVoice):
        ready = voices.ready(row.voice, checkpoint)
        words = manner.acted(emotion) if base_instruction and ready.prompt.in_context else None
        return Utterance(text, language, instruction=words, voice=ready.prompt), ready.state
    speaker = row.voice.speaker if isinstance(row.voice, PresetVoice) else None
    takes_words = checkpoint.model.config.variant == "design" or checkpoint.model.config.size != "0.6B"
    words = manner.instruction(row.voice, emotion) if takes_words else None
    return Utterance(text, language, speaker=speaker, instruction=words), checkpoint.decoder.start()
