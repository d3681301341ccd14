"""The data of an event as a value of ours; members that are not known are left, as the protocol grows by them."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from backend.core.errors import BadRequest
from backend.wyoming_ports.events import Event

Model = TypeVar("Model", bound=BaseModel)
MOST_FIELDS = 5


def read(model: type[Model], event: Event) -> Model:
    """Raises BadRequest that names what is wrong."""
    try:
        return model.model_validate(event.data, strict=True)
    except ValidationError as error:
        rows = error.errors(include_url=False, include_input=False)[:MOST_FIELDS]
        fields = {".".join(map(str, row["loc"])): row["msg"] for row in rows}
        said = "; ".join(f"{name}: {text}" for name, text in fields.items())
        raise BadRequest(f"The event {event.type[:40]} cannot be used: {said}.", fields=fields) from None
