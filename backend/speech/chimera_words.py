"""The words of parts that were cut: a recogniser hears where a known text ends, or writes down an unknown one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import gcd

import numpy as np

from backend.chimera_maker import Chimera, Clip, Part
from backend.core.errors import Cancelled, Problem
from backend.core.types import STUDIO_RATE, Samples
from backend.engines.listening import RATE
from backend.model_manager import ModelManager
from backend.speech.listen import listen
from backend.text import portions

LEAST_QUALITY = 20
"""Of a recogniser that is believed; one below it mishears too much for a reference."""
AROUND = 0.1  # seconds heard before and behind a part


@dataclass
class Listener:
    """Hears parts; each once, however many tries share it. Without a good recogniser it hears nothing."""

    models: ModelManager
    language: str
    cancelled: Callable[[], bool]
    _known: dict[tuple[int, float, float], str] = field(default_factory=dict)

    def with_words(self, chimera: Chimera, user: Clip, ai: Clip) -> Chimera:
        """The chimera with the words of its parts put right, where they were estimated or not known."""
        first, second = self._part(chimera.user, user), self._part(chimera.ai, ai)
        text = portions.joined(first.transcript, second.transcript)
        return replace(chimera, user=first, ai=second, transcript=text)

    def _part(self, part: Part, clip: Clip) -> Part:
        if part.transcript and not part.estimated:
            return part
        heard = self._heard(part, clip.samples)
        if not heard:
            return part
        if not clip.transcript.strip():
            return replace(part, transcript=heard, estimated=True)
        fitting = portions.fitting(clip.transcript, heard)
        return replace(part, transcript=fitting, estimated=False) if fitting else part

    def _heard(self, part: Part, samples: Samples) -> str:
        place = (id(samples), part.start, part.end)
        if place not in self._known:
            first, last = (int(at * STUDIO_RATE) for at in (max(0.0, part.start - AROUND), part.end + AROUND))
            self._known[place] = self._written_down(samples[first:last])
        return self._known[place]

    def _written_down(self, samples: Samples) -> str:
        """Empty where no good recogniser is here, or it fails: words are a help, not the work. Raises Cancelled."""
        try:
            one = self.models.pick_listener("auto", self.language)
            if one.info.quality < LEAST_QUALITY:
                return ""
            found = listen(_at_listening_rate(samples), self.models, one.info.name, self.language,
                           cancelled=self.cancelled)  # fmt: skip
            return found.text.strip()
        except Cancelled:
            raise
        except Problem:
            return ""


def _at_listening_rate(samples: Samples) -> Samples:
    from scipy.signal import resample_poly

    divisor = gcd(RATE, STUDIO_RATE)
    return np.asarray(resample_poly(samples, RATE // divisor, STUDIO_RATE // divisor), dtype=np.float32)
