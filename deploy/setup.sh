#!/usr/bin/env bash
# Makes .venv from the hash-locked packages of this checkout and sees that the system has what they need.
#
#   deploy/setup.sh runtime     what the registry needs
#   deploy/setup.sh dev         what the tests and linters need in addition
#
# Run again, it only does what is missing. AIMS_PYTHON names the Python to use, instead of the newest that has a lock.
# As root on Debian or Ubuntu, missing system packages are installed; otherwise the exact line is printed.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/system.sh

kind=${1:-runtime}
case $kind in
    runtime | dev) ;;
    *) stop "Usage: deploy/setup.sh runtime|dev" ;;
esac

# Prints 3.12 for a Python that really starts and was built whole; a pyenv shim may exist and do neither.
version_of() {
    "$1" -c 'import ctypes, sqlite3, ssl, sys, venv; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
}

has_lock() { [ -f "requirements/runtime-$1.txt" ]; }

# Sets python and version: the newest that can make an environment, else the newest that lacks only ensurepip.
find_python() {
    local candidate
    python=""
    for candidate in ${AIMS_PYTHON:-python3.13 python3.12 python3.11 python3}; do
        version=$(version_of "$candidate") && has_lock "$version" || continue
        [ -n "$python" ] || python=$candidate
        if "$candidate" -c 'import ensurepip' 2>/dev/null; then
            python=$candidate
            break
        fi
    done
    if [ -z "$python" ]; then
        [ -z "${AIMS_PYTHON:-}" ] || stop "AIMS_PYTHON=$AIMS_PYTHON is not a working Python 3.11, 3.12 or 3.13."
        stop "No Python 3.11, 3.12 or 3.13 was found. Install one:" "$(python_line)" \
            "or name one: AIMS_PYTHON=/path/to/python3.12 make demo"
    fi
    version=$(version_of "$python")
    "$python" -c 'import ensurepip' 2>/dev/null || install_packages "python$version-venv"
}

make_environment() {
    local present
    if present=$(version_of .venv/bin/python) && has_lock "$present"; then
        version=$present
        [ -n "${AIMS_PYTHON:-}" ] || return 0
        [ "$(version_of "$AIMS_PYTHON")" != "$present" ] || return 0
    fi
    find_python
    say "Creating .venv with Python $version ($(command -v "$python"))"
    "$python" -m venv --clear .venv
}

# Counts pip's lines, so that a slow download can be told from a standstill.
show_progress() {
    awk -v total="$1" -v tty="$([ -t 1 ] && echo 1 || echo 0)" '
        /^(Collecting|Requirement already satisfied)/ { n++; if (tty) printf "\r    %d of %d", n, total; else if (n % 20 == 0) print "    " n " of " total; fflush() }
        /^Installing collected/ { if (tty) printf "\r    unpacking …    \n"; else print "    unpacking …"; fflush() }'
}

install_locked() {
    local lock="requirements/$kind-$version.txt" stamp=".venv/installed-$kind" state pip
    state=$(cat "$lock" pyproject.toml | cksum)
    # What the development lock installed contains the runtime lock.
    for present in "$stamp" .venv/installed-dev; do
        [ -f "$present" ] && [ "$(cat "$present")" = "$(cat "requirements/${present##*-}-$version.txt" pyproject.toml | cksum)" ] &&
            [ -x .venv/bin/aims ] && return 0
    done
    pip=".venv/bin/python -m pip --disable-pip-version-check --no-input"
    say "Installing the packages of $lock"
    # --no-deps: the lock is complete, so pip has nothing to work out.
    $pip install --no-deps --require-hashes --only-binary :all: --progress-bar off -r "$lock" |
        show_progress "$(grep -c '==' "$lock")"
    # Built with the locked hatchling: nothing is fetched here.
    $pip install --quiet --no-deps --no-build-isolation --editable .
    printf '%s\n' "$state" >"$stamp"
}

make_environment
need_libraries
[ "$kind" != dev ] || need_test_programs
install_locked
check_renderer
