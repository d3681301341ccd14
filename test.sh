#!/usr/bin/env bash
# Everything a change must pass, on a machine that has nothing yet: installs the test set into .venv, reads the code, runs
# the tests. Arguments go to pytest (./test.sh -k gate). What the machine cannot do is said in a sentence and skipped.
set -u
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
cd "$root" || exit 1

. "$root/scripts/find-python.sh"
find_python
"$python" "$root/scripts/install.py" test || exit 1
bin=$root/.venv/bin

failed=""
check() { # check <what> <command…>: runs it, remembers what failed, goes on
    local what=$1
    shift
    echo "── $what"
    "$@" || failed="$failed, $what"
}

install_chromium() {
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null 2>&1 && return
    done
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "── installing Chromium for the browser tests"
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium \
            >/dev/null && return
    fi
    echo "There is no Chromium here: the browser tests will be skipped. Install it as 'chromium' to run them."
}

install_npm_parts() {
    if ! command -v npm >/dev/null 2>&1; then
        echo "There is no npm here: the type check and the tests of the page's code are skipped. Install Node.js 20 or newer."
        return 1
    fi
    if [ node_modules/.package-lock.json -nt package-lock.json ]; then
        return
    fi
    echo "── installing typescript and axe-core"
    npm ci --silent --no-audit --no-fund && return
    echo "npm could not install the tools: the type check of the page is skipped."
    return 1
}

install_chromium
check "style" "$bin/ruff" check .
check "format" "$bin/ruff" format --check --quiet .
check "types" "$bin/mypy"
if install_npm_parts; then
    check "types of the page" npm run --silent types
fi
if command -v node >/dev/null 2>&1; then
    check "tests of the page's code" npm run --silent test
fi

# One thread a process: numerical libraries that share cores with the tests beside them become many times slower.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1
cores=$("$bin/python" -c 'import os; print(min(8, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()))')
[ -z "$failed" ] || echo "── failed so far: ${failed#, }"
echo "── tests"
"$bin/python" -m pytest -q -n "$cores" --dist loadfile "$@"
code=$?
if [ "$code" -eq 0 ] && [ -n "$failed" ]; then
    exit 1
fi
exit "$code"
