#!/usr/bin/env bash
# Prints the path of a Chromium that starts, for the browser tests; installs one where it can.
#
# AIMS_CHROMIUM names one. On Debian, setup.sh has installed the package chromium. Ubuntu's is a stub that asks for a snap,
# which containers do not have: there Playwright's own build goes into .venv/browsers.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/system.sh
export PLAYWRIGHT_BROWSERS_PATH="$PWD/.venv/browsers"

# macOS has no timeout; the browsers there are not stubs that wait for an answer.
starts() { if is_mac; then "$1" --version; else timeout 30 "$1" --version </dev/null; fi >/dev/null 2>&1; }

playwrights_own() {
    .venv/bin/python - 2>/dev/null <<'PYTHON'
from playwright.sync_api import sync_playwright

with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
PYTHON
}

# Prints the path of its argument if that starts. A snap sees neither our files nor our temporary folders.
usable() {
    local path
    path=$(command -v "$1") && [[ $(readlink -f "$path") != */snap* ]] && starts "$path" && printf '%s\n' "$path"
}

found() {
    local candidate
    for candidate in chromium chromium-browser google-chrome google-chrome-stable \
        "/Applications/Chromium.app/Contents/MacOS/Chromium" \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
        usable "$candidate" && return
    done
    usable "$(playwrights_own)"
}

if [ -n "${AIMS_CHROMIUM:-}" ]; then
    starts "$AIMS_CHROMIUM" || stop "AIMS_CHROMIUM=$AIMS_CHROMIUM does not start."
    printf '%s\n' "$AIMS_CHROMIUM"
    exit 0
fi
found && exit 0

say "Fetching Playwright's Chromium"
if [ "$(id -u)" = 0 ]; then
    .venv/bin/playwright install --with-deps chromium >&2 || true
else
    .venv/bin/playwright install chromium >&2 || true
fi
found || stop "The browser tests found no Chromium that starts. Either of these helps:" \
    "    sudo env PLAYWRIGHT_BROWSERS_PATH='$PLAYWRIGHT_BROWSERS_PATH' .venv/bin/playwright install --with-deps chromium" \
    "    AIMS_CHROMIUM=/path/to/chromium make test"
