"""Signing in, what nobody may do without it, and what readers may not do at all."""

import re
from datetime import timedelta

import pytest
from werkzeug.routing import AnyConverter, BaseConverter, UnicodeConverter

from governance.access import service
from governance.app import create_app
from governance.core import clock
from governance.core.settings import load
from governance.web.application import Application
from governance.web.security import OPEN_ENDPOINTS
from tests.cast import CAST, PASSWORD
from tests.web_fixtures import Browser


def sign_in(browser: Browser, email: str, password: str) -> int:
    return browser.post("/sign-in", {"email": email, "password": password}, page="/sign-in").status_code


def filled(converter: BaseConverter) -> str | int:
    """Something that fits into a place of an address."""
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return "SYS-0001" if isinstance(converter, UnicodeConverter) else 1


def test_every_page_but_a_few_asks_to_sign_in(app: Application) -> None:
    client = app.test_client()
    for rule in app.url_map.iter_rules():
        if rule.endpoint in OPEN_ENDPOINTS or "GET" not in (rule.methods or ()):
            continue
        values = {name: filled(rule._converters[name]) for name in rule.arguments}
        with app.test_request_context():
            url = app.url_for(rule.endpoint, **values)
        response = client.get(url)
        if url.startswith("/api/"):
            assert (response.status_code, response.mimetype) == (401, "application/problem+json"), url
        else:
            assert (response.status_code, "/sign-in" in response.headers["Location"]) == (302, True), url


@pytest.mark.pages
def test_a_reader_is_refused_by_every_route_that_writes(demo_app: Application) -> None:
    """Beat list 17: the test walks the route map. External auditors have theirs in test_auditors_room.py."""
    browser = Browser(demo_app.test_client())
    data = {"email": "victor@demo.example", "password": "demonstration only"}
    assert browser.post("/sign-in", data, page="/sign-in").status_code == 303
    before = browser.get("/trail").text.split(" events, append-only")[0].split()[-1]
    references = {
        "/systems/": "SYS-0003", "/gates/": "GAT-0045", "/third-parties/": "SUP-0001", "/imports/": "IMR-0001",
        "/risk-assessments/": "RSK-0011", "/risk-acceptances/": "ACC-0001", "/consultations/": "CON-0010",
        "/red-line-checks/": "RLC-0081", "/audits/": "AUD-2026-002", "/audit-schedules/": "ASC-0001", "/findings/": "FND-0003",
        "/impact-assessments/": "IMP-0008", "/values/": "VAL-0001", "/interpretations/": "INT-0001", "/norms/": "NRM-0001",
        "/policies/": "POL-0001", "/objectives/": "OBJ-0001", "/training/": "TRN-0001", "/management-reviews/": "MRV-0001",
        "/incidents/": "INC-0002", "/data-sets/": "DAT-0001", "/concerns/": "CRN-0001",
        "/external-audits/": "EXA-2026-001", "/audit-requests/": "ARQ-0003", "/auditors-room/": "ARQ-0002",
        "/statements-of-applicability/": "SOA-0002", "/suppressions/": "SPR-0001",
        "/tensions/": "TEN-0002", "/indicators/": "IND-0001", "/measurements/": "MEA-0001",
        "/audit-packs/": "APK-0001", "/system-packs/": "MSP-0001", "/corrective-actions/": "CAR-0002", "/sign-offs/": "SGN-0001", "/evidence/": "EVD-0001",
    }  # fmt: skip
    tried = 0
    for rule in demo_app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or rule.endpoint in OPEN_ENDPOINTS | {
            "access.sign_out",
            "access.choose_password",
        }:
            continue
        reference = next(
            (value for prefix, value in references.items() if rule.rule.startswith(prefix)), "SYS-0003"
        )
        url = re.sub(r"<[^>]*(number|_id)>", "1", rule.rule.replace("<reference>", reference))
        url = re.sub(r"<any\((\w+)[^>]*>", r"\1", url)
        url = url.replace("<gate_id>", "G3").replace("<change>", "close").replace("<question_id>", "FAIR-01")
        status = browser.post(url, {}).status_code
        assert status >= 400 or status == 303, f"{url} → {status}"
        tried += 1
    after = browser.get("/trail").text.split(" events, append-only")[0].split()[-1]
    assert tried > 50 and after == before


def test_wrong_credentials_do_not_say_which_half_is_wrong(app: Application) -> None:
    browser = Browser(app.test_client())
    known = browser.post(
        "/sign-in", {"email": CAST["olivia"].email, "password": "wrong wrong wrong"}, page="/sign-in"
    )
    unknown = browser.post(
        "/sign-in", {"email": "nobody@example.org", "password": "wrong wrong wrong"}, page="/sign-in"
    )
    assert known.status_code == unknown.status_code == 401
    assert "Address or password is wrong." in known.text and "Address or password is wrong." in unknown.text


def test_guessing_is_slowed_down_and_stops_after_a_while(app: Application) -> None:
    browser = Browser(app.test_client())
    for _ in range(service.TRIES_PER_ADDRESS_OF_A_PERSON):
        assert sign_in(browser, CAST["olivia"].email, "wrong wrong wrong") == 401
    assert sign_in(browser, CAST["olivia"].email, PASSWORD) == 429
    with clock.held_at(clock.now() + service.THROTTLE_WINDOW + timedelta(seconds=1)):
        assert sign_in(browser, CAST["olivia"].email, PASSWORD) == 303


def test_the_session_is_new_after_signing_in_and_dead_after_signing_out(app: Application) -> None:
    client = app.test_client()
    browser = Browser(client)
    client.get("/sign-in")
    before = client.get_cookie("aims")
    assert sign_in(browser, CAST["olivia"].email, PASSWORD) == 303
    signed_in = client.get_cookie("aims")
    assert before is not None and signed_in is not None and before.value != signed_in.value
    browser.post("/sign-out")
    client.set_cookie("aims", signed_in.value)
    assert client.get("/systems").status_code == 302


def test_a_form_without_its_token_changes_nothing(app: Application, browser_of) -> None:
    browser = browser_of("olivia")
    response = browser.client.post("/systems/new", data={"title": "Forged"})
    assert response.status_code == 400
    assert "Forged" not in browser.get("/systems").text


def test_headers_forbid_inline_code_and_framing(browser_of) -> None:
    response = browser_of("olivia").get("/systems")
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert " style=" not in response.text and "<style" not in response.text


def test_the_sign_in_page_leads_nowhere_else(app: Application) -> None:
    browser = Browser(app.test_client())
    data = {"email": CAST["olivia"].email, "password": PASSWORD}
    response = browser.post("/sign-in?next=//evil.example/x", data, page="/sign-in")
    assert response.headers["Location"] == "/"


def test_a_one_time_password_must_be_changed_first(app: Application, browser_of) -> None:
    page = (
        browser_of("max")
        .post("/people/new", {"name": "Nina New", "email": "nina@example.org", "roles": "viewer"})
        .text
    )
    one_time = re.search(r"<code>([^<]+)</code>", page)
    assert one_time
    browser = Browser(app.test_client())
    assert sign_in(browser, "nina@example.org", one_time.group(1)) == 303
    assert browser.get("/systems").headers["Location"] == "/password"


def test_a_secret_that_others_may_read_stops_the_start(tmp_path) -> None:
    from governance.core.settings import SettingsError

    settings = load({"AIMS_DATA": str(tmp_path)})
    create_app(settings)
    secret = settings.keys_dir / "session-secret"
    assert secret.stat().st_mode & 0o777 == 0o600
    secret.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        create_app(settings)
