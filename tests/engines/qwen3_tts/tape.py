"""A recorder for tests without a GPU: it keeps every operation with the very tensors it read and wrote, and repeats
them. As a CUDA graph it knows addresses only, and refuses what would ask the device for a number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

ASKING = {
    torch.ops.aten._local_scalar_dense.default,
    torch.ops.aten.item.default,
    torch.ops.aten.nonzero.default,
    torch.ops.aten.masked_select.default,
    torch.ops.aten.equal.default,
    torch.ops.aten.is_nonzero.default,
    torch.ops.aten.lift_fresh.default,  # a number of the host becomes a tensor
}


class _Listening(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's
        self.calls: list[tuple[Any, Any, Any, Any]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in ASKING:
            raise RuntimeError(f"{func} cannot be recorded: the host would have to wait for the device")
        found = func(*args, **(kwargs or {}))
        self.calls.append((func, args, kwargs or {}, found))
        return found


class Tape:
    """Counts what it records and repeats. `room` is how many recordings there is memory for."""

    def __init__(self, room: int = 1000) -> None:
        self.recorded = 0
        self.repeated = 0
        self._room = room

    def record(self, step: Callable[[], object]) -> Callable[[], None]:
        if self.recorded == self._room:
            raise torch.OutOfMemoryError("out of memory")
        step()
        with _Listening() as listening:
            step()
        self.recorded += 1

        def repeat() -> None:
            self.repeated += 1
            for func, args, kwargs, found in listening.calls:
                _rewrite(tree_leaves(found), tree_leaves(func(*args, **kwargs)))

        return repeat


def _rewrite(before: list[Any], now: list[Any]) -> None:
    """What an operation answered goes to where it lay when it was recorded."""
    for old, new in zip(before, now, strict=True):
        if isinstance(old, Tensor) and old.data_ptr() != new.data_ptr():
            old.copy_(new)
