#!/usr/bin/env bash
# Makes .venv from the hash-locked packages of this checkout and sees that the system has what they need.
#
#   deploy/setup.sh runtime     what the registry needs
#   deploy/setup.sh dev         what the linters need in addition
#   deploy/setup.sh test        the same, and the programs that the tests start
#
# Run again, it only does what is missing. AIMS_PYTHON names the Python to use, instead of the newest that has a lock.
# As root on Debian or Ubuntu, missing system packages are installed; otherwise the exact line is printed.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/system.sh

case ${1:-runtime} in
    runtime) lock=runtime ;;
    dev | test) lock=dev ;;
    *) stop "Usage: deploy/setup.sh runtime|dev|test" ;;
esac

# Prints 3.12 for a Python that really starts and was built whole; a pyenv shim may exist and do neither.
version_of() {
    "$1" -c 'import ctypes, sqlite3, ssl, sys, venv; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
}

has_lock() { [ -f "requirements/runtime-$1.txt" ]; }
makes_environments() { "$1" -c 'import ensurepip' 2>/dev/null; }

# Sets python and version: the newest that can make an environment, else the newest that lacks only ensurepip.
find_python() {
    local candidate
    python=""
    for candidate in ${AIMS_PYTHON:-python3.13 python3.12 python3.11 python3}; do
        version=$(version_of "$candidate") && has_lock "$version" || continue
        [ -n "$python" ] || python=$candidate
        if makes_environments "$candidate"; then
            python=$candidate
            break
        fi
    done
    if [ -z "$python" ]; then
        [ -z "${AIMS_PYTHON:-}" ] || stop "AIMS_PYTHON=$AIMS_PYTHON is not a working Python 3.11, 3.12 or 3.13."
        stop "No Python 3.11, 3.12 or 3.13 was found that works. Install one:" "$(python_line)" \
            "or name one: AIMS_PYTHON=/path/to/python3.12 make demo"
    fi
    version=$(version_of "$python")
}

# The environment that is there, unless it is broken or another Python was asked for.
environment_is_usable() {
    version=$(version_of .venv/bin/python) && has_lock "$version" && .venv/bin/python -m pip --version >/dev/null 2>&1 &&
        { [ -z "${AIMS_PYTHON:-}" ] || [ "$(version_of "$AIMS_PYTHON")" = "$version" ]; }
}

# Counts pip's lines, so that a slow download can be told from a standstill.
show_progress() {
    awk -v total="$1" -v tty="$([ -t 1 ] && echo 1 || echo 0)" '
        /^(Collecting|Requirement already satisfied)/ {
            n++
            if (tty) printf "\r    %d of %d", n, total
            else if (n % 20 == 0) print "    " n " of " total
        }
        /^Installing collected/ { print (tty ? "\r" : "") "    unpacking …     " }
        { fflush() }'
}

state_of() { cat "requirements/$1-$version.txt" pyproject.toml | cksum; }
is_installed() { [ -x .venv/bin/aims ] && [ "$(cat ".venv/installed-$1" 2>/dev/null)" = "$(state_of "$1")" ]; }

install_locked() {
    # What the development lock brought contains the runtime lock.
    if is_installed "$lock" || is_installed dev; then return; fi
    local file="requirements/$lock-$version.txt"
    local pip=".venv/bin/python -m pip --disable-pip-version-check --no-input"
    say "Installing the packages of $file"
    # --no-deps: the lock is complete, so pip has nothing to work out.
    $pip install --no-deps --require-hashes --only-binary :all: --progress-bar off -r "$file" |
        show_progress "$(grep -c '==' "$file")"
    # Built with the locked hatchling: nothing is fetched here.
    $pip install --quiet --no-deps --no-build-isolation --editable .
    state_of "$lock" >".venv/installed-$lock"
}

if environment_is_usable; then
    python=.venv/bin/python
else
    find_python
fi
if ! makes_environments "$python"; then need "python$version-venv"; fi
need_libraries
if [ "${1:-}" = test ]; then need_test_programs; fi
install_needed
if [ "$python" != .venv/bin/python ]; then
    say "Creating .venv with Python $version ($(command -v "$python"))"
    "$python" -m venv --clear .venv
fi
install_locked
check_renderer
