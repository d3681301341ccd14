"""What the package gigaam makes of tiny checkpoints: its encoder's output, tokens, frames and text, as one .npz.

Runs in an environment of its own that holds the package (its repository's head, which knows v3; its 0.1.0 knows v2),
hydra-core 1.3, omegaconf 2.3, sentencepiece, torch and torchaudio; imports nothing of ours.
    python scripts/tiny_gigaam.py --out DIR
    python tests/oracle/gigaam_says.py DIR/gigaam tests/engines/gigaam/golden.npz
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from gigaam.model import GigaAMASR

RATE = 16_000
SECONDS = (0.1, 0.73, 2.0, 5.119)


def sound(seconds: float) -> np.ndarray:
    """A gliding tone in noise; `test_golden.py` makes the same."""
    time = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.Generator(np.random.PCG64(round(1000 * seconds))).random(len(time)) - 0.5
    return (0.3 * np.sin(2 * np.pi * (150 + 120 * time) * time) + 0.1 * noise).astype(np.float32)


def main(folder: Path, target: Path) -> None:
    said: dict[str, np.ndarray] = {}
    for path in sorted(folder.glob("*.ckpt")):
        content = torch.load(path, map_location="cpu", weights_only=False)
        words = path.with_name(f"{path.stem}_tokenizer.model")
        if words.exists():
            content["cfg"].decoding.model_path = str(words)
        model = GigaAMASR(content["cfg"])
        model.load_state_dict(content["state_dict"])
        model.eval()
        for seconds in SECONDS:
            key = f"{path.stem}/{seconds}"
            samples = torch.from_numpy(sound(seconds))[None]
            with torch.inference_mode():
                encoded, length = model(samples, torch.tensor([samples.shape[1]]))
                text, tokens, frames = model.decoding.decode(model.head, encoded, length)[0]
            said[f"{key}/encoded"] = encoded[0].T.numpy().astype(np.float32)[::5]
            said[f"{key}/tokens"], said[f"{key}/frames"] = np.array(tokens, np.int16), np.array(frames, np.int16)
            said[f"{key}/text"] = np.array(text)
    np.savez_compressed(target, **said)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
