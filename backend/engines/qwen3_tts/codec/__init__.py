"""The 12 Hz codec: 80 ms of sound as sixteen codes, and back."""
