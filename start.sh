#!/usr/bin/env bash
# Starts the studio and opens its page. The first start makes .venv and installs the light set; later ones install nothing.
set -eu

script=${BASH_SOURCE[0]}
while [ -L "$script" ]; do
    target=$(readlink "$script")
    case "$target" in
        /*) script=$target ;;
        *) script=$(dirname "$script")/$target ;;
    esac
done
root=$(cd "$(dirname "$script")" && pwd -P)

usage() {
    echo "Usage: ./start.sh [--port N] [--host ADDRESS] [--token KEY] [--data-dir FOLDER] [--wyoming] [--no-browser]"
    echo
    echo "  --port N           listen on port N (8000); 0 takes a free one"
    echo "  --host ADDRESS     listen on ADDRESS (127.0.0.1); another one demands --token"
    echo "  --token KEY        the key every caller must send"
    echo "  --data-dir FOLDER  keep models, output and voices there (this project's folder)"
    echo "  --wyoming          open the ports for Home Assistant, too"
    echo "  --no-browser       do not open the page"
}

# The studio runs in its own folder, so a relative --data-dir is read here, where it was written.
absolute() {
    case "$1" in
        /* | "~"*) printf '%s' "$1" ;;
        *) printf '%s' "$PWD/$1" ;;
    esac
}

arguments=()
while [ $# -gt 0 ]; do
    case "$1" in
        -h | --help) usage; exit 0 ;;
        --no-browser | --wyoming) arguments+=("$1") ;;
        --data-dir=*) arguments+=(--data-dir "$(absolute "${1#*=}")") ;;
        --port=* | --host=* | --token=* | --wyoming-host=*) arguments+=("$1") ;;
        --port | --host | --token | --data-dir | --wyoming-host)
            if [ $# -lt 2 ]; then
                echo "$1 needs a value." >&2
                usage >&2
                exit 2
            fi
            if [ "$1" = --data-dir ]; then arguments+=("$1" "$(absolute "$2")"); else arguments+=("$1" "$2"); fi
            shift
            ;;
        *) echo "start.sh does not know $1." >&2; usage >&2; exit 2 ;;
    esac
    shift
done

. "$root/scripts/find-python.sh"
find_python
"$python" "$root/scripts/install.py" light
cd "$root"
exec "$root/.venv/bin/python" -m backend.app ${arguments[@]+"${arguments[@]}"}
