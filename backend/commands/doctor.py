"""`qwentts doctor`: hands over to the doctor, who starts even where the studio's own packages are missing."""

from __future__ import annotations

import argparse

from backend.commands.grammar import Example, takes_json

NEEDS_NO_SETTINGS = True
EXAMPLES: tuple[Example, ...] = (("qwentts doctor", "what is here, what is missing, what to do"),)


def declare(parser: argparse.ArgumentParser) -> None:
    takes_json(parser, "as JSON")
    parser.add_argument("--data-dir", metavar="FOLDER", help="folder that holds models, voices and output")


def run(arguments: argparse.Namespace) -> int:
    from backend import doctor

    folder = ["--data-dir", arguments.data_dir] if arguments.data_dir else []
    return doctor.main([*folder, *(["--json"] if arguments.json else [])])
