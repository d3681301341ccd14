"""Qwen3-TTS: our own inference core around the published checkpoints."""
