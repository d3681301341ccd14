"""Parts of the studio that are more than one method: its queues, its models, its facts."""
