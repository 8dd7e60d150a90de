"""Pages in English, German and French."""

import re
from typing import cast

import pytest
from jinja2 import Environment

from governance.core import clock
from governance.web import i18n
from governance.web.application import Application
from governance.web.markup_messages import rewrite
from governance.web.translated_templates import TranslatedTemplates
from tests.pages import PAGES
from tests.web_fixtures import Browser

_CHANGING = re.compile(r'name="csrf_token" value="[^"]*"|<meta name="csrf[^>]*>')


def signed_in(app: Application, who: str = "olivia") -> Browser:
    browser = Browser(app.test_client())
    answer = browser.post(
        "/sign-in", {"email": f"{who}@demo.example", "password": "demonstration only"}, page="/sign-in"
    )
    assert answer.status_code == 303
    return browser


def choose(browser: Browser, language: str, target: str = "/systems") -> str:
    answer = browser.post("/language", {"language": language, "next": target})
    assert answer.status_code == 303
    return answer.headers["Location"]


def test_a_browser_that_asks_for_nothing_gets_english(app: Application) -> None:
    assert '<html lang="en"' in app.test_client().get("/sign-in").text


@pytest.mark.parametrize(
    ("asked", "given"),
    [("de-AT,de;q=0.9,en;q=0.5", "de"), ("fr", "fr"), ("sv", "en"), ("", "en"), (";;q=x", "en")],
)
def test_the_language_of_the_browser_is_taken_if_we_have_it(app: Application, asked: str, given: str) -> None:
    page = app.test_client().get("/sign-in", headers={"Accept-Language": asked})
    assert f'<html lang="{given}"' in page.text


def test_the_choice_in_the_menu_goes_before_the_browsers(demo_app: Application) -> None:
    browser = signed_in(demo_app)
    assert choose(browser, "de", "/systems?tier=high") == "/systems?tier=high"
    german = browser.client.get("/systems", headers={"Accept-Language": "fr"}).text
    assert '<html lang="de"' in german and "<h1>KI-Systeme</h1>" in german
    choose(browser, "fr")
    assert "Systèmes" in browser.get("/systems").text
    choose(browser, "en")
    assert "<h1>AI systems</h1>" in browser.get("/systems").text


@pytest.mark.parametrize(
    "target", ["https://example.org/", "//example.org", "/language", "/\\example.org", "javascript:alert(1)"]
)
def test_choosing_a_language_leads_nowhere_else(demo_app: Application, target: str) -> None:
    assert choose(signed_in(demo_app), "de", target) == "/"


def test_a_language_that_we_do_not_have_is_refused(app: Application) -> None:
    browser = Browser(app.test_client())
    answer = browser.post("/language", {"language": "tlh"}, page="/sign-in")
    assert answer.status_code == 400 and "aims-language" not in answer.headers.get("Set-Cookie", "")


def test_a_refusal_and_the_errors_of_a_form_are_said_in_the_language_of_the_reader(
    demo_app: Application,
) -> None:
    browser = signed_in(demo_app)
    choose(browser, "de")
    answer = browser.post("/systems/new", {"title": ""}, page="/systems/new")
    assert answer.status_code == 422 and "Dieses Feld ist nötig." in answer.text
    assert "This field is needed." not in answer.text


def test_what_people_wrote_is_not_translated(demo_app: Application) -> None:
    english = signed_in(demo_app)
    german = signed_in(demo_app)
    choose(german, "de")
    title = re.search(r"<h1>(.*?)</h1>", english.get("/systems/SYS-0001").text)
    assert title and title[1] in german.get("/systems/SYS-0001").text


@pytest.mark.pages
@pytest.mark.parametrize("language", ["de", "fr"])
def test_every_page_opens_in_each_language(demo_app: Application, language: str) -> None:
    browser = signed_in(demo_app)
    choose(browser, language)
    wrong = {}
    for url in PAGES:
        page = browser.get(url)
        if page.status_code >= 500 or f'<html lang="{language}"' not in page.text:
            wrong[url] = page.status_code
    assert wrong == {}


@pytest.mark.pages
def test_english_stays_as_it_was_written(demo_app: Application) -> None:
    """Reading the texts out of a template and putting them back changes no byte of any page."""
    environment = cast(TranslatedTemplates, demo_app.jinja_env)
    browser = signed_in(demo_app)
    # Some forms begin with the present minute.
    with clock.held_at(clock.now()):
        as_written, read_and_put_back = twice(browser, environment)
    assert [url for url in PAGES if as_written[url] != read_and_put_back[url]] == []


def twice(browser: Browser, environment: TranslatedTemplates) -> tuple[dict[str, str], dict[str, str]]:
    """Every page as the templates have it, and as it is when their texts are read out and put back."""
    as_written = {url: _CHANGING.sub("", browser.get(url).text) for url in PAGES}
    environment.cache.clear()  # type: ignore[union-attr]
    environment.say = lambda text: text
    try:
        return as_written, {url: _CHANGING.sub("", browser.get(url).text) for url in PAGES}
    finally:
        environment.say = None
        environment.cache.clear()  # type: ignore[union-attr]


def said(markup: str) -> list[str]:
    found: list[str] = []

    def say(text: str) -> str:
        found.append(text)
        return text

    rewrite(Environment().parse(markup), say)
    return found


def test_a_sentence_with_values_and_tags_is_one_message() -> None:
    assert said("<p>Due <b>{{ day }}</b> by {{ who }}</p>") == ["Due <1>{1}</1> by {2}"]
    assert said('<a href="/x" title="Open it">Go</a>') == ["Open it", "Go"]
    assert said("<code>Not this</code><script>nor this</script>") == []


def test_numbers_take_the_separators_of_the_language(app: Application) -> None:
    with app.test_request_context(headers={"Accept-Language": "de"}):
        assert i18n.number("1,234.5") == "1.234,5"
    with app.test_request_context():
        assert i18n.number("1,234.5") == "1,234.5"
