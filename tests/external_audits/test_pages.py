"""The room over HTTP: files as attachments, the end of an account in the middle of a session, invitations and forms of the house."""

import re
from datetime import timedelta

from governance.consultations import stakeholders
from governance.consultations.participation_schemas import IdentifyStakeholder
from governance.core import clock, records
from governance.core.settings import Settings
from governance.external_audits import sharing
from governance.improvement import service as improvement
from governance.improvement.schemas import RecordFinding
from governance.packs import service as packs
from governance.packs.models import EvidencePack, PackState
from governance.packs.schemas import RequestPack
from governance.systems.models import AiSystem
from governance.web.application import Application
from tests.external_audits.build import a_file, an_audit, asked, audit_record, invited, provided, shared
from tests.house_fixtures import House
from tests.systems.build import a_system, state_of
from tests.web_fixtures import Browser

ROOM = "/auditors-room"


def ended(house: House, audit: str) -> None:
    with house.acting("olivia") as session:
        item = audit_record(session, audit)
        sharing.end_access(session, item, item.guests[0])


def test_evidence_is_downloaded_as_an_attachment_while_it_is_shared(
    house: House, settings: Settings, browser_of
) -> None:
    system, audit = a_system(house), an_audit(house)
    proof = a_file(house, settings, system, b"<script>alert(1)</script>")
    invited(house, audit)
    xena = browser_of("xena")
    assert xena.get(f"{ROOM}/records/{proof}/file").status_code == 404
    shared(house, audit, system)
    response = xena.get(f"/evidence/{proof}/file")
    assert response.headers["Location"] == f"{ROOM}/records/{proof}/file"
    response = xena.get(response.headers["Location"])
    assert response.data == b"<script>alert(1)</script>"
    assert response.headers["Content-Disposition"] == "attachment; filename=report.html"
    assert (
        response.mimetype == "application/octet-stream"
        and "sandbox" in response.headers["Content-Security-Policy"]
    )
    olivia = browser_of("olivia").get(f"/external-audits/{audit}/visits").text
    assert olivia.count(f"{ROOM}/records/{proof}/file") == 2 and olivia.count("Downloaded") == 1
    with house.acting("olivia") as session:
        item = audit_record(session, audit)
        sharing.withdraw_share(session, item, item.shares[0])
    assert xena.get(f"{ROOM}/records/{proof}/file").status_code == 404
    assert xena.get(f"{ROOM}/records/{system}").status_code == 404


def test_a_shared_pack_is_downloaded_too(house: House, settings: Settings, browser_of) -> None:
    system, audit = a_system(house), an_audit(house)
    with house.acting("olivia") as session:
        record = records.get(session, AiSystem, system)
        pack = packs.request(session, record, RequestPack(purpose="Stage 1"), enqueue=False).reference
    settings.packs_dir.mkdir(parents=True, exist_ok=True)
    (settings.packs_dir / "pack.pdf").write_bytes(b"%PDF-1.7")
    with house.acting("olivia") as session:
        item = records.get(session, EvidencePack, pack)
        item.filename, item.sha256, item.state = "pack.pdf", "0" * 64, PackState.SEALED
    invited(house, audit)
    shared(house, audit, system, reach="with_related")
    response = browser_of("xena").get(f"{ROOM}/records/{pack}/file")
    assert response.data == b"%PDF-1.7" and "attachment" in response.headers["Content-Disposition"]


def test_an_account_stops_in_the_middle_of_a_session(house: House, app: Application, browser_of) -> None:
    audit = an_audit(house)
    invited(house, audit, days=3)
    xena = browser_of("xena")
    assert xena.get(ROOM).status_code == 200
    with clock.held_at(clock.now() + timedelta(days=4)):
        assert "/sign-in" in xena.get(ROOM).headers["Location"]
    xena = browser_of("xena")
    assert xena.get(ROOM).status_code == 200
    ended(house, audit)
    assert "/sign-in" in xena.get(ROOM).headers["Location"]
    data = {"email": "xena@example.org", "password": "correct horse battery staple"}
    assert Browser(app.test_client()).post("/sign-in", data, page="/sign-in").status_code == 401


def test_whoever_is_not_invited_sees_an_empty_house(browser_of) -> None:
    xena = browser_of("xena")
    page = xena.get(ROOM)
    assert page.status_code == 403 and "not invited to an audit at present" in page.text
    navigation = page.text.partition("<nav")[2].partition("</nav>")[0]
    assert re.findall(r'href="([^"]+)"', navigation) == [ROOM]
    assert 'action="/search"' not in page.text


