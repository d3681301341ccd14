"""How far Qwen3-TTS with rounded weights agrees with the same weights in float32, state by state.

`python -m benchmarks.qwen3_agreement --models DIR [--model 1.7b]`: a line of JSON for each kind of numbers. Both are
told the same codes, whatever they would have chosen: cosines of states and logits (mean and least), and how often the
likeliest code is the same. bfloat16 is PyTorch's own, and says what rounding alone does. Random weights have flat
logits, so the likeliest code changes more easily than with real ones; what that does to speech has to be heard.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from benchmarks.qwen3_figures import FOLDERS, TEXT  # noqa: E402 (the project's scripts go on the path first)

if TYPE_CHECKING:
    from torch import Tensor

    from backend.engines.qwen3_tts.generation import Backend
    from backend.engines.qwen3_tts.model import Qwen3TTS

KINDS = ("bfloat16", "int8", "int6", "int5", "int4")
Heard = tuple["Tensor", "Tensor"]
"""States and logits."""


def main(arguments: Sequence[str] | None = None) -> int:
    from backend.engines.device import quiet_threads

    quiet_threads()
    import torch

    from backend.engines.qwen3_tts.generation import TorchBackend
    from backend.engines.qwen3_tts.model import Qwen3TTS

    asked = _parse(arguments)
    folder = asked.models / FOLDERS[asked.model, "custom"]
    exact = Qwen3TTS.load(folder, "cpu", torch.float32)
    config = exact.config
    generator = torch.Generator().manual_seed(asked.seed)
    most = min(config.predictor.vocabulary, config.talker.vocabulary)
    codes = torch.randint(0, most, (asked.frames, config.groups), generator=generator)
    with torch.inference_mode():
        talker = _talked(exact, TorchBackend(exact), codes)
        inputs = _frames(exact, talker[0], codes)
        predictor = _predicted_plainly(exact, inputs)
        for kind in asked.kinds:
            found = _of(kind, folder, codes, inputs, asked.threads)
            row: dict[str, Any] = {"model": asked.model.upper(), "numbers": kind, "frames": asked.frames}
            for name, (mine, theirs) in {"talker": (found[0], talker), "predictor": (found[1], predictor)}.items():
                row |= {f"{name}_{key}": value for key, value in _agreement(mine, theirs).items()}
            print(json.dumps(row), flush=True)
    return 0


def _of(kind: str, folder: Path, codes: Tensor, inputs: Tensor, threads: int) -> tuple[Heard, Heard]:
    import torch

    from backend.engines.qwen3_tts.generation import TorchBackend
    from backend.engines.qwen3_tts.int8.backend import Int8Backend
    from backend.engines.qwen3_tts.model import Qwen3TTS

    model = Qwen3TTS.load(folder, "cpu", torch.bfloat16)
    if kind == "bfloat16":
        return _talked(model, TorchBackend(model), codes), _predicted_plainly(model, inputs.bfloat16())
    backend = Int8Backend(model, threads, None, lambda share: None, kind=kind)
    return _talked(model, backend, codes), _predicted_quickly(backend, inputs)


def _talked(model: Qwen3TTS, backend: Backend, codes: Tensor) -> Heard:
    """The talker after a prompt and after each of the frames (T, groups) → (T, H), (T, V)."""
    import torch

    from backend.engines.qwen3_tts.prompts import Utterance, build

    prompt = build(model, Utterance(TEXT, "english", speaker="ryan"))
    session = backend.start([prompt])
    states, logits = [], []
    for frame in codes:
        session.talker_step(frame[None], prompt.pad[None])
        states.append(session.hidden[0].float().clone())
        logits.append(session.logits[0].float().clone())
    return torch.stack(states), torch.stack(logits)


def _frames(model: Qwen3TTS, states: Tensor, codes: Tensor) -> Tensor:
    """What the predictor is given for each frame, (T, groups, H): a state, then the codes but the last."""
    import torch

    talker = model.talker
    others: Any = talker.code_predictor.model.codec_embedding
    tables = [talker.model.codec_embedding, *others][: model.config.groups - 1]
    pieces = [states, *(table(codes[:, group]) for group, table in enumerate(tables))]
    projected: Tensor = talker.code_predictor.small_to_mtp_projection(torch.stack(pieces, dim=1))
    return projected


def _predicted_plainly(model: Qwen3TTS, inputs: Tensor) -> Heard:
    """(T, groups, H) → states (T · (groups - 1), H) and the logits of the head of each."""
    import torch

    predictor = model.talker.code_predictor
    rows, length, _ = inputs.shape
    at = torch.arange(length).expand(rows, -1)
    states = predictor.model.run(inputs, at, None, predictor.new_cache(rows, inputs))[:, 1:]
    heads: Any = predictor.lm_head
    logits = torch.stack([head(states[:, number]) for number, head in enumerate(heads)], dim=1)
    return states.flatten(0, 1).float(), logits.flatten(0, 1).float()


def _predicted_quickly(backend: Any, inputs: Tensor) -> Heard:
    import numpy as np
    import torch

    from backend.engines.qwen3_tts.int8.backend import phases
    from backend.engines.qwen3_tts.int8.passing import run
    from backend.engines.qwen3_tts.int8.room import Room

    net, length = backend.predictor, inputs.shape[1]
    room = Room(net, 1, length, backend.model.config.predictor.rope_theta, backend.team.threads)
    work = room.work(length, 1, phases(net, 1))
    states, logits = [], []
    for frame in inputs:
        for head in range(length - 1):
            work.values[:] = frame.float().numpy()
            work.positions[:] = np.arange(length)
            work.picked[:], work.counters[:] = head + 1, 0
            only = net._replace(heads=net.heads[head : head + 1].copy())
            backend.team.run(lambda rank, only=only: run(only, work, length, 1, rank))
            states.append(torch.from_numpy(work.states[0].copy()))
            logits.append(torch.from_numpy(work.logits[0].copy()))
    return torch.stack(states), torch.stack(logits)


def _agreement(mine: Heard, theirs: Heard) -> dict[str, Any]:
    from torch.nn import functional

    found: dict[str, Any] = {}
    for name, one, other in zip(("states", "logits"), mine, theirs, strict=True):
        cosines = functional.cosine_similarity(one, other, dim=-1)
        found |= {name: round(cosines.mean().item(), 4), f"{name}_least": round(cosines.min().item(), 4)}
    same = (mine[1].argmax(dim=-1) == theirs[1].argmax(dim=-1)).float().mean()
    return found | {"likeliest_same": round(same.item(), 3)}


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="qwen3_agreement", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--models", type=Path, required=True, help="folder of the checkpoints")
    parser.add_argument("--model", choices=("0.6b", "1.7b"), default="0.6b")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
