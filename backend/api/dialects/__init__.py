"""Other products' interfaces, each in its own shape."""
