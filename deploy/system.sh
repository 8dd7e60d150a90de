# What the registry needs from the operating system. Sourced by setup.sh and chromium.sh, from the top of the checkout.

say() { printf '==> %s\n' "$1" >&2; }

# Prints its arguments as lines and ends the run.
stop() {
    printf '\n' >&2
    printf '%s\n' "$@" >&2
    exit 1
}

is_mac() { [ "$(uname -s)" = Darwin ]; }
is_debian() { grep -qs '^ID=debian' /etc/os-release; }

# Homebrew on Apple silicon keeps its libraries where the loader does not look.
if is_mac; then
    export DYLD_FALLBACK_LIBRARY_PATH="${DYLD_FALLBACK_LIBRARY_PATH:-/opt/homebrew/lib:/usr/local/lib:/usr/lib}"
fi

python_line() {
    if is_mac; then echo "    brew install python@3.13"; else echo "    sudo apt-get install -y python3 python3-venv"; fi
}

# Packages are collected first, so that one line names them all.
needed=()
need() { needed+=("$@"); }

# Installs what was needed when this is root on Debian or Ubuntu; says the exact line otherwise.
install_needed() {
    local log
    [ ${#needed[@]} -ne 0 ] || return 0
    if is_mac; then
        stop "The system lacks: ${needed[*]}. Please run" "    brew install ${needed[*]}" "and then this again."
    fi
    if ! command -v apt-get >/dev/null; then
        stop "The system lacks what Debian has in these packages: ${needed[*]}" \
            "Install them with your package manager, then run this again."
    fi
    if [ "$(id -u)" != 0 ]; then
        stop "The system lacks: ${needed[*]}. Please run" \
            "    sudo apt-get update && sudo apt-get install -y --no-install-recommends ${needed[*]}" \
            "and then this again."
    fi
    say "Installing ${needed[*]} with apt"
    export DEBIAN_FRONTEND=noninteractive
    # A failing update is not yet a failure: the lists that are here may do.
    log=$(apt-get update 2>&1) || true
    log+=$(apt-get install -y --no-install-recommends "${needed[@]}" 2>&1) ||
        stop "$log" "" "apt-get could not install: ${needed[*]}"
    needed=()
}

# Whether libraries load for this Python counts, not what the package manager believes.
loads() { "$python" -c 'import ctypes, sys; [ctypes.CDLL(name) for name in sys.argv[1:]]' "$@" 2>/dev/null; }

# WeasyPrint draws with Pango.
need_libraries() {
    if is_mac; then
        loads libpango-1.0.dylib || need pango
        return
    fi
    loads libpango-1.0.so.0 libgobject-2.0.so.0 || need libpango-1.0-0
    loads libpangoft2-1.0.so.0 libfontconfig.so.1 || need libpangoft2-1.0-0
    loads libharfbuzz-subset.so.0 || need libharfbuzz-subset0
    [ -n "$(find /usr/share/fonts /usr/local/share/fonts -name DejaVuSans.ttf 2>/dev/null)" ] || need fonts-dejavu-core
}

need_test_programs() {
    local reader=poppler-utils
    if is_mac; then reader=poppler; fi
    command -v pdftotext >/dev/null || need "$reader"
    command -v qpdf >/dev/null || need qpdf
    # The Node that Playwright brings is linked against it; a small Debian lacks it.
    is_mac || loads libatomic.so.1 || need libatomic1
    # Ubuntu's package of this name is a stub; chromium.sh knows what to do there.
    if is_debian && [ -z "${AIMS_CHROMIUM:-}" ]; then
        command -v chromium >/dev/null || command -v google-chrome >/dev/null || need chromium
    fi
}

check_renderer() {
    .venv/bin/python -W ignore -c 'import weasyprint' >/dev/null 2>&1 ||
        stop "WeasyPrint does not start. This says why:" "    .venv/bin/python -c 'import weasyprint'"
}
