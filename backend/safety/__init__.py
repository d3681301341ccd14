"""Room of safety: the request gate, decoding with limits, names, locks, the save protocol. Knows only `core`."""
