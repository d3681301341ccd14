"""`qwentts link`: asks a running studio for a one-time link to its page."""

from __future__ import annotations

import argparse
import json
import sys
import urllib.error
import urllib.request

from backend.core.settings import Settings


def run(settings: Settings, _arguments: argparse.Namespace) -> int:
    address = f"http://127.0.0.1:{settings.port}/api/session"
    asked = urllib.request.Request(address, method="POST", headers={"Authorization": f"Bearer {settings.token}"})
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310 (our own http address)
            print(json.load(answer)["url"])
            return 0
    except urllib.error.HTTPError as error:
        print(_sentence(error), file=sys.stderr)
    except OSError:
        print(f"No studio answers on port {settings.port}. Start it: qwentts serve.", file=sys.stderr)
    return 1


def _sentence(error: urllib.error.HTTPError) -> str:
    try:
        body = json.load(error)
    except ValueError:
        return f"Something on this port answered {error.code}, but it is no studio."
    return f"{body.get('detail', error.reason)} {body.get('hint', '')}".strip()
