"""Continuous batching by frame: whoever speaks joins and leaves between two frames, and all go on at the same pace.

There is no thread of its own. Whoever waits for a frame makes the next one, for everybody. Who does not fetch what was
made for him pauses, and holds up nobody.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field

import torch

from backend.core.errors import EngineFailed
from backend.engines.qwen3_tts.generation import Frame
from backend.engines.qwen3_tts.prompts import Prompt
from backend.engines.qwen3_tts.sampling import Sampling
from backend.engines.qwen3_tts.static.buckets import PROMPTS, batch_for, positions_for
from backend.engines.qwen3_tts.static.drawing import Kind, Way
from backend.engines.qwen3_tts.static.graphs import Replays
from backend.engines.qwen3_tts.static.room import AHEAD, Row
from backend.engines.qwen3_tts.static.steps import Steps
from backend.engines.qwen3_tts.static.turn import Turn

MOST_WAITING = 4
"""Frames that lie ready for somebody who does not fetch them."""


@dataclass(eq=False)
class _Call:
    """Somebody's rows: they join together, and end one by one."""

    prompts: Sequence[Prompt]
    sampling: Sampling
    generators: Sequence[torch.Generator]
    most_frames: int
    rows: dict[int, Row] = field(default_factory=dict)
    """By the number of the prompt: those that speak."""
    frames: deque[Frame] = field(default_factory=deque)
    made: int = 0
    over: bool = False
    error: Exception | None = None

    @property
    def ways(self) -> tuple[Way, Way]:
        """Of the first code, and of the others."""
        asked = self.sampling
        if asked.greedy:
            return Way(0.0, 0, 1.0), Way(0.0, 0, 1.0)
        others = Way(asked.predictor_temperature, asked.predictor_top_k, asked.predictor_top_p)
        return Way(asked.temperature, asked.top_k, asked.top_p), others


