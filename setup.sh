#!/usr/bin/env bash
# Installs the studio set (torch, transformers, whisper …) into .venv without starting anything. May be run again at any time.
set -eu
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

. "$root/scripts/find-python.sh"
find_python
"$python" "$root/scripts/install.py" studio "$@"
cd "$root"
exec "$root/.venv/bin/python" -m backend.cli doctor
