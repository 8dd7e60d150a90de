"""German and French say everything that English says: complete, with the same values in it, and up to date."""

import re

import pytest
from babel.messages.catalog import Catalog

from governance import messages
from governance.web import i18n

LANGUAGES = sorted(set(i18n.LANGUAGES) - {i18n.SOURCE})


@pytest.fixture(scope="module")
def source() -> Catalog:
    return messages.collect()


def places(text: str) -> list[str]:
    """What a translation must hold again; the s of an English plural may go."""
    return sorted(place for place in i18n.PLACE.findall(text) if not place.endswith("?}"))


def lacking(source: Catalog, language: str) -> list[str]:
    known = messages.known(language)
    return [str(item.id) for item in source if item.id and not (known.get(item.id) or item).string]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_of_the_source_lacks_a_translation(source: Catalog, language: str) -> None:
    assert lacking(source, language) == [], "run `make messages` and fill what it names"


def test_a_text_without_a_translation_is_seen() -> None:
    new = Catalog()
    new.add("Nobody ever wrote this.")
    assert lacking(new, "de") == ["Nobody ever wrote this."]


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_hold_the_same_values_and_tags_and_nothing_is_fuzzy(language: str) -> None:
    wrong = [
        item.id
        for item in messages.known(language)
        if item.id and (item.fuzzy or places(str(item.id)) != places(str(item.string)))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_carry_no_markup_of_their_own(language: str) -> None:
    """They are put into pages as they are, so a tag in one would be a tag on the page."""
    wrong = [
        item.string
        for item in messages.known(language)
        if item.id and "<" in re.sub(i18n.PLACE, "", str(item.string))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_no_longer_said_is_no_longer_translated(source: Catalog, language: str) -> None:
    said = {item.id for item in source}
    assert [item.id for item in messages.known(language) if item.id not in said] == []
