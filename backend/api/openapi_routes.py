"""The routes of the app with their declarations, one operation for each method; and the failures each may have."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from backend.api import problems
from backend.api.declared import Example, Taken, declaration_of, declared
from backend.core.errors import Problem
from backend.core.tables.problems import PROBLEMS, ProblemRow

ROWS: dict[str, ProblemRow] = {row.code: row for row in PROBLEMS}

ALWAYS = ("malformed-request", "unauthorised", "forbidden", "wrong-host", "shutting-down")
"""What every request may be told: by the server, or by the gate."""

_PART = re.compile(r"<(?:(?P<kind>\w+)(?:\([^)]*\))?:)?(?P<name>\w+)>")

SAMPLE_VALUES = {
    "key": "anna",
    "model": "base_0_6b",
    "emotion": "happy",
    "take": "{take}",
    "job_id": "{job}",
    "session": "{session}",
    "clip": "{clip}",
    "segment": 0,
    "number": "0",
    "voice_id": "anna",
}
"""Part of an address → an example of it. What stands in braces is looked up by who runs the example."""


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    rule: Rule
    method: str
    taken: Taken

    @property
    def facts(self) -> declared:
        return self.taken.declaration

    @property
    def id(self) -> str:
        return f"{self.method.lower()}_{re.sub(r'[^A-Za-z0-9]+', '_', self.path).strip('_') or 'index'}"

    @property
    def path(self) -> str:
        """`/api/jobs/{job_id}`."""
        return _PART.sub(lambda found: "{" + found["name"] + "}", self.rule.rule)

    @property
    def parts(self) -> dict[str, str]:
        """Parts of the address → their kind: string, int, path."""
        return {found["name"]: found["kind"] or "string" for found in _PART.finditer(self.rule.rule)}

    @property
    def is_socket(self) -> bool:
        return 101 in self.facts.answers

    @property
    def example(self) -> Example:
        given = self.facts.example
        made = given if isinstance(given, Example) else Example(given)
        values = {name: SAMPLE_VALUES.get(name, "x") for name in self.parts} | dict(made.path)
        return Example(made.body, values, made.query, made.headers, made.status)

    @property
    def needs_body(self) -> bool:
        return ("asked" in self.taken.models and not self.facts.may_be_empty) or self.takes_form

    @property
    def takes_form(self) -> bool:
        return "form" in self.taken.models or bool(self.facts.files)

    def codes(self) -> list[str]:
        """Every code that the operation may answer with."""
        found = [*ALWAYS, *self.facts.problems]
        if self.takes_form or "asked" in self.taken.models:
            found += ["bad-request", "wrong-content-type", "too-large"]
        if "query" in self.taken.models or "If-Match" in self.facts.headers:
            found.append("bad-request")
        if self.parts:
            found.append("not-found")
        if self.is_socket:
            found += ["upgrade-required", "too-many-streams"]
        return list(dict.fromkeys(found))

    def failures(self) -> dict[int, dict[str, Any]]:
        """Status → code → body of an example, in the shape of the address."""
        by_status: defaultdict[int, dict[str, Any]] = defaultdict(dict)
        for code in self.codes():
            status, body, _ = problems.shaped(_sample(ROWS[code]), "0c1d2e3f4a5b6c7d", self.path)
            by_status[status][code] = json.loads(body)
        return dict(by_status)


def operations(app: Flask) -> Iterator[Operation]:
    """Every declared method of every address, in the order of addresses."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        taken = declaration_of(app, rule.endpoint)
        if taken is None or rule.websocket:  # a socket stands there as a plain address, too
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Operation(rule, method, taken)


def _sample(row: ProblemRow) -> Problem:
    what, _, remedy = row.text.partition(". ")
    fields = {"text": "is missing"} if row.code == "bad-request" else None
    return row.kind(f"{what}.", hint=remedy, code=row.code, fields=fields)
