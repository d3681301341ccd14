"""Starts Home Assistant as `hass` does, also on the first patches of its Python, which it else refuses."""

import sys

import homeassistant.__main__ as program

program.REQUIRED_PYTHON_VER = min(program.REQUIRED_PYTHON_VER, sys.version_info[:3])
sys.exit(program.main())
