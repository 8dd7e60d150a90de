"""OSCAL beside a management-system pack: other people's programs read it, and it says what the registry's own tables say."""

from __future__ import annotations

import csv
import html
import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import cmarkgfm
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.access import queries as people
from governance.audits import service
from governance.audits.models import Audit, Verdict
from governance.audits.schemas import AnswerQuestion, ReportAudit
from governance.core import records
from governance.core.canonical import canonical
from governance.core.database import Database
from governance.core.settings import Settings
from governance.improvement import service as improvement
from governance.improvement.schemas import RecordFinding
from governance.packs.bag.oscal.words import line, marked, token
from governance.packs.bag.tables import Tables
from governance.packs.collect import aims as collect_aims
from governance.packs.collect import assurance as collect_assurance
from governance.packs.collect import system as collect
from governance.packs.content.assurance import CorrectiveAction, Finding
from governance.packs.content.blocks import RecordBlock, Row, Table
from governance.packs.content.order import Order
from governance.packs.content.system_pack import SystemPack
from governance.systems import queries as systems
from governance.systems.models import AiSystem
from tests.audits.build import an_audit, begin
from tests.house_fixtures import House
from tests.improvement import build as corrections
from tests.packs.oscal_documents import (
    COMPONENTS,
    META,
    MODELS,
    PLAN,
    RESULTS,
    dangling,
    documents,
    nodes,
    read_by_trestle,
    said,
)
from tests.packs.sample import sample
from tests.systems.build import a_system, requested, sign

STATEMENT = RecordBlock(
    section=6,
    title="Statement of applicability, revision 2",
    reference="SOA-0002",
    state="approved",
    tables=(
        Table(
            caption="Every control",
            columns=("Control", "Title", "Decision", "Justification", "Implementation", "Owner"),
            rows=(
                Row(cells=("A.2.2", "AI policy", "applicable", "Law asks for it", "partly", "Olivia Brandt")),
                Row(cells=("A.10.3", "Suppliers", "excluded", "Nothing is bought", "", "")),
                Row(cells=("A.10.4", "Customers", "not decided", "", "", "")),
            ),
        ),
    ),
)


def another(part: SystemPack) -> SystemPack:
    """The same system under another reference, with the same audits and findings of its own."""
    own = tuple(
        replace(
            item,
            reference=f"{item.reference}9",
            actions=tuple(replace(action, reference=f"{action.reference}9") for action in item.actions),
        )
        for item in part.findings
    )
    return replace(part, identity=replace(part.identity, reference="SYS-9999"), findings=own)


def test_trestle_reads_each_document_and_finds_nothing_wrong(tmp_path: Path) -> None:
    made = documents(sample(), another(sample()), blocks=(STATEMENT,))
    assert set(made) == set(MODELS)
    read_by_trestle(made, tmp_path)
    for name, data in made.items():
        assert dangling(data) == [], name
        assert canonical(json.loads(data)) == data, f"{name} is canonical"


def test_the_same_records_give_the_same_bytes_and_lasting_identifiers() -> None:
    first = documents(sample(), another(sample()), blocks=(STATEMENT,))
    assert documents(another(sample()), sample(), blocks=(STATEMENT,)) == first, "in any order"
    later = documents(
        sample(),
        blocks=(STATEMENT,),
        meta=replace(META, reference="MSP-0002", as_of=META.as_of + timedelta(1)),
    )
    elsewhere = documents(sample(), blocks=(STATEMENT,), meta=replace(META, organisation="Other House"))

    def identifiers(made: dict[str, bytes]) -> set[str]:
        return {node["uuid"] for data in made.values() for node in nodes(json.loads(data)) if "uuid" in node}

    assert len(identifiers(later) - identifiers(first)) == 3, (
        "each document is a new one, what it is about is not"
    )
    assert not identifiers(first) & identifiers(elsewhere)


def test_the_statement_of_applicability_says_what_applies_and_what_does_not() -> None:
    made = json.loads(documents(sample(), blocks=(STATEMENT,))[COMPONENTS])["component-definition"]
    whole, system = made["components"]
    (implemented,) = whole["control-implementations"]
    (control,) = implemented["implemented-requirements"]
    assert (control["control-id"], control["description"]) == ("A.2.2", "Law asks for it")
    assert said(control)["implementation"] == "partly" and said(control)["record"] == "SOA-0002"
    owner = control["responsible-roles"][0]["party-uuids"][0]
    assert {item["uuid"]: item["name"] for item in made["metadata"]["parties"]}[owner] == "Olivia Brandt"
    left_out = {item["name"]: (item["value"], item.get("remarks")) for item in implemented["props"]}
    assert left_out["excluded-control"] == ("A.10.3", "Nothing is bought")
    assert left_out["not-decided-control"] == ("A.10.4", None)
    assert said(system)["record"] == "SYS-0004"
    shown = {
        said(item)["requirement"]
        for implemented in system["control-implementations"]
        for item in implemented["implemented-requirements"]
    }
    assert shown == {trace.control for trace in sample().controls if trace.records}
    assert {item["value"] for item in system["props"] if item["name"] == "control-without-record"} == {
        trace.control for trace in sample().controls if trace.gap
    }


