"""The fonts of packs, which are locked like every library: so every machine draws the same letters and breaks the same lines."""

from __future__ import annotations

import ctypes
import locale
from hashlib import sha256
from typing import Any, Final
from xml.sax.saxutils import escape

from weasyprint.text.ffi import ffi, fontconfig, pangoft2
from weasyprint.text.fonts import FontConfiguration, get_hb_object_data

from governance.packs.content.parts import renderer_version
from governance.packs.content.tools import PANGO, font_files, font_hashes, shared_library, tools

# Names of their own, so that neither a font of the system nor a rule of its fontconfig takes their place.
SANS: Final = "Pack Sans"
MONO: Final = "Pack Mono"
_RULE: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
 <match target="scan">
  <test name="file" compare="eq"><string>{file}</string></test>
  <edit name="family" mode="prepend"><string>{family}</string></edit>
 </match>
</fontconfig>
"""


def _speak_no_language() -> None:
    """Fix the language that Pango takes for text that names none, as that of SVG does: it asks the locale once, and keeps it.

    In a Turkish one the letter i has another glyph.
    """
    pango = shared_library(PANGO)
    pango.pango_language_get_default.restype = ctypes.c_void_p
    before = locale.setlocale(locale.LC_CTYPE)
    locale.setlocale(locale.LC_CTYPE, "C")
    pango.pango_language_get_default()
    locale.setlocale(locale.LC_CTYPE, before)


_speak_no_language()


class Typefaces(FontConfiguration):  # type: ignore[misc] # WeasyPrint carries no types
    """WeasyPrint's fonts of one document, and those of packs beside them.

    Not by @font-face: WeasyPrint 70 then asks for kerning by name, and Pango 1.52 and newer write that into what WeasyPrint
    makes the name of the font in the PDF from.
    """

    def __init__(self) -> None:
        super().__init__()
        for path in font_files():
            family = MONO if "Mono" in path.stem else SANS
            rule = _RULE.format(file=escape(path.as_posix()), family=family)
            fontconfig.FcConfigParseAndLoadFromMemory(self._config, rule.encode(), True)
            if not fontconfig.FcConfigAppFontAddFile(self._config, path.as_posix().encode()):
                raise OSError(f"The font {path} cannot be read.")
        pangoft2.pango_fc_font_map_config_changed(ffi.cast("PangoFcFontMap *", self.font_map))


def drawn_with(document: Any) -> str:
    """What drew a document that is written: our renderer, the tools, and each font of the system that had to help out.

    The fonts of packs lack letters, Chinese ones for instance; which font has them differs from machine to machine.
    """
    helped = set()
    for font in document.fonts.values():
        digest = sha256(get_hb_object_data(font.hb_face)).hexdigest()
        if digest not in font_hashes():
            helped.add(f"{font.name.decode().partition('+')[2]} of the system, SHA-256 {digest[:16]}")
    return "; ".join((f"renderer {renderer_version()[:16]}", *tools(), *sorted(helped)))
