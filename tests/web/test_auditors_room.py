"""An external auditor gets through to the auditor's room and nowhere else, whatever page is asked for."""

import json
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select
from werkzeug.routing import Rule

from governance.core.records import Record
from governance.external_audits import queries
from governance.external_audits.door import ROOM
from governance.external_audits.models import RoomVisit
from governance.trail.models import TrailEvent
from governance.web.application import Application
from governance.web.security import OPEN_ENDPOINTS
from tests.web_fixtures import Browser

# What somebody without an account may open as well, and one's own password.
OPEN_TO_ALL = OPEN_ENDPOINTS | {"access.sign_out", "access.choose_password"}
SHOWN = ("room", "records", "requests")


@pytest.fixture
def xena(demo_app: Application) -> Browser:
    """The external auditor of the demonstration, signed in."""
    browser = Browser(demo_app.test_client())
    data = {"email": "xena@demo.example", "password": "demonstration only"}
    assert browser.post("/sign-in", data, page="/sign-in").status_code == 303
    return browser


def records_by_kind(app: Application) -> tuple[dict[str, Record], dict[str, Record]]:
    """One shared and one other record of each kind: path → record."""
    with app.database.transaction(readonly=True) as session:
        visible = queries.visible(session, queries.get(session, "EXA-2026-001"))
        shared: dict[str, Record] = {}
        others: dict[str, Record] = {}
        for item in session.scalars(select(Record).order_by(Record.id)):
            (shared if item.id in visible else others).setdefault(item.PATH, item)
        return shared, others


def number_of_visits(app: Application) -> int:
    with app.database.transaction(readonly=True) as session:
        return session.scalars(select(func.count()).select_from(RoomVisit)).one()


def addresses(rule: Rule, references: list[str]) -> Iterator[str]:
    """The rule with each reference; numbers and words filled with something that exists."""
    url = re.sub(r"<int:[^>]*>|<[^>]*(number|_id)>", "1", rule.rule)
    url = re.sub(r"<any\((\w+)[^>]*>", r"\1", url)
    url = url.replace("<gate_id>", "G3").replace("<question_id>", "FAIR-01").replace("<control>", "A.2.2")
    for reference in references if "<reference>" in url else [""]:
        yield re.sub(r"<[^>]*>", "x", url.replace("<reference>", reference))


@pytest.mark.slow
def test_no_page_opens_but_the_room(demo_app: Application, xena: Browser) -> None:
    """Walks through every route of the application that answers to GET, with shared and with other records."""
    shared, others = records_by_kind(demo_app)
    assert len(shared) > 15 and len(others) > 15
    tried, noted = 0, number_of_visits(demo_app)
    for rule in demo_app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint in OPEN_TO_ALL:
            continue
        path = rule.rule.split("/")[1]
        its = [item.reference for item in (shared.get(path), others.get(path)) if item] or [
            "SYS-0001",
            "SYS-0003",
        ]
        for url in addresses(rule, its):
            response = xena.get(url)
            if rule.endpoint.startswith(f"{ROOM}."):
                assert response.status_code in (200, 404), url
            elif response.status_code == 302:
                assert response.headers["Location"].startswith("/auditors-room"), url
                assert url == "/" or url in own_pages(
                    shared[path] if path in shared else shared["systems"]
                ), url
                continue
            else:
                assert response.status_code == 403, f"{url} → {response.status_code}"
            tried += 1
    assert tried > 200
    assert number_of_visits(demo_app) == noted + tried, "every view and every refusal is noted"


def own_pages(record: Record) -> tuple[str, ...]:
    return record.path, f"{record.path}/file", f"/records/{record.reference}"


@pytest.mark.slow
def test_the_room_opens_what_is_shared_and_nothing_else(demo_app: Application, xena: Browser) -> None:
    shared, others = records_by_kind(demo_app)
    with demo_app.database.transaction(readonly=True) as session:
        audit = queries.get(session, "EXA-2026-001")
        visible = {item.reference for item in queries.visible(session, audit).values()}
    for item in shared.values():
        for url in own_pages(item)[::2]:
            assert xena.get(url).headers["Location"] == f"/auditors-room/records/{item.reference}"
        page = xena.get(f"/auditors-room/records/{item.reference}")
        assert page.status_code == 200, item.reference
        main = page.text.partition("<main")[2]
        linked = set(re.findall(r'href="([^"]+)"', main))
        strange = {url for url in linked if not url.startswith("/auditors-room")}
        assert strange == set(), item.reference
        named = {url.split("/")[3] for url in linked if url.startswith("/auditors-room/records/")}
        assert named <= visible, item.reference
    for item in others.values():
        for url in own_pages(item):
            assert xena.get(url).status_code in (403, 404), url
        page = xena.get(f"/auditors-room/records/{item.reference}")
        nothing = xena.get("/auditors-room/records/XXX-0001")
        assert page.status_code == nothing.status_code == 404
        assert item.title not in page.text
    front = xena.get("/auditors-room").text
    assert set(re.findall(r"/auditors-room/records/([A-Z0-9-]+)", front)) == visible


@pytest.mark.slow
def test_no_route_writes_but_the_requests_of_the_room(demo_app: Application, xena: Browser) -> None:
    """The forms of the house are refused, also with a valid token and somebody else's record."""
    shared, others = records_by_kind(demo_app)
    tried = 0
    for rule in demo_app.url_map.iter_rules():
        if (
            "POST" not in (rule.methods or ())
            or rule.endpoint in OPEN_TO_ALL
            or rule.endpoint.startswith(f"{ROOM}.")
        ):
            continue
        path = rule.rule.split("/")[1]
        its = [item.reference for item in (shared.get(path), others.get(path)) if item] or [
            "SYS-0001",
            "SYS-0003",
        ]
        for url in addresses(rule, its):
            status = xena.post(url, {}, page="/password").status_code
            # Doors for programs ask for no token of a form, and are closed as well.
            assert status in (401, 403), f"{url} → {status}"
            tried += 1
    assert tried > 150


def test_every_view_and_every_refusal_is_an_event(demo_app: Application, xena: Browser) -> None:
    for url in (
        "/auditors-room",
        "/auditors-room/records/SYS-0001",
        "/search?q=sepsis",
        "/trail",
        "/no-such-page",
    ):
        xena.get(url)
    with demo_app.database.transaction(readonly=True) as session:
        last = select(TrailEvent).order_by(TrailEvent.seq.desc()).limit(5)
        bodies = [json.loads(item.body) for item in reversed(session.scalars(last).all())]
    assert [body["actor"]["name"] for body in bodies] == ["Xena Rossi"] * 5
    assert {body["verb"] for body in bodies} == {"auditors_room.visit"}
    assert {body["record"]["reference"] for body in bodies} == {"EXA-2026-001"}
    assert [(body["changes"]["act"][1], body["changes"]["address"][1]) for body in bodies] == [
        ("viewed", "/auditors-room"),
        ("viewed", "/auditors-room/records/SYS-0001"),
        ("refused", "/search?q=sepsis"),
        ("refused", "/trail"),
        ("refused", "/no-such-page"),
    ]


def test_people_of_the_house_do_not_enter_the_room(demo_app: Application) -> None:
    browser = Browser(demo_app.test_client())
    data = {"email": "olivia@demo.example", "password": "demonstration only"}
    browser.post("/sign-in", data, page="/sign-in")
    assert browser.get("/auditors-room").status_code == 403
    assert browser.get("/external-audits/EXA-2026-001").status_code == 200