class FrameBatcher:
    """Shared by all that speak with one checkpoint, from any threads."""

    def __init__(self, steps: Steps, replays: Replays, turn: Turn) -> None:
        """`turn` is held while the device is given work that must not be mixed with others'."""
        self._steps, self._room = steps, steps.room
        self._replays = replays
        self._turn = turn
        self._changed = threading.Condition()
        self._waiting: deque[_Call] = deque()
        self._speaking: list[_Call] = []
        self._leaving: deque[_Call] = deque()
        self._busy = False
        self._taking_part: list[int] = []

    @property
    def free(self) -> int:
        """Slots."""
        return self._room.free

    def speak(
        self, prompts: Sequence[Prompt], sampling: Sampling, seeds: Sequence[int], most_frames: int
    ) -> Generator[Frame, None, None]:
        """As `generation.generate`. Waits for as many free slots as there are prompts, in the order of asking.

        Raises EngineFailed when the numbers run out of bounds, and what torch raises.
        """
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        call = _Call(prompts, sampling, generators, most_frames)
        with self._changed:
            self._waiting.append(call)
        try:
            while (frame := self._next(call)) is not None:
                yield frame
        finally:
            self._leave(call)

    def _next(self, call: _Call) -> Frame | None:
        """The next frame of a call; None at its end."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: call.frames or call.over or self._may_step())
                if call.frames:
                    self._changed.notify_all()  # a pause may end
                    return call.frames.popleft()
                if call.error is not None:
                    raise call.error
                if call.over:
                    return None
                self._busy = True
            try:
                self._step()
            finally:
                with self._changed:
                    self._busy = False
                    self._changed.notify_all()

    def _may_step(self) -> bool:
        fits = bool(self._waiting) and len(self._waiting[0].prompts) <= self._room.free
        return not self._busy and (fits or any(map(_wants, self._speaking)))

    def _leave(self, call: _Call) -> None:
        """Between two frames: its slots are free afterwards."""
        with self._changed:
            if call in self._waiting:
                self._waiting.remove(call)
            self._leaving.append(call)
        if not self._turn.held:  # garbage may be collected within a frame, which then ends it
            with self._turn, torch.inference_mode():
                self._let_go()
        with self._changed:
            self._changed.notify_all()

    def _let_go(self) -> None:
        while self._leaving:
            self._end(self._leaving.popleft())

    def _end(self, call: _Call, error: Exception | None = None) -> None:
        self._room.release(call.rows.values())
        call.rows = {}
        call.over, call.error = True, call.error or error
        if call in self._speaking:
            self._speaking.remove(call)

    # By whoever steps

    def _step(self) -> None:
        """Let in who waits and fits, then make one frame for all who want one."""
        with self._turn, torch.inference_mode():
            self._let_go()
            while (call := self._first_that_fits()) is not None:
                try:
                    self._admit(call)
                except Exception as error:  # noqa: BLE001 - its caller hears it, whatever it was; the others go on
                    self._end(call, error)
            going = [call for call in self._speaking if _wants(call)]
            try:
                if going:
                    self._frame(going)
            except Exception as error:  # noqa: BLE001 - all whom it concerns hear it
                for call in going:
                    self._end(call, error)
            self._let_go()

    def _first_that_fits(self) -> _Call | None:
        """The one that waits longest, if there is room: a large one is not overtaken by small ones for ever."""
        with self._changed:
            if not self._waiting or len(self._waiting[0].prompts) > self._room.free:
                return None
            return self._waiting.popleft()

    def _admit(self, call: _Call) -> None:
        self._make_room(max(len(prompt.start) for prompt in call.prompts) + 1)
        words = max(len(prompt.trailing) for prompt in call.prompts) + 1
        if words > self._room.words:
            self._replays.clear()
            self._room.widen(words)
        rows = self._room.take(len(call.prompts))
        call.rows = dict(enumerate(rows))
        self._hear(rows, call.prompts)
        first, rest = call.ways
        for row in rows:
            self._room.first.set(row.slot, first)
            self._room.rest.set(row.slot, rest)
            self._room.penalty[row.slot] = call.sampling.repetition_penalty
        self._speaking.append(call)

    def _hear(self, rows: Sequence[Row], prompts: Sequence[Prompt]) -> None:
        """One prompt of usual length, for which somebody waits alone, by a recording."""
        positions = next((size for size in PROMPTS if size >= len(prompts[0].start)), 0)
        if len(prompts) > 1 or not positions or not self._replays.records:
            self._steps.hear(rows, prompts)
            return
        self._steps.lay(rows[0], prompts[0])
        self.hear(positions)

    def hear(self, positions: int) -> None:
        """The prompt that was laid down last, or none; recorded before if it was not."""
        self._replays.prepare(("prompt", positions), lambda: self._steps.hear_laid(positions))
        self._replays.run(("prompt", positions), lambda: self._steps.hear_laid(positions))

    def _make_room(self, length: int) -> None:
        if length > self._room.capacity:
            self._replays.clear()
            self._steps.lengthen(positions_for(length))

    def _frame(self, calls: Sequence[_Call]) -> None:
        rows = [row for call in calls for row in call.rows.values()]
        for call in calls:
            self._throw(call)
        self._make_room(max(row.length for row in self._room.rows) + 1)  # those that pause are written to as well
        self._launch(rows, calls)
        told = self._room.told[: len(self._room.rows)].tolist()  # waits for the device
        said = {row: told[row.slot] for row in rows}  # by row: slots change as soon as somebody leaves
        for row in rows:
            row.length += 1
            row.frames += 1
        for call in calls:
            self._deliver(call, said)

    def _throw(self, call: _Call) -> None:
        """Random numbers for the next frames of each row that used up its own."""
        for number, row in call.rows.items():
            if row.frames % AHEAD == 0:
                chances = self._room.chances[row.slot]
                chances.copy_(torch.rand(chances.shape, generator=call.generators[number]))

    def _launch(self, rows: Sequence[Row], calls: Sequence[_Call]) -> None:
        config = self._room.model.config
        firsts, rests = zip(*(call.ways for call in calls), strict=True)
        first = Kind.serving(firsts, config.talker.vocabulary)
        rest = Kind.serving(rests, config.predictor.vocabulary)
        batch = batch_for(len(self._room.rows))
        self.launch(batch, positions_for(max(row.length for row in rows) + 1), first, rest, rows)

    def launch(self, batch: int, positions: int, first: Kind, rest: Kind, rows: Sequence[Row] = ()) -> None:
        """A frame of these rows, recorded before if it was not; without rows nothing but that."""
        key = ("frame", batch, positions, first, rest)

        def step() -> None:
            self._steps.frame(batch, positions, first, rest)

        if self._replays.lacks(key):
            self._activate([])
            self._replays.prepare(key, step)
        if rows:
            self._activate(rows)
            self._replays.run(key, step)

    def _activate(self, rows: Sequence[Row]) -> None:
        wanted = sorted(row.slot for row in rows)
        if wanted != self._taking_part:
            self._room.activate(rows)
            self._taking_part = wanted

    def _deliver(self, call: _Call, said: Mapping[Row, list[int]]) -> None:
        """What was made becomes the call's frame, without rows that ended."""
        heard = {number: said[row] for number, row in call.rows.items()}
        if any(codes[-1] for codes in heard.values()):
            self._end(call, _out_of_bounds())
            return
        end = self._room.model.config.control.end
        going = {number: codes[:-1] for number, codes in heard.items() if codes[0] != end}
        self._room.release([call.rows.pop(number) for number in heard.keys() - going.keys()])
        if going:
            call.frames.append(Frame(tuple(going), torch.tensor(list(going.values()))))
            call.made += 1
        if not going or call.made == call.most_frames:
            self._end(call)


def _wants(call: _Call) -> bool:
    return len(call.frames) < MOST_WAITING


def _out_of_bounds() -> EngineFailed:
    return EngineFailed(
        "The model's numbers ran out of bounds.", hint="Try again with another seed, or with dtype float32."
    )
