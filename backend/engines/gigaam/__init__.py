"""GigaAM writes down Russian: our own code for the published checkpoints, since the package wants another torch."""
