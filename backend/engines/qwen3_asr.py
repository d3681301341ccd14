"""Qwen3-ASR writes down what is said in thirty languages: the published checkpoints, run by transformers' own classes.

The files may have either published layout: the first one (everything below `thinker.`) is renamed while it is read, the
later one, whose folders end with `-hf`, is taken as it is. Nothing is fetched. It tells no times of words.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from backend.core.errors import Cancelled, EngineUnavailable, OutOfMemory
from backend.core.settings import Settings
from backend.core.types import Samples
from backend.downloads.catalog import ModelEntry, catalog
from backend.downloads.locate import locate
from backend.engines.base import AVAILABLE, Availability, DeviceChoice
from backend.engines.device import choose_device, give_back
from backend.engines.listening import RATE, ListenerInfo, Utterance
from backend.engines.transcript import plain

LANGUAGES = dict(
    pair.split("=")
    for pair in """
    ar=Arabic yue=Cantonese zh=Chinese cs=Czech da=Danish nl=Dutch en=English fil=Filipino fi=Finnish fr=French
    de=German el=Greek hi=Hindi hu=Hungarian id=Indonesian it=Italian ja=Japanese ko=Korean mk=Macedonian ms=Malay
    fa=Persian pl=Polish pt=Portuguese ro=Romanian ru=Russian es=Spanish sv=Swedish th=Thai tr=Turkish vi=Vietnamese
    """.split()
)
"""Code → the name that the model was taught with. Cantonese and Filipino have no code of two letters."""
CODES = {name.casefold(): code for code, name in LANGUAGES.items()}
QUALITY = {"0.6B": 65, "1.7B": 80}
SETUP = "Install the studio set: ./setup.sh, or the models page."
FOLDER = ("models", "qwen3_asr")
"""Where transformers has the classes, from 5.13 on."""
PROMPT = (
    "<|im_start|>system\n<|im_end|>\n"
    "<|im_start|>user\n<|audio_start|><|audio_pad|><|audio_end|><|im_end|>\n"
    "<|im_start|>assistant\n"
)
NAMES = {
    r"^thinker\.audio_tower\.proj1\.": "model.multi_modal_projector.linear_1.",
    r"^thinker\.audio_tower\.proj2\.": "model.multi_modal_projector.linear_2.",
    r"^thinker\.audio_tower\.": "model.audio_tower.",
    r"^thinker\.model\.": "model.language_model.",
    r"^thinker\.lm_head\.": "lm_head.",
}
"""Tensors of the first layout → those of transformers; the first pattern that fits."""
SOUND_TOKENS = {
    "audio_token": "<|audio_pad|>",
    "audio_bos_token": "<|audio_start|>",
    "audio_eos_token": "<|audio_end|>",
}
ENDS = ("<|endoftext|>", "<|im_end|>")
TOKENS_AT_LEAST, TOKENS_PER_SECOND = 16, 25
"""No speech has more: fast Hindi, of which the vocabulary knows little, comes to about 15 a second."""


def listeners(settings: Settings) -> list[Qwen3ASRListener]:
    """One for each size the catalog knows, installed or not."""
    return [Qwen3ASRListener(settings, entry) for entry in catalog().values() if entry.engine == "qwen3_asr"]


class Qwen3ASRListener:
    """One size of Qwen3-ASR."""

    def __init__(self, settings: Settings, entry: ModelEntry) -> None:
        self._settings = settings
        self._entry = entry
        self._model: Any = None
        self._processor: Any = None
        self.info = ListenerInfo(
            name=entry.key,
            title=entry.title,
            languages=tuple(LANGUAGES),
            memory_mb=entry.memory_mb["cpu"],
            packages=entry.packages,
            quality=QUALITY.get(entry.size_label, 0),
            times_words=False,
            honesty="It tells no times of single words.",
        )

    def availability(self, language: str = "auto") -> Availability:
        spec = importlib.util.find_spec("transformers") if importlib.util.find_spec("torch") else None
        if spec is None:
            return Availability(False, "Qwen3-ASR needs torch and transformers, which are not installed.", SETUP)
        if not any(Path(root, *FOLDER).is_dir() for root in spec.submodule_search_locations or ()):
            return Availability(False, "The installed transformers is too old for Qwen3-ASR; 5.13 has it.", SETUP)
        found = locate(self._settings, self._entry.key)
        if found is None or not found.valid:
            hint = f"Download it: qwentts models download {self._entry.key}, or on the models page."
            return Availability(False, f"{self._entry.title} is not downloaded.", hint)
        return AVAILABLE

    def device(self) -> DeviceChoice:
        return choose_device(self._settings)

    def load(self) -> None:
        """Raises EngineUnavailable, OutOfMemory."""
        if self._model is not None:
            return
        state = self.availability()
        if not state.ok:
            raise EngineUnavailable(state.reason, hint=state.hint)
        found = locate(self._settings, self._entry.key)
        assert found is not None, "available, so it was found"
        choice = self.device()
        import torch

        torch.set_num_threads(choice.threads)
        with _told(self._entry):
            processor = _processor(found.path)
            model = _model(found.path, getattr(torch, choice.dtype)).to(choice.kind).eval()
        self._processor, self._model = processor, model

    def unload(self) -> None:
        was_on_gpu = self._model is not None and self._model.device.type == "cuda"
        self._model = self._processor = None
        give_back("cuda" if was_on_gpu else "cpu")

    def transcribe(
        self, samples: Samples, language: str, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[Utterance]:
        """One utterance as long as the samples, or none where nothing was said."""
        import torch

        known = LANGUAGES.get(language, "")
        prompt = PROMPT + (f"language {known}<asr_text>" if known else "")
        inputs = self._processor(text=[prompt], audio=[samples], sampling_rate=RATE)
        inputs = inputs.to(self._model.device, dtype=self._model.dtype)
        seconds = len(samples) / RATE
        try:
            with torch.inference_mode(), _interruptible(self._model, cancelled):
                tokens = self._model.generate(**inputs, generation_config=self._choices(seconds))
        except (MemoryError, torch.OutOfMemoryError):
            raise OutOfMemory("The memory did not suffice to listen.", hint="Take a smaller recogniser.") from None
        text, found = self.read(tokens[0, inputs["input_ids"].shape[1] :].tolist())
        if text:
            yield Utterance(0.0, seconds, text, language="" if known else found)

    def read(self, tokens: list[int]) -> tuple[str, str]:
        """What the model wrote, as plain text, and the code of the language it names; empty where it names none."""
        heard = self._processor.decode(tokens, return_format="parsed")
        return plain(heard["transcription"]), CODES.get(str(heard["language"]).casefold(), "")

    def _choices(self, seconds: float) -> Any:
        """Always the likeliest token, and no more of them than anybody can say in that time."""
        import transformers

        hub: Any = transformers
        ends = [self._processor.tokenizer.convert_tokens_to_ids(token) for token in ENDS]
        most = TOKENS_AT_LEAST + round(TOKENS_PER_SECOND * seconds)
        return hub.GenerationConfig(do_sample=False, max_new_tokens=most, eos_token_id=ends, pad_token_id=ends[-1])


@contextmanager
def _told(entry: ModelEntry) -> Iterator[None]:
    """Failures of a load as Problems."""
    import torch

    try:
        yield
    except (MemoryError, torch.OutOfMemoryError):
        raise OutOfMemory(f"{entry.title} does not fit.", hint="Take a smaller size, or another recogniser.") from None
    except EngineUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - damaged files may raise anything
        raise EngineUnavailable(
            f"The files of {entry.title} cannot be read ({type(error).__name__}).",
            hint=f"Delete them and download them again: qwentts models delete {entry.key}.",
        ) from None


def _processor(folder: Path) -> Any:
    """Turns sound into bands and tokens into text."""
    import transformers

    hub: Any = transformers
    tokenizer = hub.AutoTokenizer.from_pretrained(folder, local_files_only=True, extra_special_tokens=SOUND_TOKENS)
    return hub.Qwen3ASRProcessor(hub.Qwen3ASRFeatureExtractor(), tokenizer)


def _model(folder: Path, dtype: Any) -> Any:
    """The model in the host's memory. Raises EngineUnavailable where tensors are missing, and whatever else."""
    import transformers

    hub: Any = transformers
    hub.utils.logging.disable_progress_bar()

    config = json.loads((folder / "config.json").read_text("utf-8"))
    is_first = "thinker_config" in config
    more = {"config": _configuration(config["thinker_config"]), "key_mapping": NAMES} if is_first else {}
    model, report = hub.Qwen3ASRForConditionalGeneration.from_pretrained(
        folder, dtype=dtype, local_files_only=True, use_safetensors=True, output_loading_info=True, **more
    )
    if lacking := report["missing_keys"] or report["mismatched_keys"]:
        raise EngineUnavailable(
            f"The weights are not whole: {len(lacking)} tensors are missing or of another shape.",
            hint="Delete the model and download it again.",
        )
    return model