def test_an_auditor_sees_nothing_of_another_audit(house: House, browser_of) -> None:
    system, other = a_system(house), an_audit(house, "stage_2")
    shared(house, other, system)
    foreign = asked(house, other, "For the others", who="olivia")
    invited(house, an_audit(house))
    xena = browser_of("xena")
    for url in (
        f"{ROOM}/records/{system}",
        f"{ROOM}/requests/{foreign}",
        f"{ROOM}/requests/{foreign}/accept",
    ):
        assert xena.get(url).status_code == 404
    assert (
        xena.post(f"{ROOM}/requests/{foreign}/withdraw", {"reason": "Mine now"}, page=ROOM).status_code == 404
    )
    assert "For the others" not in xena.get(ROOM).text and state_of(house, foreign) == "asked"


def test_the_list_of_requests_counts_and_filters(house: House, browser_of) -> None:
    audit = an_audit(house)
    invited(house, audit)
    first, second = asked(house, audit, "Scope"), asked(house, audit, "Competence")
    provided(house, second)
    judge = f'href="/audit-requests/{second}/accept"'
    assert judge not in browser_of("olivia").get(f"/audit-requests/{second}").text
    for browser, url in (
        (browser_of("olivia"), f"/external-audits/{audit}/requests"),
        (browser_of("xena"), ROOM),
    ):
        page = browser.get(url).text
        assert "<b>1</b>asked" in page and "<b>1</b>provided" in page and "<b>0</b>flagged" in page
        assert first in page and second in page
        page = browser.get(f"{url}?state=provided").text
        assert first not in page and second in page
    ended(house, audit)
    assert judge in browser_of("olivia").get(f"/audit-requests/{second}").text


def test_an_invitation_shows_the_one_time_password_once(house: House, app: Application, browser_of) -> None:
    audit = an_audit(house)
    until = (clock.today() + timedelta(days=20)).isoformat()
    data = {"name": "Yuki Guest", "email": "yuki@example.com", "until_on": until}
    page = browser_of("olivia").post(f"/external-audits/{audit}/guests", data)
    one_time = re.findall(r"<code>([^<]+)</code>", page.text)[-1]
    assert one_time not in browser_of("olivia").get(f"/external-audits/{audit}").text
    yuki = Browser(app.test_client())
    given = {"email": "yuki@example.com", "password": one_time}
    assert yuki.post("/sign-in", given, page="/sign-in").status_code == 303
    assert yuki.get(ROOM).headers["Location"] == "/password"
    new = {"current": one_time, "password": "a much longer sentence"}
    assert yuki.post("/password", new, page="/password").status_code == 303
    assert yuki.get("/").headers["Location"] == ROOM
    assert yuki.get(ROOM).status_code == 200


def test_the_page_of_a_shared_record_names_nothing_that_is_not_shared(
    house: House, settings: Settings, browser_of
) -> None:
    system, audit = a_system(house, "The hidden system"), an_audit(house)
    hidden = a_file(house, settings, system, title="The hidden file")
    with house.acting("ada") as session:
        record = records.get(session, AiSystem, system)
        data = RecordFinding(title="No plan", grade="observation", criterion="A.6.2.6")
        finding = improvement.record_finding(session, record, data).reference
    shown = a_file(house, settings, finding, title="The shown file")
    invited(house, audit)
    shared(house, audit, finding)
    xena = browser_of("xena")
    page = xena.get(f"{ROOM}/records/{finding}").text
    assert "A.6.2.6" in page and shown in page and "The shown file" in page
    assert system not in page and "The hidden" not in page and "<dt>System</dt>" not in page
    shared(house, audit, system, reach="record")
    assert f'href="{ROOM}/records/{system}"' in xena.get(f"{ROOM}/records/{finding}").text
    page = xena.get(f"{ROOM}/records/{system}").text
    assert "The hidden system" in page and hidden not in page and "The hidden file" not in page


def test_how_a_stakeholder_is_reached_stays_in_the_house(house: House, browser_of) -> None:
    audit = an_audit(house)
    with house.acting("asha") as session:
        data = IdentifyStakeholder(
            title="Night nurses", relation="directly_affected", size=3, contact="+49 170 1234567"
        )
        reference = stakeholders.identify(session, data).reference
    invited(house, audit)
    shared(house, audit, reference)
    page = browser_of("xena").get(f"{ROOM}/records/{reference}").text
    assert "Night nurses" in page and "Directly affected" in page
    assert "1234567" not in page and "<dt>Size</dt>" not in page
