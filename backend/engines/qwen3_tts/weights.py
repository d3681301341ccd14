"""Reads the tensors of a checkpoint folder through a memory map. Knows file layout, no model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from backend.core.errors import EngineUnavailable

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"


class Weights:
    """All tensors of one folder by name, whether it holds one file or several with an index.

    Nothing is read before it is asked for; on the CPU in the stored dtype a tensor stays a view of the file.
    Raises EngineUnavailable where files are missing or broken.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files = [_opened(folder, name) for name in _file_names(folder)]
        self._home = {name: file for file in self._files for name in file.keys()}  # noqa: SIM118 - not a dict

    def names(self, prefix: str = "") -> list[str]:
        return [name for name in self._home if name.startswith(prefix)]

    def __contains__(self, name: str) -> bool:
        return name in self._home

    def get(self, name: str, device: torch.device | str = "cpu", dtype: torch.dtype | None = None) -> torch.Tensor:
        """One tensor, in the stored dtype unless another is asked for."""
        if name not in self._home:
            raise _broken(self.folder, f"it holds no tensor {name!r}")
        tensor: torch.Tensor = self._home[name].get_tensor(name)
        return tensor.to(device=device, dtype=dtype or tensor.dtype)

    def state(
        self,
        prefix: str,
        device: torch.device | str = "cpu",
        dtype: torch.dtype | None = None,
        rename: Callable[[str], str] = lambda name: name,
    ) -> Iterator[tuple[str, torch.Tensor]]:
        """(name without the prefix, tensor) of everything below a prefix."""
        for name in self.names(prefix):
            yield rename(name.removeprefix(prefix)), self.get(name, device, dtype)


def _file_names(folder: Path) -> list[str]:
    index = folder / INDEX
    if not index.is_file():
        return [SINGLE]
    try:
        table = json.loads(index.read_text("utf-8"))["weight_map"]
        return sorted({str(name) for name in table.values()})
    except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise _broken(folder, f"{INDEX} cannot be read") from error


def _opened(folder: Path, name: str) -> safe_open:
    path = folder / name
    if Path(name).name != name or not path.is_file():  # an index of a stranger must not lead out of the folder
        raise _broken(folder, f"{name} is missing")
    try:
        return safe_open(str(path), framework="pt", device="cpu")
    except (SafetensorError, OSError) as error:
        raise _broken(folder, f"{name} is damaged") from error


def _broken(folder: Path, what: str) -> EngineUnavailable:
    return EngineUnavailable(
        f"The model folder {folder.name} cannot be used: {what}.",
        hint="Download the model again on the models page, or copy its files anew.",
    )
