"""Takes: the history of what was spoken. Search, star, rename, delete with undo."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request
from pydantic import Field

from backend.api.bodies import query_flag, query_number, read_model
from backend.api.context import studio
from backend.core.types import WireValue

bp = Blueprint("history", __name__, url_prefix="/api/history")

MAX_LISTED = 500


class TakeChange(WireValue):
    starred: bool | None = None
    title: str | None = Field(None, max_length=200)


@bp.get("")
def list_takes() -> Response:
    takes, total = studio().takes.search(
        query=request.args.get("q", "")[:200],
        starred=query_flag("starred"),
        limit=query_number("limit", 50, MAX_LISTED),
        before=request.args.get("before", "")[:100],
    )
    return jsonify({"takes": takes, "total": total})


@bp.get("/<take>")
def show(take: str) -> Response:
    return jsonify(studio().takes.get(take))


@bp.patch("/<take>")
def change(take: str) -> Response:
    asked = read_model(TakeChange)
    return jsonify(studio().takes.change(take, starred=asked.starred, title=asked.title))


@bp.delete("/<take>")
def delete(take: str) -> Response:
    return jsonify({"id": take, "trash": studio().takes.delete(take)})


@bp.post("/<take>/restore")
def restore(take: str) -> Response:
    return jsonify(studio().takes.restore(take))
