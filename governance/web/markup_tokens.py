"""Reads the markup of a template as tokens: text, values, whole tags and parts of tags. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from jinja2 import nodes

_ATTRIBUTES = frozenset({"aria-label", "placeholder", "title", "alt"})
_VOID = frozenset({"wbr"})
_LEFT_ALONE = frozenset({"code", "pre", "script", "style", "svg", "textarea"})
_TAG_NAME = re.compile(r"</?([a-zA-Z][\w-]*)")
_ATTRIBUTE = re.compile(r"([\w-]+)\s*=\s*$")


@dataclass
class Text:
    """Markup between tags."""

    text: str


@dataclass
class Value:
    """An expression between tags."""

    node: nodes.Expr


@dataclass
class Tag:
    """A whole tag; `pieces` are its markup and the expressions in it."""

    name: str
    closes: bool
    pieces: list[nodes.Expr]

    @property
    def void(self) -> bool:
        """Whether it has no end tag."""
        return self.name in _VOID


@dataclass
class Rest:
    """Part of a tag that begins or ends in another piece of the template."""

    pieces: list[nodes.Expr]


Token = Text | Value | Tag | Rest


@dataclass
class Scanner:
    """Where in the page we are, kept from one piece of a template to the next."""

    translate: Callable[[list[Token]], list[nodes.Expr]]
    """Markup and expressions of the value of an attribute that is read aloud or shown."""
    in_tag: bool = False
    began_here: bool = True
    quote: str = ""
    attribute: str = ""
    name: str = ""
    closes: bool = False
    left_alone: str = ""
    tokens: list[Token] = field(default_factory=list)
    pieces: list[nodes.Expr] = field(default_factory=list)
    held: list[Token] = field(default_factory=list)
    markup: str = ""

    def scan(self, parts: list[nodes.Expr]) -> list[Token]:
        """The tokens of one piece."""
        self.tokens, self.pieces, self.held, self.markup = [], [], [], ""
        self.began_here = not self.in_tag
        for part in parts:
            if isinstance(part, nodes.TemplateData):
                self._read(part.data)
            elif self.in_tag:
                self._keep_value(part)
            else:
                self.tokens.append(Value(part) if not self.left_alone else Rest([part]))
        if self.in_tag:
            self._let_go()
            self.tokens.append(Rest(self._take()))
        return self.tokens

    def _keep_value(self, part: nodes.Expr) -> None:
        if self.quote and self.attribute in _ATTRIBUTES:
            self.held.append(Value(part))
        else:
            self._flush()
            self.pieces.append(part)

    def _flush(self) -> None:
        if self.markup:
            self.pieces.append(nodes.TemplateData(self.markup))
            self.markup = ""

    def _take(self) -> list[nodes.Expr]:
        self._flush()
        taken, self.pieces = self.pieces, []
        return taken

    def _let_go(self) -> None:
        """The attribute value held so far goes, translated, into the tag."""
        if self.held:
            self._flush()
            self.pieces += self.translate(self.held)
            self.held = []

    def _read(self, data: str) -> None:
        start = 0
        while start < len(data):
            start = self._in_tag(data, start) if self.in_tag else self._in_text(data, start)

    def _in_text(self, data: str, start: int) -> int:
        mark = f"</{self.left_alone}" if self.left_alone else "<"
        end = data.find(mark, start)
        while not self.left_alone and end >= 0 and not re.match(r"</?[a-zA-Z]|<!", data[end:]):
            end = data.find(mark, end + 1)
        text = data[start:] if end < 0 else data[start:end]
        if text:
            self.tokens.append(Rest([nodes.TemplateData(text)]) if self.left_alone else Text(text))
        if end < 0:
            return len(data)
        name = _TAG_NAME.match(data, end)
        self.name = name[1].lower() if name else "!"
        self.in_tag, self.began_here, self.closes = True, True, data.startswith("</", end)
        self.quote = self.attribute = self.left_alone = ""
        self.markup = name[0] if name else "<"
        return end + len(self.markup)

    def _in_tag(self, data: str, start: int) -> int:
        char = data[start]
        if self.quote:
            end = data.find(self.quote, start)
            text = data[start:] if end < 0 else data[start:end]
            if self.attribute in _ATTRIBUTES:
                self.held.append(Text(text))
            else:
                self.markup += text
            if end < 0:
                return len(data)
            self._let_go()
            self.markup += self.quote
            self.quote = ""
            return end + 1
        self.markup += char
        if char in "\"'":
            found = _ATTRIBUTE.search(self.markup[:-1])
            self.quote, self.attribute = char, found[1].lower() if found else ""
        elif char == ">":
            self.in_tag = False
            taken = self._take()
            whole = self.began_here
            self.tokens.append(Tag(self.name, self.closes, taken) if whole else Rest(taken))
            if not self.closes and self.name in _LEFT_ALONE:
                self.left_alone = self.name
        return start + 1
