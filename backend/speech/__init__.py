"""Room of use cases: generating, recording. Knows engines and personalities, no request and no queue."""
