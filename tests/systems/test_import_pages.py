"""Pages of imports: upload, mapping, preview, confirm, report, and where a system came from."""

from io import BytesIO

import pytest

from governance.core.settings import Settings
from tests.house_fixtures import House
from tests.systems.inventory import HEADER, Importing, many, table

TRIAGE = ("T1", "Triage <b>", "Sort calls", "Dreaming", "High", "Yes", "Acme", "1.0", "=12+3")


@pytest.fixture
def importing(house: House, settings: Settings) -> Importing:
    return Importing(house, settings)


def upload(browser, data: bytes, filename: str = "inventory.csv", **fields: str):
    return browser.post("/imports", fields, page="/imports", file=(BytesIO(data), filename))


def test_the_empty_list_says_what_belongs_there(browser_of) -> None:
    page = browser_of("olivia").get("/imports").text
    assert "No import yet" in page and "Read and preview" in page


def test_an_inventory_goes_all_the_way(browser_of, importing: Importing) -> None:
    browser = browser_of("olivia")
    response = upload(browser, table(TRIAGE))
    assert (response.status_code, response.headers["Location"]) == (303, "/imports/IMR-0001")
    assert "Reading and comparing" in browser.get("/imports/IMR-0001").text
    importing.work()
    page = browser.get("/imports/IMR-0001").text
    for text in (
        "mapping generic",
        "Import 1 system",
        "kept as source value",
        "Triage &lt;b&gt;",
        "Dreaming",
    ):
        assert text in page
    assert importing.size()["systems"] == 0
    assert browser.post("/imports/IMR-0001/confirm", page="/imports/IMR-0001").status_code == 303
    importing.work()
    page = browser.get("/imports/IMR-0001").text
    assert "Imported." in page and "/systems/SYS-0001" in page
    source = browser.get("/systems/SYS-0001/source").text
    for text in (
        "inventory.csv",
        "Sort calls",
        "Intended purpose",
        "Dreaming",
        "Declared testing",
        "kept as source value",
    ):
        assert text in source


@pytest.mark.parametrize("outcome", ["", "new", "changed", "unchanged", "rejected", "problems", "nonsense"])
def test_the_report_is_filtered_by_outcome(browser_of, importing: Importing, outcome: str) -> None:
    importing.preview(table(TRIAGE, ("F1", "Forecast"), ("", "")))
    response = browser_of("olivia").get(f"/imports/IMR-0001?outcome={outcome}")
    assert response.status_code == 200
    assert ("Forecast" in response.text) == (outcome in ("", "new", "nonsense"))
    assert ("Dreaming" in response.text) == (outcome in ("", "new", "problems", "nonsense"))


def test_long_reports_are_paged(browser_of, importing: Importing) -> None:
    importing.preview(many(150))
    browser = browser_of("olivia")
    assert "after=101" in browser.get("/imports/IMR-0001?outcome=new").text
    rest = browser.get("/imports/IMR-0001?outcome=new&after=101").text
    assert "System 149" in rest and "System 99<" not in rest and "Next rows" not in rest


def test_the_report_as_csv_is_no_program(browser_of, importing: Importing) -> None:
    importing.preview(table(("T1", "=cmd()", "", "Dreaming")))
    response = browser_of("olivia").get("/imports/IMR-0001/report.csv")
    assert response.headers["Content-Disposition"].startswith("attachment")
    lines = response.text.splitlines()
    assert lines[0] == "record,key,name,outcome,column,value,reason"
    assert "'=cmd()" in lines[1] and "Dreaming" in lines[2]


def test_a_wrong_mapping_is_explained_and_can_be_changed(browser_of, importing: Importing) -> None:
    browser = browser_of("olivia")
    upload(browser, table(TRIAGE), mapping="omb-2025")
    importing.work()
    page = browser.get("/imports/IMR-0001").text
    assert "could not go on" in page and "does not fit this file" in page
    response = browser.post("/imports/IMR-0001/mapping", {"mapping": "generic"}, page="/imports/IMR-0001")
    assert response.status_code == 303
    importing.work()
    assert "Import 1 system" in browser.get("/imports/IMR-0001").text


@pytest.mark.parametrize(
    ("data", "filename", "why"),
    [
        (b"", "empty.csv", "empty"),
        (b"colour,weight\r\nred,12\r\n", "fruit.csv", "No mapping knows these columns"),
        (b"%PDF-1.7 not a table", "report.pdf", "This is a PDF"),
        (b"a,b\0c\r\n1,2\r\n", "binary.csv", "NUL"),
    ],
)
def test_files_that_are_no_inventory_are_refused_with_a_reason(browser_of, data, filename, why) -> None:
    browser = browser_of("olivia")
    response = upload(browser, data, filename)
    assert response.status_code == 422 and why in response.text
    assert "No import yet" in browser.get("/imports").text


@pytest.mark.parametrize("who", ["owen", "victor"])
def test_others_may_look_and_not_import(browser_of, importing: Importing, who: str) -> None:
    importing.preview(table(TRIAGE))
    browser = browser_of(who)
    assert "Importing is for compliance officers" in browser.get("/imports").text
    assert upload(browser, table(TRIAGE)).status_code == 403
    for action in ("confirm", "mapping", "cancel"):
        response = browser.post(f"/imports/IMR-0001/{action}", {"mapping": "generic"}, page="/imports")
        assert response.status_code == 403, action
    assert importing.run("IMR-0001").state == "previewed"


def test_an_upload_without_permission_keeps_no_file(browser_of, settings: Settings) -> None:
    upload(browser_of("victor"), table(TRIAGE))
    assert not list((settings.data_dir / "imports").rglob("*"))


def test_an_import_is_cancelled_from_its_page(browser_of, importing: Importing) -> None:
    importing.preview(table(TRIAGE, header=HEADER))
    browser = browser_of("olivia")
    browser.post("/imports/IMR-0001/cancel", page="/imports/IMR-0001")
    page = browser.get("/imports/IMR-0001").text
    assert "Cancelled." in page and "Import 1 system" not in page
