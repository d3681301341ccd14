"""Failures as OpenAI tells them: an object `error` of `message`, `type`, `param` and `code`; wrong values are 400."""

from __future__ import annotations

from typing import Any

from backend.api.problems import shape
from backend.core.errors import Problem

WRONG_VALUE, UNAUTHORISED, BUSY, SERVER = 422, 401, 429, 500
PREFIXES = ("/v1/", "/dev/", "/download/")
"""Addresses that failures are told so for, where no longer beginning says otherwise."""


def openai_error(problem: Problem) -> dict[str, Any]:
    """The object inside `error`. `param` is the first field that was wrong."""
    kinds = {UNAUTHORISED: "authentication_error", BUSY: "rate_limit_error"}
    usual = "server_error" if problem.status >= SERVER else "invalid_request_error"
    wrong = [f"{name} {text}." for name, text in problem.fields.items() if text not in problem.detail]
    sentences = [problem.detail, problem.hint or next(iter(wrong), "")]
    return {
        "message": " ".join(sentence for sentence in sentences if sentence),
        "type": kinds.get(problem.status, usual),
        "param": next(iter(problem.fields), None),
        "code": problem.code,
    }


def openai_shape(problem: Problem, request_id: str) -> tuple[int, dict[str, Any], dict[str, str]]:
    status = 400 if problem.status == WRONG_VALUE else problem.status
    return status, {"error": openai_error(problem)}, {}


for prefix in PREFIXES:
    shape(prefix, openai_shape)
