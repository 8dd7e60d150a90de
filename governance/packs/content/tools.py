"""What draws packs on this machine: the libraries that have a say in it, and the fonts of packs."""

from __future__ import annotations

import ctypes
import hashlib
import platform
import sys
import zlib
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

import fontpkg

_LETTERS: Final = ((400, "normal"), (400, "italic"), (700, "normal"))
_PACKAGES: Final = ("weasyprint", "pydyf", "fonttools")
# Name and number of the shared library; WeasyPrint has them loaded already, so these are the ones that it uses.
PANGO, _HARFBUZZ, _GLIB = ("pango-1.0", 0), ("harfbuzz", 0), ("glib-2.0", 0)
_FONTCONFIG, _FREETYPE = ("fontconfig", 1), ("freetype", 6)


@cache
def tools() -> tuple[str, ...]:
    """Each with its version, `unknown` if it does not tell; two machines of which this is the same draw the same bytes.

    GLib says where lines may break, HarfBuzz shapes the text and takes letters out of fonts, zlib packs.
    """
    asked = {
        "Pango": _pango,
        "HarfBuzz": _harfbuzz,
        "GLib": _glib,
        "fontconfig": _fontconfig,
        "FreeType": _freetype,
    }
    return (
        *(f"{name} {version(name)}" for name in _PACKAGES),
        *(f"{name} {_told(function)}" for name, function in asked.items()),
        f"zlib {zlib.ZLIB_RUNTIME_VERSION}",
        f"Python {platform.python_version()}",
        f"fonts {hashlib.sha256(''.join(font_hashes()).encode()).hexdigest()[:16]}",
    )


def font_files() -> tuple[Path, ...]:
    """The font files of packs, which come as packages: upright, slanted and bold letters, and those of hashes."""
    sans = (fontpkg.path("Fira Sans", weight=weight, style=style) for weight, style in _LETTERS)
    return (*sans, fontpkg.path("IBM Plex Mono"))


@cache
def font_hashes() -> tuple[str, ...]:
    """Their SHA-256."""
    return tuple(hashlib.sha256(path.read_bytes()).hexdigest() for path in font_files())


def _told(function: Callable[[], str]) -> str:
    try:
        return function()
    except (OSError, AttributeError, ValueError):
        return "unknown"


def shared_library(name: tuple[str, int]) -> ctypes.CDLL:
    """A shared library of the system. Raises OSError."""
    stem, number = name
    return ctypes.CDLL(f"lib{stem}.{number}.dylib" if sys.platform == "darwin" else f"lib{stem}.so.{number}")


def _text(name: tuple[str, int], function: str) -> str:
    call = getattr(shared_library(name), function)
    call.restype = ctypes.c_char_p
    return str(call().decode())


def _pango() -> str:
    return _text(PANGO, "pango_version_string")


def _harfbuzz() -> str:
    return _text(_HARFBUZZ, "hb_version_string")


def _glib() -> str:
    library = shared_library(_GLIB)
    parts = ("glib_major_version", "glib_minor_version", "glib_micro_version")
    return ".".join(str(ctypes.c_uint.in_dll(library, part).value) for part in parts)


def _fontconfig() -> str:
    number = int(shared_library(_FONTCONFIG).FcGetVersion())
    return f"{number // 10000}.{number // 100 % 100}.{number % 100}"


def _freetype() -> str:
    library, handle = shared_library(_FREETYPE), ctypes.c_void_p()
    if library.FT_Init_FreeType(ctypes.byref(handle)):
        raise OSError("FreeType does not start.")
    parts = [ctypes.c_int() for _ in range(3)]
    library.FT_Library_Version(handle, *(ctypes.byref(part) for part in parts))
    library.FT_Done_FreeType(handle)
    return ".".join(str(part.value) for part in parts)
