"""Work that takes time: a table that loses nothing, lanes that work it, followers. Knows nothing of speech."""
