"""The engine that is always there: espeak-ng in a worker process, bent by a vocoder into the wanted voice."""
