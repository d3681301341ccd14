"""How much faster CTranslate2 runs Whisper than OpenAI's package does: random weights of the true sizes, one process.

`python -m benchmarks.whisper_quick --size small --threads 1`. One window of thirty seconds is heard, sixty tokens are
written, and timed; the two take turns. Seconds are those in which a processor worked for us, since those of the clock
depend on who else works. Prints one JSON object: medians, and of the ratios their range. Random weights write nonsense
at the speed of sense. `--beside 4` hears four windows at once instead, against one after the other, by the clock.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from backend.engines import whisper_packing
from benchmarks.measuring import Watch

SIZES = {"tiny": (384, 6, 4), "base": (512, 8, 6), "small": (768, 12, 12), "medium": (1024, 16, 24)}
"""Width, heads, layers of each half."""
TOKENS, WORDS = 60, 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--beside", type=int, default=1, help="windows that CTranslate2 hears at once")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        theirs, quick = prepared(options.size, options.threads, Path(folder))
        many = prepared(options.size, options.threads, Path(folder), options.beside)[1] if options.beside > 1 else None
    with Watch([]) as watch:
        if many is None:
            rounds = [(timed(theirs), timed(quick)) for _ in range(options.rounds + 1)][1:]
        else:
            rounds = [(timed(quick * options.beside, True), timed(many, True)) for _ in range(options.rounds + 1)][1:]
            rounds = [([sum(one[step::3]) for step in range(3)], other) for one, other in rounds]
    about = {"size": options.size, "threads": options.threads, "others_cores": round(watch.load.others, 1)}
    names = ("openai", "ctranslate2") if many is None else ("one_by_one", f"{options.beside}_at_once")
    print(json.dumps(about | figures(rounds, names)))


def figures(rounds: list[tuple[list[float], list[float]]], names: tuple[str, str]) -> dict[str, Any]:
    """Seconds and ratios of hearing, writing, timing and all together."""
    told: dict[str, Any] = {}
    for index, name in enumerate(("hear", "write", "time", "all")):
        pairs = [(sum(a), sum(b)) if name == "all" else (a[index], b[index]) for a, b in rounds]
        ratios = [a / b for a, b in pairs]
        told[name] = {
            f"{names[0]}_s": round(statistics.median(a for a, _ in pairs), 3),
            f"{names[1]}_s": round(statistics.median(b for _, b in pairs), 3),
            "ratio": round(statistics.median(ratios), 2),
            "range": [round(min(ratios), 2), round(max(ratios), 2)],
        }
    return told


def timed(steps: list[Callable[[], Any]], by_clock: bool = False) -> list[float]:
    now = time.perf_counter if by_clock else time.process_time
    took = []
    for step in steps:
        since = now()
        step()
        took.append(now() - since)
    return took


def prepared(
    size: str, threads: int, folder: Path, beside: int = 1
) -> tuple[list[Callable[[], Any]], list[Callable[[], Any]]]:
    """The three steps of both; of CTranslate2 with so many windows at once."""
    import ctranslate2
    import numba
    import torch
    import whisper
    from whisper.timing import find_alignment

    numba.set_num_threads(1)  # as the engine does, else torch would take all cores
    torch.set_num_threads(threads)
    width, heads, layers = SIZES[size]
    dims = whisper.ModelDimensions(80, 1500, width, heads, layers, 51865, 448, width, heads, layers)
    torch.manual_seed(0)
    model = whisper.Whisper(dims).eval()
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point() and tensor.ndim > 1 and "positional" not in name:
            tensor.copy_(torch.randn(tensor.shape) * tensor[0].numel() ** -0.5)
    source = whisper_packing.Source(size, 0, 0, "")
    packed = whisper_packing.pack(folder, size, source, model)
    fast = ctranslate2.models.Whisper(str(packed), "cpu", compute_type="int8", intra_threads=threads)

    sound = (np.random.default_rng(0).standard_normal(16_000 * 30) * 0.1).astype(np.float32)
    mel = whisper.log_mel_spectrogram(sound)
    view = ctranslate2.StorageView.from_array(np.ascontiguousarray(mel[None].numpy()))
    words = whisper.tokenizer.get_tokenizer(True, num_languages=99, language="en", task="transcribe")
    text = list(range(1000, 1000 + WORDS))
    with torch.inference_mode():
        heard = model.encoder(mel[None])
    encoded = fast.encode(view)
    together = ctranslate2.StorageView.from_array(np.repeat(np.array(encoded), beside, 0))
    choices = whisper.DecodingOptions(language="en", fp16=False, sample_len=TOKENS)
    start = list(words.sot_sequence)

    def write() -> Any:
        return fast.generate(together, [start] * beside, beam_size=1, max_length=2 * TOKENS, return_no_speech_prob=True)

    return [
        torch.inference_mode()(lambda: model.encoder(mel[None])),
        torch.inference_mode()(lambda: whisper.decode(model, heard[0], choices)),
        lambda: find_alignment(model, words, text, mel, 3000),
    ], [
        lambda: [fast.encode(view) for _ in range(beside)],  # as the engine does
        write,
        lambda: [fast.align(encoded, start, [text], 3000) for _ in range(beside)],
    ]


if __name__ == "__main__":
    main()
