"""Pure text: scripts, sentences, names. Knows no sound, no files and no HTTP."""
