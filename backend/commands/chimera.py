"""`qwentts chimera`: your voice and an acted one become a recording, by the same studio as the page's."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.commands.grammar import DONE, Example, Misused, takes_json, takes_quiet, takes_studio
from backend.commands.terminal import as_json, delivered, tell, watched

if TYPE_CHECKING:
    from backend.core.settings import Settings

ASKED = ("text", "emotion", "transcript", "ai_transcript", "engine", "language", "user_seconds", "ai_seconds",
         "crossfade_ms", "temperature", "tries", "seed")  # fmt: skip
"""Members of a wish that are arguments of the same name."""
EXAMPLES: tuple[Example, ...] = (
    ("qwentts chimera me.wav --text 'What a day!' --speaker Ryan -o happy.wav", "your timbre, an acted feeling"),
    ("qwentts chimera --voice Anna --text 'Leave me alone.' --emotion sad --save Zoe", "of a saved voice, kept as one"),
)


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", help="a recording of the voice; or --voice")
    parser.add_argument("--voice", help="a saved voice, by id or name")
    parser.add_argument("--transcript", help="what is said in the recording")
    parser.add_argument("--text", help="what the acted part says")
    parser.add_argument("--emotion", default="happy", help="what is acted (default: happy)")
    actor = parser.add_mutually_exclusive_group()
    actor.add_argument("--speaker", help="a preset speaker acts")
    actor.add_argument("--describe", metavar="WORDS", help="a voice in words acts")
    actor.add_argument("--clone", action="store_true", help="the voice itself acts, cloned")
    actor.add_argument("--ai-file", metavar="FILE", help="a recording that is acted already")
    parser.add_argument("--ai-transcript", help="what is said in it")
    for name, help_text in (("user", "of the voice"), ("ai", "of the acted part")):
        parser.add_argument(f"--{name}-seconds", type=float, help=f"seconds {help_text}, 1 to 20 (default: 5)")
    parser.add_argument("--crossfade-ms", type=float, help="milliseconds, 50 to 200 (default: 120)")
    parser.add_argument("--temperature", type=float, help="0 to 2, for engines that draw")
    parser.add_argument("--tries", type=int, help="seeds to try, 1 to 8 (default: 3); the most alike is taken")
    parser.add_argument("--seed", type=int, help="makes it repeatable")
    parser.add_argument("--language", help="code or name; default: auto")
    parser.add_argument("--engine", help="engine; default: the best that is available")
    parser.add_argument("-o", "--output", default="chimera.wav", help="file to write (default: chimera.wav)")
    parser.add_argument("--save", metavar="NAME", help="save it as that emotion of a new voice, too")
    takes_json(parser, "the session as JSON")
    takes_quiet(parser)
    takes_studio(parser)


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    from backend.commands.asking import checked, existing
    from backend.commands.desk import desk_for
    from backend.core.chimera import ChimeraWish

    if (arguments.file is None) == (arguments.voice is None):
        raise Misused("Whose voice it is to be is not clear.", hint="Name a recording of it, or --voice NAME.")
    names = (arguments.file, arguments.ai_file)
    files = [existing([name])[0] if name is not None else None for name in names]
    wish = checked(ChimeraWish, _wish(arguments)).model_dump(mode="json", exclude_defaults=True)
    desk = desk_for(settings, arguments)
    made = watched(desk.chimera(wish, *files), "The chimera", arguments.quiet)
    made.pop("job_id", None)
    best = made["tries"][made["best"]]
    if arguments.save:
        save = {"name": arguments.save, "emotion": arguments.emotion}
        record = desk.save_chimera(made["session"], str(best["index"]), save)
        tell(f"Saved: --voice {record['id']} --emotion {arguments.emotion}")
    with delivered(Path(arguments.output)) as partial:
        desk.chimera_sound(made["session"], str(best["index"]), partial)
    desk.drop_chimera(made["session"])
    if arguments.json:
        as_json({"output": arguments.output, **made})
    for notice in made["notices"]:
        tell(notice["text"])
    alike = "not judged" if best["similarity"] is None else f"{best['similarity']:.2f}"
    facts = f"{best['duration']:.1f} s, seed {best['seed']}, similarity {alike}. {made['engine_note']}"
    tell(f"{arguments.output}: {facts}".strip())
    return DONE


def _wish(arguments: argparse.Namespace) -> dict[str, Any]:
    given = {name: getattr(arguments, name) for name in ASKED if getattr(arguments, name) is not None}
    actor = {"ai_speaker": arguments.speaker, "ai_description": arguments.describe, "ai_clone": arguments.clone}
    return {"personality": arguments.voice or "", **{k: v for k, v in actor.items() if v}, **given}
