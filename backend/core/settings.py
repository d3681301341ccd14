"""One frozen `Settings`: defaults < config.yml < .env < environment < arguments. Nobody else reads the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

PROJECT_DIR = Path(__file__).resolve().parents[2]


MOVED_MODELS = "models-folder.txt"
"""Holds the folder that the models were moved to."""


def of_others(name: str) -> str:
    """A variable by which another program says where it keeps its things; empty where it is not set."""
    return os.environ.get(name, "")


class Settings(BaseSettings):
    """Everything that can be chosen. A misspelt key stops the start and is named."""

    model_config = SettingsConfigDict(
        env_prefix="STUDIO_", env_file=".env", yaml_file="config.yml", extra="forbid", frozen=True
    )

    host: str = Field("127.0.0.1", description="Address to listen on. Anything but loopback demands a token.")
    port: int = Field(8000, ge=0, le=65535, description="TCP port; 0 takes a free one.")
    token: str = Field("", description="Key that every caller must send; empty on loopback means none.")
    open_lists: bool = Field(
        False,
        description="Whether GET /v1/audio/models and /v1/audio/voices answer without the token: Open WebUI asks so. "
        "Everybody who reaches the studio can then read the names of its voices.",
    )
    allowed_hosts: tuple[str, ...] = Field((), description="Further host names the studio answers under (proxies).")
    allowed_origins: tuple[str, ...] = Field((), description="Web pages of other origins that may call, by origin.")
    wyoming_tts_port: int = Field(
        0, ge=0, le=65535, description="TCP port that speaks over Wyoming, by habit 10200; 0 is off."
    )
    wyoming_asr_port: int = Field(
        0, ge=0, le=65535, description="TCP port that listens over Wyoming, by habit 10300; 0 is off."
    )
    wyoming_host: str = Field(
        "127.0.0.1",
        description="Address of both. Wyoming has no keys: off loopback everybody who reaches it is served.",
    )
    data_dir: Path = Field(PROJECT_DIR, description="Holds models/, output/, saved_personalities/ and .studio/.")
    models_dir: Path | None = Field(None, description="Models root; QWEN_TTS_MODELS_DIR sets it too.")
    open_browser: bool = Field(True, description="Open the page in a browser after the start.")
    server_threads: int = Field(300, ge=8, le=2000, description="Threads of the server; each open stream holds one.")
    stream_limit: int = Field(256, ge=1, le=2000, description="Event streams open at once, in total.")
    heartbeat: float = Field(15.0, gt=0, le=60, description="Seconds between comment lines of a quiet stream.")
    queue_limit: int = Field(200, ge=1, description="Jobs that may wait; one more is answered 429.")
    text_limit: int = Field(200_000, ge=1, description="Characters of one script.")
    upload_limit: int = Field(100 * 2**20, ge=1024, description="Bytes of one uploaded recording.")
    recording_limit: int = Field(
        700 * 2**20, ge=1024, description="Bytes of one long recording: 30 minutes of stereo WAV at 48 kHz are 330 MiB."
    )
    archive_limit: int = Field(500 * 2**20, ge=1024, description="Bytes of one imported personality.")
    lane_runner: str = Field("process", pattern="^(process|thread)$", description="Where jobs run: process or thread.")
    lease: float = Field(15.0, gt=0, description="Seconds a runner may hold a job without renewing.")
    stall_limit: float = Field(300.0, gt=0, description="Seconds without any event after which a job is stopped.")
    fake_engine: str = Field("", description="Script of faults for the test engine, e.g. 'segv@2'; empty hides it.")
    trash_days: int = Field(7, ge=0, description="Days that deleted things rest in .trash/ before they go.")
    reference_hosts: tuple[str, ...] = Field(
        (), description="Hosts that recordings are fetched from where a request names an address (ref_audio)."
    )
    client_takes_days: float = Field(
        7, ge=0, description="Days that takes spoken for other programs are kept; starred ones stay. 0 keeps all."
    )
    device: Literal["auto", "cuda", "mps", "cpu"] = Field(
        "auto", description="Where models compute; auto takes the best."
    )
    dtype: Literal["auto", "int8", "int6", "int5", "int4", "bfloat16", "float16", "float32"] = Field(
        "auto",
        description="Numbers that models compute with; auto takes what the device does best (int8 on a processor). "
        "int6, int5 and int4 make Qwen3-TTS faster on a processor, and less exact with each bit.",
    )
    threads: int = Field(0, ge=0, le=256, description="Threads of the processor for models; 0 leaves one core free.")
    qwen_size: Literal["auto", "0.6b", "1.7b"] = Field(
        "auto", description="Which size of Qwen3-TTS speaks where both are there; auto takes what the machine carries."
    )
    gpu_graphs: bool = Field(
        True,
        description="Record what a GPU computes for a frame of speech and replay it; off computes it step by step.",
    )
    shared_jobs: int = Field(
        8,
        ge=1,
        le=64,
        description="Jobs that share a GPU at once; the last place is kept for a caller who has none. "
        "1 works them one after the other, as is always done on a processor.",
    )
    base_instruction: bool = Field(
        False, description="Experimental: tell the cloning model in words which emotion to act, beside the reference."
    )
    model_ttl: float = Field(
        900.0, ge=0, description="Seconds without work after which a large model gives its memory back; 0 keeps it."
    )
    park_memory: int = Field(
        -1, ge=-1, description="Megabytes of host memory for models that may come back; -1 takes what is free, 0 none."
    )
    download_provider: Literal["auto", "hf", "modelscope"] = Field(
        "auto", description="Where models come from first; auto tries Hugging Face, then ModelScope."
    )
    hf_endpoint: str = Field(
        "https://huggingface.co", description="Address of Hugging Face or a mirror; HF_ENDPOINT too."
    )
    modelscope_endpoint: str = Field(
        "https://modelscope.cn", description="Address of ModelScope; MODELSCOPE_ENDPOINT sets it too."
    )
    hf_token: str = Field("", description="Key for models whose publisher asks for an account; HF_TOKEN sets it too.")
    offline: bool = Field(False, description="Fetch nothing from the net, ever; HF_HUB_OFFLINE=1 sets it too.")
    stt_engine: str = Field(
        "auto", max_length=40, description="Who listens where a request says auto: a recogniser, a family, or auto."
    )
    whisper_backend: Literal["auto", "openai"] = Field(
        "auto", description="Who runs Whisper on a processor; auto takes CTranslate2 where it is installed."
    )
    stt_silence_db: float = Field(
        -45.0, ge=-100, le=0, description="Recordings that never get louder, in dBFS, are taken for silence: no text."
    )
    use_llm_stt: bool = Field(
        True, description="Whether POST /stt has the language model mend its text where the request does not say."
    )
    tts_engine: str = Field(
        "auto",
        max_length=40,
        description="Engine of POST /tts, /tts/wav and its WebSocket: qwen, preview, ... or auto.",
    )
    sample_rate: int = Field(
        24_000, ge=8_000, le=48_000, description="Hertz of what /tts/wav and /tts/speak-streaming answer."
    )
    voice_clone_ref_audio: Path | None = Field(
        None, description="Recording whose voice speaks at these addresses where the request names none."
    )
    voice_clone_ref_text: str = Field("", max_length=5000, description="What is said in that recording.")
    llm_url: str = Field(
        "http://127.0.0.1:1234/v1", description="Language model that cleans up transcripts, by OpenAI's protocol."
    )
    llm_model: str = Field("", description="Name of that model; empty takes the first that the server names.")
    llm_key: str = Field("", repr=False, description="Key that the server of the language model asks for.")
    llm_timeout: float = Field(120.0, gt=0, le=3600, description="Seconds that cleaning up one text may take.")
    verify: Literal["off", "auto", "full"] = Field(
        "auto",
        description="Check spoken segments: auto by what costs little, full also by words and likeness, off never.",
    )
    verify_retries: int = Field(2, ge=0, le=8, description="How often a segment that failed a check is spoken again.")

    @field_validator("verify", mode="before")
    @classmethod
    def _mode(cls, value: object) -> object:
        """It was a switch once, and YAML reads `off` as one."""
        return {"true": "auto", "on": "auto", "false": "off"}.get(str(value).casefold(), value)

    @field_validator("data_dir", "models_dir", "voice_clone_ref_audio", mode="after")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value.expanduser().resolve() if value is not None else None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, _StrictEnv(settings_cls), dotenv_settings, YamlConfigSettingsSource(settings_cls)

    @property
    def is_loopback(self) -> bool:
        return self.host in {"127.0.0.1", "::1", "localhost"}

    @property
    def models_root(self) -> Path:
        """Where models lie. A folder they were moved to counts at once in every process; a setting beats it."""
        if self.models_dir:
            return self.models_dir
        try:
            moved = (self.state_dir / MOVED_MODELS).read_text("utf-8").strip()
        except OSError:
            moved = ""
        return Path(moved) if moved else self.data_dir / "models"

    def use_models_folder(self, folder: Path) -> None:
        """Look for models there from now on. Raises ValueError where a setting names the folder."""
        if self.models_dir:
            raise ValueError("models_dir is set")
        self.state_dir.mkdir(parents=True, exist_ok=True)
        partial = self.state_dir / f"{MOVED_MODELS}.part"
        with partial.open("w", encoding="utf-8") as file:
            file.write(str(folder))
            file.flush()
            os.fsync(file.fileno())  # the old copies are removed next
        os.replace(partial, self.state_dir / MOVED_MODELS)

    @property
    def output_dir(self) -> Path:
        return self.data_dir / "output"

    @property
    def personalities_dir(self) -> Path:
        return self.data_dir / "saved_personalities"

    @property
    def state_dir(self) -> Path:
        """Databases, locks and temporary files: nothing here is worth a backup."""
        return self.data_dir / ".studio"

    @property
    def trash_dir(self) -> Path:
        return self.data_dir / ".trash"

    def for_child(self) -> dict[str, Any]:
        """Plain JSON from which a child process rebuilds exactly these settings."""
        return self.model_dump(mode="json")


FOREIGN = {
    "models_dir": "qwen_tts_models_dir",
    "hf_endpoint": "hf_endpoint",
    "modelscope_endpoint": "modelscope_endpoint",
    "hf_token": "hf_token",
    "offline": "hf_hub_offline",
}
"""Settings that a variable of another program sets, where ours does not."""


class _StrictEnv(EnvSettingsSource):
    """The environment, in which a STUDIO_ name that is no setting is an error instead of a silent nothing."""

    def __call__(self) -> dict[str, Any]:
        known = {f"studio_{name}" for name in self.settings_cls.model_fields}
        unknown = [name for name in self.env_vars if name.startswith("studio_") and name not in known]
        if unknown:
            raise ValueError(f"unknown setting in the environment: {', '.join(sorted(unknown)).upper()}")
        values = super().__call__()
        for field, name in FOREIGN.items():
            if field not in values and self.env_vars.get(name):
                values[field] = self.env_vars[name]
        return values


__all__ = ["PROJECT_DIR", "DotEnvSettingsSource", "Settings"]
