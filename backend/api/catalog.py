"""What the studio can do: one document, so that the page keeps no list of its own."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from backend.api.context import studio

bp = Blueprint("catalog", __name__)


@bp.get("/api/catalog")
def catalog() -> Response:
    return jsonify(studio().catalog())
