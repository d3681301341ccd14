"""Reads a published GigaAM checkpoint without running anything of it, and without the packages that wrote it.

A .ckpt is a pickle that holds tensors and, as objects of the package omegaconf, the settings. torch reads it with
`weights_only`, in which every class of omegaconf is replaced by a box that only keeps what it is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.core.errors import EngineUnavailable, OutOfMemory

BOXED = """
    omegaconf.dictconfig.DictConfig omegaconf.listconfig.ListConfig
    omegaconf.base.ContainerMetadata omegaconf.base.Metadata
    omegaconf.nodes.AnyNode omegaconf.nodes.StringNode omegaconf.nodes.IntegerNode omegaconf.nodes.FloatNode
    omegaconf.nodes.BooleanNode
    typing.Any typing.Dict typing.List typing.Optional typing.Union
    collections.defaultdict builtins.dict builtins.list builtins.int builtins.str builtins.float builtins.bool
""".split()
"""What the settings are made of; none of it is run, not even `dict`."""
DEEPEST = 20  # levels of settings


@dataclass(frozen=True)
class Checkpoint:
    settings: Mapping[str, Any]
    """Plain dictionaries, lists, numbers and words."""
    tensors: Mapping[str, Any]
    """Name → torch tensor on the processor."""


class Box:
    """Stands for an object of another package: keeps its parts and does nothing."""

    def __new__(cls, *_: object, **__: object) -> Box:
        return super().__new__(cls)

    def __init__(self, *_: object, **__: object) -> None:
        pass


def read(path: Path) -> Checkpoint:
    """Raises EngineUnavailable for a file that is damaged or none of GigaAM's, OutOfMemory."""
    import torch

    # one class for each name, as torch tells them apart by their class
    boxes: list[Any] = [(type("Box", (Box,), {}), name) for name in BOXED]
    try:
        with torch.serialization.safe_globals(boxes):
            content = torch.load(path, map_location="cpu", weights_only=True)
        settings, tensors = plain(content["cfg"]), dict(content["state_dict"])
    except (MemoryError, torch.OutOfMemoryError):
        raise OutOfMemory("GigaAM does not fit.", hint="Close other programs, or take a smaller recogniser.") from None
    except Exception as error:  # noqa: BLE001 - a damaged pickle may raise anything
        raise EngineUnavailable(
            f"The file of GigaAM cannot be read ({type(error).__name__}).", hint="Copy it here once more."
        ) from None
    if not isinstance(settings, dict) or not all(isinstance(one, torch.Tensor) for one in tensors.values()):
        raise EngineUnavailable("The file is no checkpoint of GigaAM.", hint="Copy the published one here.")
    return Checkpoint(settings, tensors)


def plain(value: Any, depth: int = 0) -> Any:
    """Settings out of their boxes. Raises ValueError where they are nested absurdly."""
    if depth > DEEPEST:
        raise ValueError("nested too deep")
    if isinstance(value, Box):
        parts = vars(value)
        value = parts["_content"] if "_content" in parts else parts.get("_val")
    if isinstance(value, dict):
        return {str(key): plain(part, depth + 1) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part, depth + 1) for part in value]
    return value if isinstance(value, str | int | float | bool) else None
