"""Asks the official package for what the golden tests hold ours to; a program of the oracle's environment.

    .oracle/bin/python tests/oracle/make_golden.py tests/engines/qwen3_tts/golden/official.npz

Writes one .npz: codes of every case (NAME-codes-ROW), how far the winner of each greedy choice was ahead (NAME-lead,
the narrowest of each frame), speaker vectors and codes of the references, and decoded sound.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from qwen_tts import Qwen3TTSModel

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
from tests.golden_cases import CASES, FAMILY, LENGTHS, STRIDE, Case
from tests.reference_sounds import RATE, reference_sound
from tests.tiny_checkpoints import tiny_checkpoints

GREEDY = {"do_sample": False, "subtalker_dosample": False}


def main(out: str) -> None:
    models, stopping = tiny_checkpoints(), tiny_checkpoints(stops=True)
    torch.set_num_threads(1)
    leads = Leads()
    found: dict[str, np.ndarray] = {}
    for case in CASES:
        found |= _said((stopping if case.stops else models) / f"{FAMILY}{case.model}", case, leads)
    for size in ("0.6B", "1.7B"):
        found |= _heard(_loaded(models / f"{FAMILY}{size}-Base"), size)
    np.savez_compressed(out, **found)


@cache
def _loaded(folder: Path) -> Any:
    return Qwen3TTSModel.from_pretrained(str(folder), dtype=torch.float32)


class EnoughHeardError(Exception):
    """Leaves the package after the codes: the sound is asked for elsewhere."""


def _said(folder: Path, case: Case, leads: Leads) -> dict[str, np.ndarray]:
    model, kept = _loaded(folder), []
    generate = model.model.generate

    def keep(**asked: Any) -> Any:
        kept.extend(generate(**asked)[0])
        raise EnoughHeardError

    model.model.generate = keep
    leads.start()
    try:
        _call(model, case)
    except EnoughHeardError:
        pass
    finally:
        model.model.generate = generate
    codes = {f"{case.name}-codes-{row}": rows.numpy().astype(np.uint8) for row, rows in enumerate(kept)}
    return {**codes, f"{case.name}-lead": leads.by_frame(case.frames)}


def _call(model: Any, case: Case) -> None:
    rows = len(case.texts)
    asked: dict[str, Any] = {**GREEDY, "max_new_tokens": case.frames + 1, "non_streaming_mode": case.whole}
    asked |= {"text": list(case.texts), "language": list(case.languages)}
    if case.transcripts:
        sounds = [(reference_sound(seed=row), RATE) for row in range(rows)]
        words = [words or None for words in case.transcripts]
        vectors = [not words for words in case.transcripts]
        model.generate_voice_clone(**asked, ref_audio=sounds, ref_text=words, x_vector_only_mode=vectors)
    elif case.speakers:
        model.generate_custom_voice(**asked, speaker=list(case.speakers), instruct=list(case.instructions) or None)
    else:
        model.generate_voice_design(**asked, instruct=list(case.instructions))


def _heard(model: Any, size: str) -> dict[str, np.ndarray]:
    speech = model.model.speech_tokenizer
    sounds = {str(seed): reference_sound(seed=seed) for seed in (0, 1)}
    vectors = {name: model.model.extract_speaker_embedding(sound, RATE) for name, sound in sounds.items()}
    sounds |= {f"{length}-samples": reference_sound(seed=2)[:length] for length in LENGTHS}
    codes = {name: speech.encode(sound, sr=RATE).audio_codes[0] for name, sound in sounds.items()}
    decoded, _ = speech.decode([{"audio_codes": codes["1"]}])
    return {
        **{f"vector-of-{size}-{name}": vector.numpy() for name, vector in vectors.items()},
        **{f"codes-of-{name}": rows.numpy().astype(np.uint8) for name, rows in codes.items()},
        "sound-of-1": np.asarray(decoded[0], dtype=np.float32)[::STRIDE],
    }


class Leads:
    """Listens to every greedy choice: how far the best was ahead of the second."""

    def __init__(self) -> None:
        self._seen: list[float] = []
        self._argmax = torch.argmax
        torch.argmax = self._listening  # the only place where the choice can be seen

    def start(self) -> None:
        self._seen = []

    def by_frame(self, frames: int) -> np.ndarray:
        """The narrowest of the sixteen choices of each frame, over all rows of the batch."""
        whole = min(frames, len(self._seen) // 16) * 16
        return np.array(self._seen[:whole], dtype=np.float32).reshape(-1, 16).min(axis=1)

    def _listening(self, values: torch.Tensor, *rest: Any, **named: Any) -> torch.Tensor:
        if values.is_floating_point() and values.dim() == 2:
            best = values.float().topk(2, dim=-1).values
            self._seen.append(float((best[:, 0] - best[:, 1]).min()))
        return self._argmax(values, *rest, **named)


if __name__ == "__main__":
    main(*sys.argv[1:])
