"""Pages obey the strict content security policy: nothing inline, nothing fetched from elsewhere."""

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
# The renderer reads these, no browser does.
PRINTED = {"packs"}

FORBIDDEN = {
    "an inline style": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)[^>]*>", re.IGNORECASE),
    "an event handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "something fetched from elsewhere": re.compile(
        r"<(?:script|img|iframe|source|video|audio)\b[^>]*\bsrc\s*=\s*[\"']?(?:https?:)?//"
        r"|<link\b[^>]*\bhref\s*=\s*[\"']?(?:https?:)?//",
        re.IGNORECASE,
    ),
}


JINJA = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)


def offences(source: str) -> list[str]:
    source = JINJA.sub("", source)
    return [name for name, pattern in FORBIDDEN.items() if pattern.search(source)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('<p style="color: red">', ["an inline style"]),
        ("<style>p { color: red }</style>", ["a style element"]),
        ("<script>alert(1)</script>", ["an inline script"]),
        ('<button class="x" onclick="go()">', ["an event handler"]),
        ('<link rel="stylesheet" href="https://example.org/a.css">', ["something fetched from elsewhere"]),
        ('<script src="//example.org/a.js"></script>', ["something fetched from elsewhere"]),
        ('{% macro form(style="primary") %}<form>', []),
        ('<script src="/static/forms.js" defer></script><a href="https://example.org">', []),
    ],
)
def test_each_offence_is_seen(source: str, expected: list[str]) -> None:
    assert offences(source) == expected


def test_no_page_template_offends() -> None:
    pages = [
        path for path in TEMPLATES.rglob("*.html") if path.relative_to(TEMPLATES).parts[0] not in PRINTED
    ]
    found = {
        path.relative_to(TEMPLATES).as_posix(): offences(path.read_text(encoding="utf-8")) for path in pages
    }
    assert pages
    assert {path: what for path, what in found.items() if what} == {}
