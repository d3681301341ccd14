"""Which engine speaks: the one that was named, or the best that can. Loads nothing."""

from __future__ import annotations

from collections.abc import Mapping

from backend.core.errors import BadRequest, EngineUnavailable, NotFound
from backend.engines.base import SpeechEngine, VoiceKind

_IN_WORDS = {"cloned": "personalities", "preset": "preset speakers", "designed": "described voices"}


def pick(engines: Mapping[str, SpeechEngine], asked: str, kind: VoiceKind, language: str) -> SpeechEngine:
    """Raises NotFound for an unknown name, BadRequest for a kind or language it cannot speak, EngineUnavailable."""
    if asked == "auto":
        return _best(engines, kind, language)
    engine = engines.get(asked)
    if engine is None:
        known = ", ".join(["auto", *engines])
        raise NotFound(f"There is no engine called {asked!r}.", hint=f"There are: {known}.", code="engine-not-found")
    if kind not in engine.info.kinds:
        raise BadRequest(
            f"{engine.info.title} cannot speak {_IN_WORDS[kind]}.",
            hint="Take another voice, or engine auto.",
            fields={"engine": f"speaks {', '.join(_IN_WORDS[k] for k in sorted(engine.info.kinds))}"},
        )
    if language != "auto" and language not in engine.info.languages:
        raise BadRequest(f"{engine.info.title} does not speak that language.", fields={"language": language})
    availability = engine.availability(kind)
    if not availability.ok:
        raise EngineUnavailable(availability.reason, hint=availability.hint)
    return engine


def _best(engines: Mapping[str, SpeechEngine], kind: VoiceKind, language: str) -> SpeechEngine:
    able = [e for e in engines.values() if kind in e.info.kinds and language in ("auto", *e.info.languages)]
    for engine in sorted(able, key=lambda engine: -engine.info.quality):
        if engine.availability(kind).ok:
            return engine
    reasons = [engine.availability(kind) for engine in able]
    raise EngineUnavailable(
        " ".join(["No engine can speak this now.", *(each.reason for each in reasons)]),
        hint=next((each.hint for each in reasons if each.hint), "Install an engine: see docs/."),
    )
