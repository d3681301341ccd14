"""Takes as files: `/output/<take>.<ext>`."""

from __future__ import annotations

from flask import Blueprint, Response

from backend.api.bodies import query_flag
from backend.api.files import send_take

bp = Blueprint("output", __name__)


@bp.get("/output/<name>")
def output(name: str) -> Response:
    take, _, extension = name.rpartition(".")
    return send_take(take, extension, query_flag("download") or extension == "zip")