def _configuration(thinker: dict[str, Any]) -> Any:
    """The first layout's configuration as that of transformers. With sound alone its three-part positions are plain."""
    from transformers import Qwen3ASRConfig

    audio = {key: thinker["audio_config"][key] for key in AUDIO_KEYS}
    text = {key: thinker["text_config"][key] for key in TEXT_KEYS}
    theta = thinker["text_config"]["rope_theta"]
    return Qwen3ASRConfig(
        audio_config={"model_type": "qwen3_asr_encoder", **audio},
        text_config={"model_type": "qwen3", "rope_parameters": {"rope_type": "default", "rope_theta": theta}, **text},
        audio_token_id=thinker["audio_token_id"],
        tie_word_embeddings=thinker["text_config"].get("tie_word_embeddings", True),
    )


AUDIO_KEYS = """
    activation_function d_model downsample_hidden_size encoder_attention_heads encoder_ffn_dim encoder_layers
    n_window n_window_infer num_mel_bins output_dim
""".split()
TEXT_KEYS = """
    head_dim hidden_act hidden_size intermediate_size max_position_embeddings num_attention_heads num_hidden_layers
    num_key_value_heads rms_norm_eps tie_word_embeddings vocab_size
""".split()


@contextmanager
def _interruptible(model: Any, cancelled: Callable[[], bool]) -> Iterator[None]:
    """Within it, every layer asks first whether it should. Raises Cancelled."""

    def ask(*_: object) -> None:
        if cancelled():
            raise Cancelled("Cancelled while listening.")

    with ExitStack() as hooks:
        for layer in [*model.model.audio_tower.layers, *model.model.language_model.layers]:
            hooks.callback(layer.register_forward_pre_hook(ask).remove)
        yield
