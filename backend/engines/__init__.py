"""Things that speak (later: transcribe, embed). The only room that may import model libraries, and only in `load()`."""
