"""Stand-ins for the nine preset speakers: sex, age and range as theirs, and a colour of their own. Not their voices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.core.errors import NotFound
from backend.core.tables.speakers import SPEAKERS, speaker_id
from backend.engines.preview import human_colours
from backend.engines.preview.bands import BANDS, Array, cosine_colour, tilt
from backend.engines.preview.equaliser import equaliser
from backend.engines.preview.shape import VoiceShape
from backend.engines.preview.voiceprint import Voiceprint

HUMAN = 0.4  # share of the way from the source's colour to a human one
CLARITY = 0.1
DRIER = -6.0  # decibels off the share of noise: klatt4 is hoarser than people are


@dataclass(frozen=True)
class StandIn:
    f0: float  # hertz
    range: float  # semitones
    alpha: float
    pace: float
    tilt: float  # decibels an octave
    breath: float
    colour: tuple[float, ...]
    """Decibels of the cosines 2, 3, 4… over the mel axis: what tells voices of one sex apart."""


STAND_INS: dict[str, StandIn] = {
    "Vivian": StandIn(232, 3.8, 1.01, 1.04, 0.2, 0.00, (-2.4, -3.0, 3.7, 1.4, -2.1, -1.7)),
    "Serena": StandIn(205, 3.0, 1.00, 0.98, -1.2, 0.12, (1.4, -3.6, -0.6, -2.3, -2.8, -1.7)),
    "Uncle_Fu": StandIn(88, 2.4, 0.94, 0.95, -0.6, 0.06, (3.4, -1.9, -3.7, 3.7, 1.2, 0.5)),
    "Dylan": StandIn(132, 3.4, 0.99, 1.05, 0.1, 0.00, (-3.8, -2.5, -2.0, -3.4, 0.0, -0.8)),
    "Eric": StandIn(118, 3.9, 0.98, 1.06, 0.6, 0.12, (3.7, 2.3, -1.9, -3.7, -3.0, -0.8)),
    "Ryan": StandIn(104, 3.7, 0.96, 1.02, 0.2, 0.00, (-3.1, -1.0, 3.5, -1.6, 0.8, 0.8)),
    "Aiden": StandIn(146, 3.6, 1.00, 1.00, 0.1, 0.04, (-0.6, 1.3, 3.0, 3.7, 0.9, -2.3)),
    "Ono_Anna": StandIn(262, 4.0, 1.04, 1.05, 0.6, 0.04, (0.7, -3.6, -3.4, -3.1, 0.8, 2.0)),
    "Sohee": StandIn(182, 3.6, 0.99, 0.99, -0.6, 0.02, (3.1, 2.0, 1.6, 1.5, 2.0, 1.6)),
}


def preset_shape(speaker: str, source: Voiceprint) -> VoiceShape:
    """The shape of a stand-in; raises NotFound for a speaker that is not in the table."""
    name = speaker_id(speaker)
    if name is None:
        raise NotFound(
            f"There is no preset speaker {speaker!r}.",
            hint=f"Speakers: {', '.join(SPEAKERS)}.",
            code="speaker-not-found",
        )
    row = STAND_INS[name]
    voiced, unvoiced = human_equaliser(SPEAKERS[name].sex == "female", source, row.alpha)
    own = cosine_colour(row.colour) + tilt(row.tilt)
    return VoiceShape(
        f0=row.f0,
        range=row.range,
        alpha=row.alpha,
        pace=row.pace,
        voiced=voiced + own,
        unvoiced=unvoiced + own / 2,
        noise=np.full(BANDS, DRIER),
        breath=row.breath,
        clarity=CLARITY,
    )


def human_equaliser(female: bool | None, source: Voiceprint, alpha: float, share: float = HUMAN) -> tuple[Array, Array]:
    """(voiced, unvoiced) decibels towards the mean woman, man, or (None) both."""
    women = np.array(human_colours.FEMALE_VOICED), np.array(human_colours.FEMALE_UNVOICED)
    men = np.array(human_colours.MALE_VOICED), np.array(human_colours.MALE_UNVOICED)
    both = (women[0] + men[0]) / 2, (women[1] + men[1]) / 2
    target = both if female is None else women if female else men
    # The table's parts each have mean 0; the balance between them is left as the source has it.
    placed = target[0] + source.voiced.mean(), target[1] + source.unvoiced.mean()
    voiced, unvoiced = equaliser(placed, source, alpha, order=16)
    return share * voiced, share * unvoiced
