"""The verbs of the command line, one file each: `run(settings, arguments)` does it and returns the exit status."""