def test_without_audits_findings_or_a_statement_nothing_is_claimed(tmp_path: Path) -> None:
    bare = replace(sample(), audits=(), findings=(), controls=())
    made = documents(bare)
    assert list(made) == [COMPONENTS]
    read_by_trestle(made, tmp_path)
    whole, system = json.loads(made[COMPONENTS])["component-definition"]["components"]
    assert "control-implementations" not in whole and "control-implementations" not in system
    assert whole["remarks"] == "No statement of applicability is approved."
    under_way = tuple(replace(item, state="in progress") for item in sample().audits)
    assert RESULTS not in documents(replace(sample(), audits=under_way)), "not reported yet"


def test_only_a_nonconformity_is_a_finding_and_only_an_open_one_is_in_the_plan(tmp_path: Path) -> None:
    template = replace(sample().findings[0], audit="AUD-2026-014", actions=())
    kinds = [("major", "issued"), ("minor", "closed"), ("minor", "withdrawn"), ("opportunity", "issued")]
    findings = tuple(
        replace(template, reference=f"FND-{number:04d}", grade=grade, state=state)
        for number, (grade, state) in enumerate(kinds, 1)
    )
    made = documents(replace(sample(), findings=findings))
    read_by_trestle(made, tmp_path)
    result = next(
        item
        for item in json.loads(made[RESULTS])["assessment-results"]["results"]
        if said(item)["record"] == "AUD-2026-014"
    )
    assert [said(item)["record"] for item in result["findings"]] == ["FND-0001", "FND-0002"]
    assert len(result["observations"]) == 1 + len(findings)
    plan = json.loads(made[PLAN])["plan-of-action-and-milestones"]
    assert [said(item)["record"] for item in plan["poam-items"]] == ["FND-0001", "FND-0004"]
    assert [said(item)["record"] for item in plan["findings"]] == ["FND-0001"]
    assert "related-findings" not in plan["poam-items"][1]


def test_the_plan_has_owner_dates_state_and_effectiveness_check_of_each_action(tmp_path: Path) -> None:
    action = CorrectiveAction(
        reference="CAR-0007",
        state="effectiveness check",
        action="Configuration locked",
        root_cause="Nobody compared them",
        owner="Tess Lindqvist",
        due_on=date(2026, 12, 15),
        done_on=date(2026, 12, 1),
        check_from=date(2027, 1, 1),
        effectiveness="Four weeks without a deviation",
    )
    finding = replace(sample().findings[0], state="in action", actions=(action,))
    made = documents(replace(sample(), findings=(finding,)))
    read_by_trestle(made, tmp_path)
    plan = json.loads(made[PLAN])["plan-of-action-and-milestones"]
    (risk,) = plan["risks"]
    assert risk["deadline"] == f"{finding.due_on}T00:00:00Z" and risk["status"] == "remediating"
    (remediation,) = risk["remediations"]
    assert (remediation["lifecycle"], remediation["description"]) == ("completed", "Configuration locked")
    assert "Root cause: Nobody compared them" in remediation["remarks"]
    facts = said(remediation)
    assert (facts["record"], facts["state"], facts["done-on"]) == (
        "CAR-0007",
        "effectiveness check",
        "2026-12-01",
    )
    names = {item["uuid"]: item["name"] for item in plan["metadata"]["parties"]}
    doing, checking = remediation["tasks"]
    assert doing["timing"]["on-date"]["date"] == "2026-12-15T00:00:00Z"
    assert [names[uuid] for uuid in doing["responsible-roles"][0]["party-uuids"]] == ["Tess Lindqvist"]
    assert checking["timing"]["on-date"]["date"] == "2027-01-01T00:00:00Z"
    assert checking["description"] == "Four weeks without a deviation" and "responsible-roles" not in checking


anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=anything, grade=st.sampled_from(["major", "minor", "observation", "opportunity"]))
def test_whatever_people_type_stays_valid(text: str, grade: str, tmp_path: Path) -> None:
    part = sample()
    action = CorrectiveAction(
        reference="CAR-0001", state=text, action=text, owner=text, effectiveness=text, correction=text
    )
    finding = Finding(
        reference="FND-0001", title=text, grade=grade, state=text, audit="AUD-2026-014", clause=text, requirements=(text,),
        statement=text, evidence=(text,), response=text, ruling=text, actions=(action,),
    )  # fmt: skip
    audits = tuple(
        replace(item, title=text, criteria=text, scope=text, lead_auditor=text, independence=text, conclusion=text, requirements=(text,))
        for item in part.audits
    )  # fmt: skip
    identity = replace(part.identity, name=text, purpose=text, owner=text, technical_owner=text, stage=text)
    row = Row(cells=(text, text, "applicable", text, text, text))
    statement = replace(STATEMENT, title=text, tables=(replace(STATEMENT.tables[0], rows=(row,)),))
    meta = replace(META, organisation=text)
    made = documents(
        replace(part, identity=identity, audits=audits, findings=(finding,)), blocks=(statement,), meta=meta
    )
    read_by_trestle(made, tmp_path)
    assert [dangling(data) for data in made.values()] == [[], [], []]


@settings(max_examples=300)
@given(text=st.text(st.sampled_from("ab1 _*`[]()<>!&;#x{}\\~=-+.:/\n"), max_size=40))
def test_markdown_makes_nothing_of_what_people_type(text: str) -> None:
    shown = cmarkgfm.markdown_to_html(marked(text))
    assert set(re.findall(r"<(\w+)", shown)) <= {"p"}, shown
    plain = html.unescape(re.sub(r"<[^>]*>", "", shown))
    assert "".join(plain.split()) == "".join(text.split())


@given(text=anything)
def test_a_line_is_one_and_a_token_is_one(text: str) -> None:
    assert re.fullmatch(r"\S(.*\S)?", line(text))
    assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9._-]*", token(text))


def test_nobody_inserts_a_parameter_of_oscal() -> None:
    assert marked("{{ insert: param, x }}") == r"\{{ insert: param, x }}"


def test_a_clause_is_no_number_and_a_control_stays_as_it_is() -> None:
    assert [token(text) for text in ("9.1", "A.6.2.4")] == ["clause-9.1", "A.6.2.4"]


def reported(house: House, *scope: str) -> tuple[str, str]:
    """An audit of these systems, reported and closed, with a minor finding on the first; returns both references."""
    audit = an_audit(house, *scope)
    begin(house, audit)
    with house.acting("ada") as session:
        item = records.get(session, Audit, audit)
        for number, row in enumerate(item.answers):
            seen = AnswerQuestion(verdict=Verdict.CONFORMS, note="Seen", evidence_references=[scope[0]])
            failed = AnswerQuestion(verdict=Verdict.MINOR, note="41 of 100", evidence_references=[])
            service.answer(session, item, row.question_id, seen if number else failed)
        data = RecordFinding(
            title="Too small", grade="minor", criterion="A.7.4", evidence_statement="Table 3", gap="41 of 100", controls=["A.7.4"]
        )  # fmt: skip
        first = records.get(session, AiSystem, scope[0])
        finding = service.raise_finding(
            session, item, item.answers[0].question_id, data, system=first
        ).reference
        service.report(session, item, ReportAudit(conclusion="One minor nonconformity", version=item.version))
    sign(house, "ada", requested(house, audit)["lead_auditor"])
    return audit, finding


def collected(
    database: Database, actor: Any, folder: Path
) -> tuple[dict[str, bytes], dict[str, list[dict[str, str]]]]:
    """The documents of all systems of a registry, and the tables of the same pack."""
    with database.transaction(actor, readonly=True) as session, Tables(folder) as tables:
        parts = []
        references = systems.filtered(session, "", {}).with_only_columns(AiSystem.reference)
        for reference in session.scalars(references.order_by(AiSystem.reference)).all():
            order = Order(
                reference=reference, system=reference, asked_by="Olivia", confidentiality="internal"
            )
            parts.append(collect.gather(session, order, actor, META.organisation))
            tables.add(parts[-1])
        audits, findings = collect_assurance.of_the_whole(session, people.names(session))
        tables.add_assurance("", audits, findings)
        blocks = collect_aims.blocks(session, META.organisation, "all", len(parts))
    rows = {
        path.stem: list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
        for path in folder.glob("*.csv")
    }
    return documents(*parts, blocks=blocks, audits=audits, findings=findings), rows


