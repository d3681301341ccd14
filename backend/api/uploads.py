"""Uploads: streamed into nameless temporary files, gone when the request is over. The gate bounds them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from flask import Request, current_app, request
from werkzeug.datastructures import FileStorage

from backend.core.errors import BadRequest, WrongType

IN_MEMORY = 512 * 1024  # bytes; larger uploads go to the disk


class StudioRequest(Request):
    """A request whose uploads rest in the studio's own folder, under no name: a killed server leaves nothing behind."""

    max_form_memory_size = 1024 * 1024
    max_form_parts = 50

    def _get_file_stream(self, *_facts: Any, **_named: Any) -> IO[bytes]:
        folder: Path = current_app.config["TEMP_DIR"]
        folder.mkdir(parents=True, exist_ok=True)
        return tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(folder))


@contextmanager
def uploaded(name: str) -> Iterator[FileStorage | None]:
    """The file of one multipart field, None where it is absent; closed and gone afterwards.

    Raises WrongType for a body that is no multipart form, BadRequest for several files under the name.
    """
    if request.mimetype != "multipart/form-data":
        raise WrongType("The body must be multipart/form-data here.")
    files = request.files.getlist(name)
    if len(files) > 1:
        raise BadRequest(f"{name} is given more than once.", fields={name: "send one file"})
    try:
        yield files[0] if files else None
    finally:
        for file in request.files.values():
            file.close()
