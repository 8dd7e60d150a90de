# What the registry needs from the operating system. Sourced by setup.sh and chromium.sh, from the top of the checkout.

say() { printf '==> %s\n' "$1" >&2; }

# Prints its arguments as lines and ends the run.
stop() {
    printf '\n' >&2
    printf '%s\n' "$@" >&2
    exit 1
}

is_mac() { [ "$(uname -s)" = Darwin ]; }
has_apt() { command -v apt-get >/dev/null; }

python_line() {
    if is_mac; then echo "    brew install python@3.13"; else echo "    sudo apt-get install -y python3 python3-venv"; fi
}

# Installs Debian or Ubuntu packages when this is root; says the exact line otherwise.
install_packages() {
    if ! has_apt; then
        stop "The system lacks what these Debian packages contain: $*" "Install them with your package manager, then run this again."
    fi
    if [ "$(id -u)" != 0 ]; then
        stop "The system lacks: $*. Please run" "    sudo apt-get update && sudo apt-get install -y --no-install-recommends $*" "and then this again."
    fi
    say "Installing $* with apt"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >/dev/null || say "apt-get update failed; trying with the package lists that are here"
    apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
        stop "apt-get could not install: $*"
}

# Homebrew on Apple silicon keeps its libraries where the loader does not look.
if is_mac; then
    export DYLD_FALLBACK_LIBRARY_PATH="${DYLD_FALLBACK_LIBRARY_PATH:-/opt/homebrew/lib:/usr/local/lib:/usr/lib}"
fi

loads() { .venv/bin/python -c 'import ctypes, sys; ctypes.CDLL(sys.argv[1])' "$1" 2>/dev/null; }

# WeasyPrint draws with Pango. Whether it loads counts, not what the package manager believes.
need_libraries() {
    local lacking=()
    if is_mac; then
        loads libpango-1.0.dylib || stop "WeasyPrint needs Pango. Please run" "    brew install pango" "and then this again."
        return
    fi
    { loads libpango-1.0.so.0 && loads libgobject-2.0.so.0; } || lacking+=(libpango-1.0-0)
    { loads libpangoft2-1.0.so.0 && loads libfontconfig.so.1; } || lacking+=(libpangoft2-1.0-0)
    loads libharfbuzz-subset.so.0 || lacking+=(libharfbuzz-subset0)
    [ -n "$(find /usr/share/fonts /usr/local/share/fonts -name 'DejaVuSans.ttf' 2>/dev/null | head -n 1)" ] || lacking+=(fonts-dejavu-core)
    [ ${#lacking[@]} -eq 0 ] || install_packages "${lacking[@]}"
}

need_test_programs() {
    local lacking=()
    command -v pdftotext >/dev/null || lacking+=(poppler-utils)
    command -v qpdf >/dev/null || lacking+=(qpdf)
    [ ${#lacking[@]} -ne 0 ] || return 0
    if is_mac; then
        stop "The tests read PDFs with poppler and qpdf. Please run" "    brew install poppler qpdf" "and then this again."
    fi
    install_packages "${lacking[@]}"
}

check_renderer() {
    .venv/bin/python -W ignore -c 'import weasyprint' >/dev/null 2>&1 ||
        stop "WeasyPrint does not start. This says why:" "    .venv/bin/python -c 'import weasyprint'"
}
