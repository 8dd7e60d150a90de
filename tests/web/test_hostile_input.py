"""What hostile people type and upload is refused at its field, or kept as it is and shown for what it is."""

from collections.abc import Callable
from io import BytesIO

import pytest

from governance.core import records
from governance.core.settings import Settings
from governance.evidence.models import Evidence
from governance.web.application import Application
from tests.house_fixtures import House
from tests.systems.build import a_classification, a_system, requested
from tests.two_databases import database_url
from tests.web_fixtures import Browser

# What one database takes as text, the other does not.
__all__ = ["database_url"]

JOINER = "\u200d"
EVIDENCE = {
    "title": "Scan",
    "evidence_kind": "other",
    "confidentiality": "internal",
    "collected_on": "2026-01-01",
}


@pytest.mark.parametrize("character", ["\0", "\x1b", "\u202e", "\u2066", "\ufffe", "\U000e0041"])
def test_a_character_that_hides_or_turns_is_refused_at_its_field(
    house: House, browser_of: Callable[[str], Browser], character: str
) -> None:
    a_system(house)
    typed = {"title": f"Bed {character}planner", "version": "1"}
    answer = browser_of("olivia").post("/systems/SYS-0001/edit", typed)
    assert answer.status_code == 422
    assert f"The character U+{ord(character):04X} after «Bed » cannot be seen." in answer.text
    assert 'id="title-error"' in answer.text


def test_what_hides_but_spells_is_kept_and_shown_wherever_it_is_read(
    house: House, browser_of: Callable[[str], Browser]
) -> None:
    a_system(house)
    browser = browser_of("olivia")
    name = f"Bed{JOINER} planner <b>"
    assert browser.post("/systems/SYS-0001/edit", {"title": name, "version": "1"}).status_code == 303
    for page in ("/systems/SYS-0001", "/systems", "/trail/SYS-0001"):
        assert JOINER not in browser.get(page).text, page
    assert "Bed[U+200D] planner &lt;b&gt;" in browser.get("/systems/SYS-0001").text
    # In the field it is what was typed, or saving would write the code point into the text.
    assert f'value="Bed{JOINER} planner &lt;b&gt;"' in browser.get("/systems/SYS-0001/edit").text
    browser.client.set_cookie("aims-language", "de")
    assert "Bed[U+200D] planner" in browser.get("/systems/SYS-0001").text


def test_who_signs_sees_what_hides_in_the_text(house: House, browser_of: Callable[[str], Browser]) -> None:
    system = a_system(house, f"Bed{JOINER} planner")
    reference = requested(house, a_classification(house, system))["compliance_lead"]
    page = browser_of("olivia").get(f"/sign-offs/{reference}").text
    assert "Bed[U+200D] planner" in page and JOINER not in page


@pytest.mark.parametrize(
    ("name", "kind", "kept"),
    [
        ("../../etc/passwd", "a/b>>/JS(app.alert(1))", "passwd"),
        ("a\u202egpj.exe", "text/h\u00fcml", "agpj.exe"),
        ("日" * 300 + ".pdf", "x" * 300, "日" * 58 + ".pdf"),
        ("q?uo;te=.svg", "image/svg+xml", "q uo;te=.svg"),
    ],
)
def test_names_and_types_of_uploads_are_made_harmless_and_the_bytes_are_not_touched(
    house: House, browser_of: Callable[[str], Browser], name: str, kind: str, kept: str
) -> None:
    a_system(house)
    browser, data = browser_of("tess"), b"<svg onload=alert(1)>%PDF-1.7 /JavaScript"
    answer = browser.post("/evidence/new?for=SYS-0001", EVIDENCE, file=(BytesIO(data), name, kind))
    assert answer.status_code == 303
    with house.reading() as session:
        item = records.get(session, Evidence, "EVD-0001")
        assert item.filename == kept
        assert item.media_type == (kind if kind == "image/svg+xml" else "application/octet-stream")
    file = browser.get("/evidence/EVD-0001/file")
    assert file.data == data and file.mimetype == "application/octet-stream"
    assert file.headers["Content-Disposition"].startswith("attachment;")


def test_an_empty_file_and_one_too_large_are_refused_in_words(
    house: House, browser_of: Callable[[str], Browser], settings: Settings
) -> None:
    a_system(house)
    browser = browser_of("tess")
    empty = browser.post("/evidence/new?for=SYS-0001", EVIDENCE, file=(BytesIO(b""), "x.txt"))
    assert empty.status_code == 422 and "The file is empty." in empty.text
    large = browser.client.post(
        "/evidence/new?for=SYS-0001",
        environ_overrides={"CONTENT_LENGTH": str(settings.upload_limit + 1)},
        content_type="multipart/form-data; boundary=x",
    )
    assert large.status_code == 413 and "50 MB" in large.text
    assert not any(settings.evidence_dir.rglob("incoming-*"))


def test_a_program_is_told_which_field_hides_something(house: House, app: Application) -> None:
    from tests.indicators import build
    from tests.indicators.test_api import a_token, send

    indicator, secret = build.an_indicator(house), a_token(house)
    hidden = send(app, indicator, secret, run_ref="run\0")
    assert (hidden.status_code, hidden.mimetype) == (422, "application/problem+json")
    assert hidden.json["errors"] == [
        {
            "field": "run_ref",
            "message": "The character U+0000 after «run» cannot be seen. Type that place anew.",
        }
    ]
    assert send(app, indicator, secret, run_ref="\ud800").status_code == 422
    assert send(app, indicator, secret, run_ref="x" * 5_000_000).status_code == 413
    deep = b'{"groups":' + b"[" * 100_000
    answer = app.test_client().post(
        f"/api/v1/indicators/{indicator}/measurements",
        data=deep,
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")


def test_no_address_however_odd_is_a_bug(house: House, browser_of: Callable[[str], Browser]) -> None:
    a_system(house)
    browser = browser_of("olivia")
    pages = (
        "/systems/{}", "/systems?q={}", "/systems?unit={}", "/systems?after={}", "/systems?sort={}", "/search?q={}",
        "/evidence/{}", "/evidence?state={}", "/evidence/new?for={}", "/trail?kind={}&verb={}", "/trail/{}",
        "/take-part/{}", "/jobs/{}/status", "/packs/new?for={}", "/people/{}", "/unsubscribe/{}", "/calendars/{}.ics",
    )  # fmt: skip
    odd = ("%00", "a%00b", "%E2%80%AE", "%ED%A0%80", "%FF", "9" * 400)
    answers = {
        page.replace("{}", text): browser.get(page.replace("{}", text)) for page in pages for text in odd
    }
    assert [url for url, answer in answers.items() if answer.status_code >= 500] == []


def test_no_field_however_odd_is_a_bug(house: House, browser_of: Callable[[str], Browser]) -> None:
    a_system(house)
    browser = browser_of("olivia")
    for url, typed in (
        ("/sign-in", {"email": "a\0@b.c", "password": "\0"}),
        ("/take-part", {"code": "\0"}),
        ("/report/follow-up", {"receipt": "\0"}),
        ("/language", {"language": "\0", "next": "/\0"}),
        ("/systems/SYS-0001/edit", {"title": "x", "version": "9" * 30}),
        ("/systems/SYS-0001/edit", {"title": "x", "version": "-1", "owner_id": "9" * 15}),
    ):
        assert browser.post(url, typed).status_code < 500, url
