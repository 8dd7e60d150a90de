"""Clauses and controls that findings name. Which ones exist is declared by the room of the frameworks, which stands above."""

import re
from collections.abc import Callable, Iterable, Mapping

Titles = Callable[[], Mapping[str, str]]
_sources: list[Titles] = []
_CLAUSE = re.compile(r"(?:[4-9]|10)(?:\.\d{1,2}){0,3}", re.ASCII)
_CONTROL = re.compile(r"A\.\d{1,2}(?:\.\d{1,2}){0,2}", re.ASCII)


def known_from(titles: Titles) -> Titles:
    """Declare clauses and controls of a framework: their titles by id such as 8.2 or A.7.4."""
    _sources.append(titles)
    return titles


def title(requirement: str) -> str:
    """The title of a clause or control; empty if no framework has one."""
    return next((found[requirement] for source in _sources if requirement in (found := source())), "")


def tidy(ids: Iterable[str]) -> list[str]:
    """Ids as they are written in the frameworks, each once, in the order given."""
    return list(dict.fromkeys(text.strip().upper() for text in ids if text.strip()))


def unknown_clauses(ids: Iterable[str]) -> list[str]:
    """Those that are no clause of the management system."""
    return [text for text in ids if not (_CLAUSE.fullmatch(text) and _is_known(text))]


def unknown_controls(ids: Iterable[str]) -> list[str]:
    """Those that are no control or control objective of Annex A."""
    return [text for text in ids if not (_CONTROL.fullmatch(text) and _is_known(text))]


def sorted_out(refs: Iterable[str]) -> tuple[list[str], list[str]]:
    """Clauses and controls among references such as those of a checklist's question; others are left out."""
    ids = tidy(refs)
    clauses = [text for text in ids if not unknown_clauses([text])]
    return clauses, [text for text in ids if not unknown_controls([text])]


def _is_known(requirement: str) -> bool:
    # A finding may name a part, such as 9.2.2, or a whole, such as 9 or A.7, of what a framework lists.
    listed = [key for source in _sources for key in source()]
    near = (
        requirement == key or requirement.startswith(f"{key}.") or key.startswith(f"{requirement}.")
        for key in listed
    )
    return not listed or any(near)
