"""The language of a page: which one a reader gets, and the texts of each, read from translations/*/LC_MESSAGES/messages.po."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from babel.messages.pofile import read_po
from flask import Flask, has_request_context, request
from flask_babel import Babel, get_locale
from markupsafe import Markup

LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "Français"}
SOURCE = "en"
COOKIE = "aims-language"
FOLDER = Path(__file__).with_name("translations")

# {1} stands for a value, {2?} for one that a translation may leave out, <1>…</1> and <1/> for tags of the page.
PLACE = re.compile(r"(\{\w+\??\}|</?\d+/?>)")
_VALUE = re.compile(r"\{(\w+\??)\}")
# A pattern with less text of its own than this would fit anything.
_LEAST_LETTERS = 5


class Pattern(NamedTuple):
    """A sentence with values in it, as the program says it, and its translation."""

    fits: re.Pattern[str]
    names: tuple[str, ...]
    translation: str

    def filled(self, values: tuple[str, ...]) -> str:
        """The translation with these values."""
        named = dict(zip(self.names, values, strict=True))
        return _VALUE.sub(lambda place: named.get(place[1], ""), self.translation)


@dataclass(frozen=True)
class Catalogue:
    """All texts of one language."""

    texts: Mapping[str, str]
    patterns: tuple[Pattern, ...] = ()

    def say(self, text: str) -> str:
        """The translation of a text of the program, with the white space around it; the text itself if there is none."""
        plain = normal(text)
        found = self.texts.get(plain)
        if not found:
            return text
        head, tail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
        return f"{head}{found}{tail}"

    def say_sentence(self, text: str) -> str:
        """The same for a whole sentence that already holds its values: found by the sentence around them."""
        said = self.say(text)
        if said != text:
            return said
        for pattern in self.patterns:
            if match := pattern.fits.fullmatch(text):
                return pattern.filled(match.groups())
        return text


def normal(text: str) -> str:
    """A message id: the text with single spaces."""
    return " ".join(text.split())


def path(language: str) -> Path:
    """The file of a language."""
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


@cache
def catalogue(language: str) -> Catalogue:
    """The texts of a language, read once; none for the language of the source."""
    if language == SOURCE:
        return Catalogue({})
    with path(language).open("rb") as file:
        read = [item for item in read_po(file, locale=language) if item.id and item.string]
    texts = {str(item.id): str(item.string) for item in read}
    spoken = [str(item.id) for item in read if any(file.endswith(".py") for file, _ in item.locations)]
    patterns = [_pattern(text, texts[text]) for text in spoken if _VALUE.search(text)]
    return Catalogue(
        texts,
        tuple(sorted((item for item in patterns if item), key=lambda item: -len(item.fits.pattern))),
    )


def _pattern(text: str, translation: str) -> Pattern | None:
    parts = _VALUE.split(text)
    if len(re.findall(r"[^\W\d_]", "".join(parts[::2]))) < _LEAST_LETTERS:
        return None
    names = parts[1::2]
    middle = [re.escape(parts[0])]
    for name, literal in zip(names, parts[2::2], strict=True):
        middle += ["(.*?)" if name.endswith("?") else "(.+?)", re.escape(literal)]
    return Pattern(re.compile("".join(middle), re.DOTALL), tuple(names), translation)


def chosen() -> str:
    """The language of this request: the one chosen in the menu, else the first of the browser's that we have, else English."""
    if not has_request_context():
        return SOURCE
    cookie = request.cookies.get(COOKIE, "")
    if cookie in LANGUAGES:
        return cookie
    return request.accept_languages.best_match(list(LANGUAGES), SOURCE) or SOURCE


def language() -> str:
    """The language in which a page is drawn just now; English outside of requests."""
    locale = get_locale()
    return locale.language if locale is not None else SOURCE


def translated(text: object) -> object:
    """A text of the program in the reader's language. What is no plain text, or no text of ours, stays as it is."""
    if type(text) is not str:
        return text
    return catalogue(language()).say(text)


def sentence(text: object) -> object:
    """The same for sentences of the program with values in them: messages, refusals, duties, headings."""
    if type(text) is not str:
        return text
    return catalogue(language()).say_sentence(text)


def term(text: str) -> str:
    """A word or label of the program in the reader's language."""
    return catalogue(language()).say(text)


def in_sentence(text: str) -> str:
    """A sentence of the program in the reader's language."""
    return catalogue(language()).say_sentence(text)


def number(text: str | Markup) -> str:
    """A number written the English way, with the separators of the reader's language."""
    locale = get_locale()
    if locale is None or locale.language == SOURCE:
        return text
    symbols = locale.number_symbols["latn"]
    return text.translate({ord(","): symbols["group"], ord("."): symbols["decimal"]})


def lowered(text: object) -> str:
    """A text for the middle of a sentence: in small letters, but not in German."""
    return str(text) if language() == "de" else str(text).lower()


def install(app: Flask) -> None:
    """Let Babel know who chooses; templates get the filters and the languages."""
    Babel(app, locale_selector=chosen, configure_jinja=False)
    app.jinja_env.filters.update(translated=translated, sentence=sentence, number=number, lowered=lowered)
    app.jinja_env.globals.update(languages=LANGUAGES, language=language)
