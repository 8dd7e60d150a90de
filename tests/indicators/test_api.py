"""The door for pipelines: token, JSON in and out, errors as problem+json, nothing else behind it."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest

from governance.access import tokens
from governance.access.schemas import IssueToken
from governance.core import clock
from governance.indicators import api
from tests.house_fixtures import House
from tests.indicators import build


def a_token(house: House, system: str = "", days: int = 30) -> str:
    with house.acting("olivia") as session:
        data = IssueToken(name="nightly", system=system, expires_on=clock.today() + timedelta(days=days))
        return tokens.issue(session, data).secret


def body(**more: Any) -> dict[str, Any]:
    dates = {name: day.isoformat() for name, day in build.period().items()}
    return {**dates, "groups": build.FAIR, "run_ref": "run-1", **more}


@pytest.fixture
def indicator(house: House) -> str:
    return build.an_indicator(house)


def send(app: Any, indicator: str, secret: str, **more: Any) -> Any:
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    return app.test_client().post(
        f"/api/v1/indicators/{indicator}/measurements", json=body(**more), headers=headers
    )


def test_a_pipeline_delivers_and_the_registry_computes(house: House, app: Any, indicator: str) -> None:
    secret = a_token(house)
    first, again = send(app, indicator, secret), send(app, indicator, secret)
    assert (
        first.status_code == 201
        and first.json["verdict"] == "pass"
        and first.json["value"] == pytest.approx(44 / 45)
    )
    assert again.status_code == 200 and again.json["reference"] == first.json["reference"]
    shown = app.test_client().get(
        f"/api/v1/indicators/{indicator}", headers={"Authorization": f"Bearer {secret}"}
    )
    assert (
        shown.json["latest"]["reference"] == first.json["reference"]
        and shown.json["threshold"] == "at least 0.8"
    )
    with house.reading() as session:
        from governance.core import records
        from governance.trail import queries as trail

        row = records.find(session, first.json["reference"])
        assert row is not None and trail.history(session, row)[-1].actor == "Pipeline nightly"


def test_a_pipeline_that_runs_wild_is_slowed_down(
    house: House, app: Any, indicator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "_MOST_IN_A_WINDOW", 2)
    secret = a_token(house)
    with clock.held_at(clock.now()):
        answers = [send(app, indicator, secret, run_ref=f"run-{number}") for number in (1, 2, 3, 2)]
    assert [answer.status_code for answer in answers] == [201, 201, 429, 200], "a known run is still answered"
    assert answers[2].mimetype == "application/problem+json" and "measure less often" in answers[2].text
    with clock.held_at(clock.now() + timedelta(minutes=16)):
        assert send(app, indicator, secret, run_ref="run-3").status_code == 201


@pytest.mark.parametrize("secret", ["", "aims_wrong"])
def test_without_a_valid_token_nothing_opens(app: Any, indicator: str, secret: str) -> None:
    answer = send(app, indicator, secret)
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_revoked_or_ended_token_opens_nothing(house: House, app: Any, indicator: str) -> None:
    secret = a_token(house)
    with house.acting("olivia") as session:
        tokens.revoke(session, tokens.every(session)[0])
    assert send(app, indicator, secret).status_code == 401
    short = a_token(house, days=0)
    with clock.held_at(clock.now() + timedelta(days=1)):
        assert send(app, indicator, short).status_code == 401


def test_a_token_of_another_system_is_refused(house: House, app: Any, indicator: str) -> None:
    build.an_indicator(house)
    answer = send(app, indicator, a_token(house, system="SYS-0002"))
    assert answer.status_code == 403 and "another AI system" in answer.json["title"]


def test_bad_json_names_each_field_and_changes_nothing(house: House, app: Any, indicator: str) -> None:
    answer = send(app, indicator, a_token(house), groups={"a": {"n": 3, "selected": 9}}, period_from="soon")
    assert answer.status_code == 422 and answer.mimetype == "application/problem+json"
    assert {item["field"] for item in answer.json["errors"]} >= {"period_from", "groups.a"}
    assert (
        app.test_client()
        .get(f"/api/v1/indicators/{indicator}", headers={"Authorization": f"Bearer {a_token(house)}"})
        .json["latest"]
        is None
    )


def test_a_token_opens_no_page_and_signs_nothing(house: House, app: Any, indicator: str) -> None:
    headers = {"Authorization": f"Bearer {a_token(house)}"}
    assert app.test_client().get("/systems", headers=headers).status_code == 302
    assert app.test_client().post("/sign-offs/SGN-0001", headers=headers).status_code in (302, 400)
    assert app.test_client().get("/api/v1/nothing", headers=headers).status_code == 404


def test_the_secret_is_shown_once_and_kept_nowhere(house: House, browser_of: Any) -> None:
    browser = browser_of("olivia")
    page = browser.post(
        "/tokens", {"name": "nightly", "expires_on": (clock.today() + timedelta(days=9)).isoformat()}
    )
    secret = page.text.split("<code>aims_")[1].split("</code>")[0]
    assert secret not in browser.get("/tokens").text
    with house.reading() as session:
        from sqlalchemy import text

        assert secret not in str(session.execute(text("select body from trail_event")).all())
    assert browser_of("victor").post("/tokens", {"name": "mine", "expires_on": "2027-01-01"}).status_code in (
        403,
        422,
    )


def test_a_table_is_measured_in_the_browser(house: House, browser_of: Any, indicator: str) -> None:
    browser = browser_of("tess")
    rows = "\n".join(f"{'ab'[number % 2]},{int(number % 5 < 2)}" for number in range(400))
    url = f"/indicators/{indicator}/measure"
    upload = browser.post(url, file=(BytesIO(f"who,chosen\n{rows}\n".encode()), "predictions.csv"))
    columns = upload.headers["Location"]
    data = {
        "prediction": "chosen",
        "groups": "who",
        "favourable": "1",
        "keep": "yes",
        **{name: day.isoformat() for name, day in build.period().items()},
    }
    assert "Counted" in browser.post(columns, {**data, "act": "look"}).text
    recorded = browser.post(columns, {**data, "act": "record"})
    page = browser.get(recorded.headers["Location"]).text
    assert "Pass" in page and "Table behind MEA-0001" in page and "200" in page
    trend = browser.get(f"/indicators/{indicator}").text
    assert "<svg" in trend and "at least 0.8" in trend
    wrong = browser.post(columns, {**data, "favourable": "yes", "act": "record"})
    assert wrong.status_code == 422 and "No prediction is" in wrong.text
    assert browser.get(f"{url}/{'0' * 64}").status_code == 404
