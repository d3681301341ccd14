"""Room of audio: arrays, files, loudness, joining. Knows `core` and `safety`, no engine and no request."""
