"""What a view takes and answers, declared once: it validates the request, and `/openapi.json` is made from it.

    @bp.post("/api/script/preview")
    @declared("Show how a text would be spoken.", tag="Speak", answers={200: Preview}, problems=("bad-text",),
              example={"text": "Hello.", "voice": {"kind": "preset", "speaker": "Ryan"}})
    def preview_script(asked: ScriptPreview) -> Response: ...

The view's parameters say what comes: `asked: Model` a JSON body, `form: Model` the fields of a multipart form,
`query: Model` the query; all others are parts of the address. With `files`, an `asked` may come as a form, too.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any

from flask import Flask, request
from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import MultiDict

from backend.api.answers import Accepted
from backend.api.bodies import read_model, refusal
from backend.api.fields import object_of
from backend.core.errors import WrongType

FORM = "multipart/form-data"
ENCODED = "application/x-www-form-urlencoded"
PLACES = ("asked", "form", "query")
"""Parameters of a view that are filled from the request."""


@dataclass(frozen=True)
class Media:
    """An answer that is no JSON: sound, text, events."""

    types: tuple[str, ...]
    text: str = ""
    """What it is, in words."""


def sound(*types: str) -> Media:
    return Media(types or ("audio/wav",), "The sound.")


Answer = Any
"""A type (JSON of its shape), a JSON schema as a mapping, a Media, or a tuple of several of these."""

EVENTS = Media(("text/event-stream",), "The events of the job, one JSON object in each `data:`.")
EMPTY = Media((), "Nothing.")

ACCEPTED: dict[int, Answer] = {202: Accepted, 200: EVENTS}
"""A job's id, or its events for `Accept: text/event-stream`."""

UNUSABLE = (
    *("audio-unreadable", "audio-type-mismatch", "audio-empty", "audio-silent", "audio-too-short", "audio-too-long"),
    *("audio-not-finite", "audio-absurd", "audio-no-speech", "decoders-busy", "disk-full"),
)
"""Why a recording may be refused."""


def page_of(*types: str) -> Media:
    """A page for people."""
    return Media(types, "A page.")


@dataclass(frozen=True)
class Example:
    """One request that works. Values of the address that name things of the studio are written `{personality}`,
    `{take}`, `{job}` …: who runs the example puts its own there. A file is `{voice.wav}`."""

    body: Any = None
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 0
    """Expected; 0 takes the first of the answers."""


@dataclass(frozen=True)
class declared:  # noqa: N801 — it is read as a decorator
    """The declaration of one view, and the decorator that holds the view to it."""

    summary: str
    """One sentence; the view's docstring says more."""
    tag: str
    answers: Mapping[int, Answer]
    problems: tuple[str, ...] = ()
    """Codes of failures beyond those that every route has."""
    example: Any = None
    """The body of a request that works, or an `Example`."""
    document: str = ""
    """Where the route comes from: a source document ("003"), a product ("OpenAI"), or nothing: ours."""
    files: tuple[str, ...] = ()
    """Fields of the form that hold a recording or an archive; the first is needed, others are not."""
    may_be_empty: bool = False
    """A body may be left out: the model's defaults count."""
    messages: Mapping[str, str] = field(default_factory=dict)
    """Of a WebSocket: message → what it means."""
    headers: tuple[str, ...] = ()
    """Request headers that mean something here."""
    form_too: bool = False
    """The body may come as a form, too; so it may wherever there are files."""
    blank_is_absent: bool = False
    """Blank fields of a form are left out, texts too."""
    encoded: bool = False
    """A form may come as application/x-www-form-urlencoded, too."""

    def __call__(self, view: Callable[..., Any]) -> Callable[..., Any]:
        takes = Taken(self, view)

        @wraps(view)
        def answered(*given: Any, **address: Any) -> Any:
            asked = takes.read()
            try:
                return view(*given, **address, **asked)
            except ValidationError as error:  # a dialect's value that our own models do not take
                raise refusal(error, {}) from None

        answered.declaration = takes  # type: ignore[attr-defined]  # functions carry what is put on them
        return answered


class Taken:
    """A view together with its declaration: which models it takes, and their values of the present request."""

    def __init__(self, declaration: declared, view: Callable[..., Any]) -> None:
        self.declaration = declaration
        self.view = view

    @cached_property
    def models(self) -> dict[str, type[BaseModel]]:
        """`asked`, `form`, `query` → model, as far as the view has them. Read late: names may be defined below."""
        named = [name for name in inspect.signature(self.view).parameters if name in PLACES]
        hints = typing.get_type_hints(self.view) if named else {}
        return {name: hints[name] for name in named}

    def read(self) -> dict[str, BaseModel]:
        """Raises BadRequest, Malformed, WrongType."""
        return {place: self._read(place, model) for place, model in self.models.items()}

    def _read(self, place: str, model: type[BaseModel]) -> BaseModel:
        if place == "query":
            return read_model(model, object_of(model, request.args))
        form_too = self.declaration.form_too or self.declaration.files
        if place == "form" or (form_too and request.mimetype == FORM):
            return read_model(model, object_of(model, self._form(), self.declaration.blank_is_absent))
        if self.declaration.may_be_empty and not _has_body():
            return read_model(model, {})
        return read_model(model)

    def _form(self) -> MultiDict[str, str]:
        if request.mimetype == FORM or (
            self.declaration.encoded and request.mimetype.endswith("x-www-form-urlencoded")
        ):
            return request.form
        if self.declaration.may_be_empty and not _has_body():
            return MultiDict()
        raise WrongType("The body must be multipart/form-data here.")


def declaration_of(app: Flask, endpoint: str) -> Taken | None:
    """What the view of an endpoint was declared to be."""
    view: Any = app.view_functions[endpoint]
    while view is not None:
        if (found := getattr(view, "declaration", None)) is not None:
            return typing.cast(Taken, found)
        view = getattr(view, "__wrapped__", None)
    return None


def _has_body() -> bool:
    return bool(request.content_length or request.environ.get("wsgi.input_terminated"))
