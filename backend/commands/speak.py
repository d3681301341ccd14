"""`qwentts speak`: a text into a file, through the same studio as the page, in this process."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any

from backend.api.problems import cut
from backend.core.errors import BadRequest, Cancelled
from backend.core.settings import Settings
from backend.core.tables.formats import AUDIO_FORMATS
from backend.core.types import GenerationRequest
from backend.studio import Studio
