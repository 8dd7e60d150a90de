#!/usr/bin/env bash
# Writes requirements/{runtime,dev}-3.X.txt from pyproject.toml: every version pinned, every file by its SHA-256.
#
#   deploy/lock.sh              keep what is pinned, add what pyproject.toml asks for in addition
#   deploy/lock.sh --upgrade    the newest release of everything
#
# One lock per Python version, each for all platforms, because pip cannot choose between two pins by itself.
set -euo pipefail
cd "$(dirname "$0")/.."

compile() {
    .venv/bin/uv pip compile pyproject.toml --quiet --universal --generate-hashes --no-annotate \
        --custom-compile-command "make lock" "$@"
}

for version in 3.11 3.12 3.13; do
    echo "Locking for Python $version"
    compile --python-version "$version" --group install --output-file "requirements/runtime-$version.txt" "$@"
    # The runtime lock binds the development lock: what is tested is what is run.
    compile --python-version "$version" --group dev --constraints "requirements/runtime-$version.txt" \
        --output-file "requirements/dev-$version.txt" "$@"
done
