"""Qwen3-TTS on the processor with fewer bits than eight: what they bring, official package and all of them by turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

from benchmarks.measuring import Spread, before_turns, too_busy
from benchmarks.qwen3_figures import WARM_UP, Plan, Turn, load_facts, official_child, our_child, request, spoken

USUAL = "int8"


def fewer_bits(plan: Plan, dtypes: Sequence[str]) -> Iterator[dict[str, Any]]:
    """A row for int8 and for each of `dtypes`: what it costs, against the official package and against int8."""
    loads = [before_turns()]
    kinds = (USUAL, *dtypes)
    with ExitStack() as stack:
        children = [our_child(stack, plan, cloned=False, dtype=kind) for kind in kinds]
        speakers = [child for child, _ in children]
        official = None if plan.alone else official_child(stack, plan)
        everybody = speakers if official is None else [official, *speakers]
        pids = [each.pid for each in everybody]
        for each in everybody:
            each.ask("speak", **request(each is official, WARM_UP, 0))
        rounds: list[list[Turn]] = []
        for number in range(1, plan.rounds + 1):
            turns: dict[int, Turn] = {}
            for place in sorted(range(len(everybody)), key=lambda place: (place + number) % len(everybody)):
                each = everybody[place]  # another one begins in each round: nobody always follows the official package
                turns[place] = spoken(each, pids, request(each is official, plan.frames, number))
            rounds.append([turns[place] for place in range(len(everybody))])
    loads += [turn.load for turns in rounds for turn in turns]
    for place, kind in enumerate(kinds):
        own = [turns[place - len(kinds)] for turns in rounds]
        usual = [turns[-len(kinds)] for turns in rounds]
        theirs = [] if plan.alone else [turns[0] for turns in rounds]
        found = {"figure": "fewer bits", "model": plan.size.upper(), "threads": plan.threads, "dtype": kind}
        taken = {"numbers": children[place][1]["numbers"], "frames": plan.frames, "rounds": plan.rounds}
        yield found | _costs(own, usual, theirs) | taken | {"busy": too_busy(loads), **load_facts(loads)}


def _costs(own: Sequence[Turn], usual: Sequence[Turn], theirs: Sequence[Turn]) -> dict[str, Any]:
    rtf = Spread.of([turn.rtf for turn in own])
    less = _times(usual, own)
    found: dict[str, Any] = {"rtf": round(rtf.median, 3), "rtf_range": rtf.range()}
    if theirs:
        official, ratio = Spread.of([turn.rtf for turn in theirs]), _times(theirs, own)
        found |= {"official_rtf": round(official.median, 3), "official_rtf_range": official.range()}
        found |= {"ratio": round(ratio.median, 2), "ratio_range": ratio.range(2)}
    found |= {"times_int8": round(less.median, 2), "times_int8_range": less.range(2)}
    return found | {"peak_rss_mb": round(max(turn.answer["peak_mb"] for turn in own))}


def _times(slower: Sequence[Turn], faster: Sequence[Turn]) -> Spread:
    """Of neighbouring turns."""
    return Spread.of([one.rtf / other.rtf for one, other in zip(slower, faster, strict=True)])
