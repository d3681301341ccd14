"""Whether the studio lives, whether it can work, and how busy it is."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from backend.api.answers import Alive, Health
from backend.api.context import here, studio
from backend.api.declared import declared

bp = Blueprint("health", __name__)


@bp.get("/health")
@declared("How the studio is, and how busy.", tag="Studio", document="004", answers={200: Health})
def health() -> Response:
    return jsonify({**here().studio.health(), "streams": here().slots.taken})


@bp.get("/health/live")
@declared("Whether somebody is there.", tag="Studio", answers={200: Alive})
def live() -> Response:
    """Open to everybody: tells nothing but that somebody is there."""
    return jsonify({"status": "ok"})


@bp.get("/health/ready")
@declared("Whether the studio can work.", tag="Studio", answers={200: Alive, 503: Alive})
def ready() -> tuple[Response, int]:
    able = studio().ready
    return jsonify({"status": "ok" if able else "starting"}), 200 if able else 503
