"""Pages of evidence packs: gaps before the export, progress, download, and checking without a sign-in."""

import io
import re
from datetime import timedelta

from governance import worker
from governance.core import clock
from governance.core.settings import Settings
from governance.web.application import Application
from tests.conftest import MORNING
from tests.house_fixtures import House
from tests.systems.build import a_system


def checked(app: Application, data: bytes, name: str = "pack.pdf") -> str:
    """What the page for checking says to somebody who is not signed in."""
    client = app.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/verify").text)
    assert token
    file = (io.BytesIO(data), name)
    response = client.post("/verify", data={"csrf_token": token.group(1), "file": file}, buffered=True)
    assert response.status_code == 200
    return response.text


def test_a_pack_is_asked_for_downloaded_and_checked_by_a_stranger(
    house: House, settings: Settings, app: Application, browser_of
) -> None:
    system = a_system(house)
    browser = browser_of("olivia")
    assert "Gaps that the pack will name" in browser.get(f"/packs/new?for={system}").text
    response = browser.post(f"/packs/new?for={system}", {"purpose": "Stage 2", "confidentiality": "internal"})
    assert (response.status_code, response.headers["Location"]) == (303, "/packs/PCK-0001")
    assert "Being made" in browser.get("/packs/PCK-0001").text
    assert browser.get("/packs/PCK-0001/file").status_code == 404

    with clock.held_at(MORNING + timedelta(days=3650)):
        worker.drain(house.database, settings, "worker")
        page = browser_of("olivia").get("/packs/PCK-0001").text
    assert "Verification, run just now" in page and "aims verify PCK-0001_SYS-0001_" in page
    assert "PCK-0001" in browser.get("/packs").text
    download = browser.get("/packs/PCK-0001/file")
    assert download.headers["Content-Disposition"].startswith("attachment; filename=PCK-0001_SYS-0001_")

    assert "pack.pdf: verified" in checked(app, download.data)
    forged = bytearray(download.data)
    forged[len(forged) // 2] ^= 1
    assert "NOT verified" in checked(app, bytes(forged))


def test_what_is_no_pack_is_said_so_without_a_traceback(app: Application) -> None:
    page = checked(app, b"hello", "<b>note</b>.txt")
    assert "NOT verified" in page and "<b>note" not in page


def test_who_may_only_look_is_refused(house: House, browser_of) -> None:
    system = a_system(house)
    assert browser_of("victor").post(f"/packs/new?for={system}", {"purpose": "x"}).status_code in (403, 422)
    assert browser_of("victor").get("/packs/PCK-0001").status_code == 404


def test_a_management_system_pack_is_chosen_made_downloaded_and_checked_by_a_stranger(
    house: House, settings: Settings, app: Application, browser_of
) -> None:
    a_system(house)
    a_system(house, "Letters", scope="out_of_scope", scope_reason="Typing aid")
    browser = browser_of("olivia")
    assert "2 systems chosen" in browser.get("/system-packs/new").text
    chosen = "/system-packs/new?scope=out_of_scope"
    page = browser.get(chosen).text
    assert "1 systems chosen" in page and "What the dry audit finds among them" in page
    response = browser.post(chosen, {"purpose": "Stage 1", "confidentiality": "internal"})
    assert (response.status_code, response.headers["Location"]) == (303, "/system-packs/MSP-0001")
    assert "Being made" in browser.get("/system-packs/MSP-0001").text
    assert browser.get("/system-packs/MSP-0001/file").status_code == 404

    with clock.held_at(MORNING + timedelta(days=3650)):
        worker.drain(house.database, settings, "worker")
        page = browser_of("olivia").get("/system-packs/MSP-0001").text
    assert "2 PDFs carry a seal" in page and "scope is out of scope" in page and "verify.py" in page
    assert "MSP-0001" in browser.get("/system-packs").text
    download = browser.get("/system-packs/MSP-0001/file")
    assert download.mimetype == "application/zip"
    assert "pack.zip: verified" in checked(app, download.data, "pack.zip")
    forged = bytearray(download.data)
    forged[len(forged) // 2] ^= 1
    assert "NOT verified" in checked(app, bytes(forged), "pack.zip")
    assert browser_of("victor").post("/system-packs/new", {"purpose": "x"}).status_code in (403, 422)


def test_a_cancelled_management_system_pack_says_how_to_go_on(
    house: House, settings: Settings, browser_of
) -> None:
    a_system(house)
    browser = browser_of("olivia")
    browser.post("/system-packs/new", {"purpose": "", "confidentiality": "internal"})
    assert browser.post("/jobs/1/cancel", {"back": "/system-packs/MSP-0001"}).status_code == 303
    worker.drain(house.database, settings, "worker")
    page = browser.get("/system-packs/MSP-0001").text
    assert "What was drawn is kept" in page and "Make another" in page
