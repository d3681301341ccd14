"""One-time links that open the page of a studio with a token. Only a holder of the token can ask for one."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify, request

from backend.api.answers import Link
from backend.api.declared import declared
from backend.core.errors import Conflict
from backend.safety.gate import Gate

bp = Blueprint("session", __name__)

GATE = "qwentts-gate"


@bp.post("/api/session")
@declared(
    "Make a link that opens the page of a studio with a key, once.",
    tag="Studio",
    answers={201: Link},
    problems=("conflict",),
)
def new_link() -> tuple[Response, int]:
    gate: Gate = current_app.extensions[GATE]
    if not gate.keys.needed:
        raise Conflict("This studio asks for no key.", hint="Open the page as it is.")
    return jsonify({"url": f"{request.host_url}?token={gate.keys.new_link()}"}), 201
