"""`/docs/errors`: every code a failure can have, for people who followed a problem's `type`."""

from __future__ import annotations

from html import escape

from flask import Blueprint, Response

from backend.api.declared import declared, page_of
from backend.core.tables.problems import PROBLEMS, ProblemRow

bp = Blueprint("errors_page", __name__)


@bp.get("/docs/errors")
@declared("Every code a failure can have, for people.", tag="Studio", answers={200: page_of("text/html")})
def errors() -> Response:
    rows = "".join(_row(row) for row in PROBLEMS)
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Problems the studio names</title><h1>Problems the studio names</h1>{rows}</html>"
    )
    return Response(page, content_type="text/html; charset=utf-8")


def _row(row: ProblemRow) -> str:
    code = escape(row.code)
    return f'<h2 id="{code}">{code} <small>({row.status})</small></h2><p>{escape(row.title)}. {escape(row.text)}</p>'
