"""Takes: the history of what was spoken. Search, star, rename, delete with undo."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel, Field

from backend.api.answers import Take, TakeList, Trashed
from backend.api.context import studio
from backend.api.declared import Example, declared
from backend.core.types import WireValue

bp = Blueprint("history", __name__, url_prefix="/api/history")

MAX_LISTED = 500


class TakeSearch(BaseModel):
    q: str = ""
    """Words of the title, the text or the voice."""
    starred: bool = False
    """Only those with a star."""
    limit: int = Field(50, ge=0)
    """At most 500 are listed."""
    before: str = ""
    """Id of a take: only older ones."""


class TakeChange(WireValue):
    """What to change; what is absent stays."""

    starred: bool | None = None
    """Those with a star are never cleared away."""
    title: str | None = Field(None, max_length=200)


@bp.get("")
@declared(
    "List what was spoken, newest first.",
    tag="History",
    answers={200: TakeList},
    example=Example(query={"q": "hello", "limit": 10}),
)
def list_takes(query: TakeSearch) -> Response:
    takes, total = studio().takes.search(
        query=query.q[:200], starred=query.starred, limit=min(query.limit, MAX_LISTED), before=query.before[:100]
    )
    return jsonify({"takes": takes, "total": total})


@bp.get("/<take>")
@declared("A take with the times of its words.", tag="History", answers={200: Take}, problems=("take-not-found",))
def show(take: str) -> Response:
    return jsonify(studio().takes.get(take))


@bp.patch("/<take>")
@declared(
    "Give a take a star or a title.",
    tag="History",
    answers={200: Take},
    problems=("take-not-found",),
    example={"starred": True, "title": "The good one"},
)
def change(take: str, asked: TakeChange) -> Response:
    return jsonify(studio().takes.change(take, starred=asked.starred, title=asked.title))


@bp.delete("/<take>")
@declared("Put a take into the trash.", tag="History", answers={200: Trashed}, problems=("take-not-found",))
def delete(take: str) -> Response:
    return jsonify({"id": take, "trash": studio().takes.delete(take)})


@bp.post("/<take>/restore")
@declared(
    "Bring a deleted take back.",
    tag="History",
    answers={200: Take},
    problems=("take-not-found", "conflict"),
    example=Example(path={"take": "{deleted_take}"}),
)
def restore(take: str) -> Response:
    return jsonify(studio().takes.restore(take))