def same_figures(made: dict[str, bytes], tables: dict[str, list[dict[str, str]]]) -> None:
    """What OSCAL counts is what the tables count."""
    components = json.loads(made[COMPONENTS])["component-definition"]["components"]
    assert [(said(item)["record"], said(item)["gaps"]) for item in components[1:]] == [
        (row["system"], row["gaps"]) for row in tables["systems"]
    ]
    held = {row["audit"]: row for row in tables["audits"] if row["state"] in ("closed", "reporting")}
    results = json.loads(made[RESULTS])["assessment-results"]["results"]
    assert {said(item)["record"] for item in results} == set(held) and len(results) == len(held)
    for result in results:
        facts = said(result)
        assert (facts["state"], facts["planned-on"]) == (
            held[facts["record"]]["state"],
            held[facts["record"]]["planned on"],
        )
    every = {row["finding"]: row for row in tables["findings"]}
    assert len(every) == len(tables["findings"]), "each once"
    items = json.loads(made[PLAN])["plan-of-action-and-milestones"]["poam-items"]
    still = {name for name, row in every.items() if row["state"] not in ("closed", "withdrawn")}
    assert {said(item)["record"] for item in items} == still and len(items) == len(still)
    for item in items:
        facts, row = said(item), every[said(item)["record"]]
        assert (facts["grade"], facts["state"]) == (row["grade"], row["state"])
        assert (facts["raised-on"], facts.get("due-on", "")) == (row["raised on"], row["due on"])


def test_figures_of_a_registry_are_those_of_its_tables(house: House, tmp_path: Path, morning: object) -> None:
    first, second = a_system(house, "One"), a_system(house, "Two")
    audit, finding = reported(house, first, second)
    other = corrections.a_finding(house, second)
    action = corrections.planned(house, other)
    with house.acting("ada") as session:
        data = RecordFinding(title="No review", grade="minor", criterion="9.3", evidence_statement="None held", gap="None", clauses=["9.3"])  # fmt: skip
        on_the_whole = improvement.record_finding(session, None, data).reference
    made, tables = collected(house.database, house.actor("olivia"), tmp_path)
    read_by_trestle(made, tmp_path)
    same_figures(made, tables)
    (result,) = json.loads(made[RESULTS])["assessment-results"]["results"]
    assert [said(item)["record"] for item in result["findings"]] == [finding] and said(result)[
        "record"
    ] == audit
    checklist, seen = result["observations"]
    assert [item["title"] for item in checklist["subjects"]] == [f"{first} One", f"{second} Two"]
    assert [item["title"] for item in seen["subjects"]] == [f"{first} One"]
    asked = {
        item["control-id"]
        for item in result["reviewed-controls"]["control-selections"][0]["include-controls"]
    }
    assert "A.7.4" in asked and "include-all" not in result["reviewed-controls"]["control-selections"][0]
    plan = json.loads(made[PLAN])["plan-of-action-and-milestones"]
    assert Counter(said(item)["record"] for item in plan["poam-items"]) == {
        finding: 1,
        other: 1,
        on_the_whole: 1,
    }
    about = {said(item)["record"]: item["subjects"][0]["title"] for item in plan["observations"]}
    assert about == {
        finding: f"{first} One",
        other: f"{second} Two",
        on_the_whole: "The AI management system",
    }
    assert {row["finding"]: row["system"] for row in tables["findings"]} == {
        finding: first,
        other: second,
        on_the_whole: "",
    }
    assert [said(item)["record"] for risk in plan["risks"] for item in risk.get("remediations", ())] == [
        action
    ]


@pytest.mark.slow
def test_an_auditor_imports_and_validates_them_with_trestle_itself(tmp_path: Path) -> None:
    """The commands of docs/verifying.md."""

    def trestle(*words: str) -> str:
        program = [str(Path(sys.executable).with_name("trestle")), *words]
        run = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    trestle("init", "--local")
    for name, data in documents(sample(), another(sample()), blocks=(STATEMENT,)).items():
        path = tmp_path.parent / f"{tmp_path.name}-{Path(name).name}"
        path.write_bytes(data)
        trestle("import", "-f", str(path), "-o", "MSP-0001")
    assert trestle("validate", "--all").count("VALID: ") == 3


@pytest.mark.slow
def test_the_demonstration_is_read_back(demo_settings: Settings, tmp_path: Path) -> None:
    database = Database(demo_settings.database_url)
    with database.transaction(None, readonly=True) as session:
        olivia = people.by_email(session, "olivia@demo.example")
        assert olivia is not None
        actor = people.actor_for(olivia)
    made, tables = collected(database, actor, tmp_path)
    database.dispose()
    read_by_trestle(made, tmp_path)
    same_figures(made, tables)
    assert [dangling(data) for data in made.values()] == [[], [], []]
    whole = json.loads(made[COMPONENTS])["component-definition"]["components"][0]
    (implemented,) = whole["control-implementations"]
    left_out = [item for item in implemented["props"] if item["name"] == "excluded-control"]
    assert len(implemented["implemented-requirements"]) + len(left_out) == 38
