"""Names under which clients of other services ask for a recogniser, and which of ours each of them means."""

from __future__ import annotations

import re
from collections.abc import Mapping

FOREIGN = re.compile(r"whisper|transcribe|voxtral|parakeet|canary|nova-|scribe", re.IGNORECASE)
"""In names of other services' recognisers (`whisper-1`, `gpt-4o-transcribe`, `nova-3`): the best of ours is meant."""
_MAKERS = ("faster-", "openai-")


def recogniser_named(model: str, known: Mapping[str, bool]) -> str:
    """A client's name for a model → one of ours, `auto`, or the name as it came, for the studio to refuse.

    `known` says of each of ours whether it can listen now: `Systran/faster-whisper-small` is our `whisper_small` where
    that is here, else whoever listens best; `whisper_small` is meant as it stands.
    """
    asked = model.strip()
    if asked in known:
        return asked
    bare = asked.rpartition("/")[2].casefold()
    for maker in _MAKERS:
        bare = bare.removeprefix(maker)
    ours = re.sub(r"[-. ]", "_", bare)
    if known.get(ours):
        return ours
    return "auto" if ours in ("", "auto") or FOREIGN.search(asked) else asked
