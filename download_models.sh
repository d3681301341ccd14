#!/usr/bin/env bash
# Fetches models by the same downloader as the page: resumed after every interruption, checked by sha256.
# ./download_models.sh                    the three that are named below
# ./download_models.sh base_1_7b …        these; `qwentts models list` names all
# ./download_models.sh --provider modelscope …
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

. "$root/scripts/find-python.sh"
find_python
"$python" "$root/scripts/install.py" light || exit 1
cd "$root" || exit 1

provider=auto
if [ "${1:-}" = --provider ]; then
    provider=${2:?name the provider: auto, hf or modelscope}
    shift 2
fi
[ $# -gt 0 ] || set -- custom_0_6b base_0_6b design_1_7b
failed=0
for key in "$@"; do
    echo
    echo "════ $key ════"
    "$root/.venv/bin/python" -m backend.cli models download "$key" --provider "$provider" || failed=1
done
exit "$failed"
