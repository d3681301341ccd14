"""The studio's server side. Rooms import inwards; `tests/test_architecture.py` holds the walls."""

__version__ = "0.1.0"
