# Finds a Python for the studio and puts it in $python: the one of .venv, else the first good one on the PATH.
# Sourced by start.sh, setup.sh and test.sh, which set $root. Bash 3.2 is enough; installs nothing.

python_probe='import sys
print("%d.%d.%d" % sys.version_info[:3])
assert (3, 11) <= sys.version_info[:2] <= (3, 13), "version"
import venv, ensurepip, ssl, sqlite3'

found=""

good_python() {
    local version
    if version=$("$1" -c "$python_probe" 2>/dev/null); then
        return 0
    fi
    case "$version" in
        "") ;; # it does not even run: a stub of a version manager or of the Windows store
        3.11.* | 3.12.* | 3.13.*) found="$found $1 is $version but lacks a standard part (venv, ensurepip, ssl or sqlite3);" ;;
        *) found="$found $1 is $version;" ;;
    esac
    return 1
}

find_python() {
    local name path
    if [ -x "$root/.venv/bin/python" ] && good_python "$root/.venv/bin/python"; then
        python=$root/.venv/bin/python
        return
    fi
    found=""
    for name in python3.13 python3.12 python3.11 python3 python; do
        path=$(command -v "$name" 2>/dev/null) || continue
        if good_python "$path"; then
            python=$path
            return
        fi
    done
    explain_python >&2
    exit 1
}

explain_python() {
    local seen="no Python at all on the PATH"
    [ -z "$found" ] || seen="${found# }"
    echo "The studio needs Python 3.11, 3.12 or 3.13. Found: ${seen%;}."
    echo "Install one and start again:"
    echo "  macOS            brew install python@3.13, or the installer of python.org"
    echo "  Debian, Ubuntu   sudo apt install python3 python3-venv (then look at python3 --version)"
    echo "  Fedora           sudo dnf install python3.13"
}
