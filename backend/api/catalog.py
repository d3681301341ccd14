"""What the studio can do: one document, so that the page keeps no list of its own."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from backend.api.answers import Catalog
from backend.api.context import studio
from backend.api.declared import declared

bp = Blueprint("catalog", __name__)


@bp.get("/api/catalog")
@declared(
    "What the studio can do: engines, speakers, emotions, languages, formats, limits.",
    tag="Studio",
    answers={200: Catalog},
)
def catalog() -> Response:
    return jsonify(studio().catalog())
