"""Whether the studio lives, whether it can work, and how busy it is."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from backend.api.context import here, studio

bp = Blueprint("health", __name__)


@bp.get("/health")
def health() -> Response:
    return jsonify({**here().studio.health(), "streams": here().slots.taken})


@bp.get("/health/live")
def live() -> Response:
    """Open to everybody: tells nothing but that somebody is there."""
    return jsonify({"status": "ok"})


@bp.get("/health/ready")
def ready() -> tuple[Response, int]:
    able = studio().ready
    return jsonify({"status": "ok" if able else "starting"}), 200 if able else 503
