"""The figures of the summary page, counted by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from governance.packs.content.assurance import Finding
from governance.packs.content.summary import current_assessment, findings_by_age, red_line_state, summarise
from governance.packs.content.system_pack import UnreadableSnapshotError, from_json, json_schema
from tests.packs.sample import ASSESSMENTS, RED_LINES, sample


def test_the_snapshot_survives_its_json() -> None:
    pack = sample()
    assert from_json(pack.to_json()) == pack
    assert from_json(pack.to_json()).to_json() == pack.to_json()


def test_the_published_schema_is_that_of_the_code() -> None:
    published = Path(__file__).parents[2] / "docs" / "registry.schema.json"
    assert published.read_bytes() == json_schema(), (
        "Write it again: python -c 'import sys; from governance.packs.content.system_pack import json_schema;"
        " sys.stdout.buffer.write(json_schema())' > docs/registry.schema.json"
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'"schema":"aims-system-pack/1"', b'"schema":"aims-system-pack/9"', "schema"),
        (b'"stage_basis":"gate"', b'"stage_basis":"hearsay"', "identity.stage_basis"),
        (b'"record_version":14', b'"record_version":"many"', "identity.record_version"),
    ],
)
def test_a_json_that_is_no_pack_is_refused_by_field(old: bytes, new: bytes, message: str) -> None:
    with pytest.raises(UnreadableSnapshotError, match=message):
        from_json(sample().to_json().replace(old, new))


def test_counts_of_the_sample() -> None:
    summary = summarise(sample())
    assert (summary.required, summary.met, summary.missing, summary.waived, summary.expired) == (
        43,
        37,
        5,
        1,
        1,
    )
    assert dict(summary.red_lines) == {"passed": 2, "out of date": 1, "breached": 0, "not checked": 1}
    assert dict(summary.signatures) == {"valid": 6, "stale": 1, "withdrawn": 1}
    assert [finding.reference for finding in summary.open_findings] == ["FND-0009"]
    assert summary.risk_levels == (("critical", 1, 0), ("high", 3, 0), ("medium", 2, 4), ("low", 0, 2))
    assert summary.sentences[0] == "5 items missing or expired, none of them critical."
    assert summary.overdue == 1


@pytest.mark.parametrize(
    ("days", "age"),
    [(0, 0), (30, 0), (31, 1), (90, 1), (91, 2), (180, 2), (181, 3), (4000, 3)],
)
def test_a_finding_is_counted_in_its_age(days: int, age: int) -> None:
    today = date(2026, 11, 20)
    finding = Finding(
        reference="FND-0001",
        title="x",
        grade="major",
        state="open",
        raised_on=date.fromordinal(today.toordinal() - days),
    )
    counted = findings_by_age([finding, replace(finding, grade="minor")], today)
    assert [major for _, major, _ in counted] == [1 if number == age else 0 for number in range(4)]
    assert [other for _, _, other in counted] == [1 if number == age else 0 for number in range(4)]


def test_a_passed_check_that_ran_out_is_no_pass() -> None:
    assert [red_line_state(check) for check in RED_LINES] == [
        "passed",
        "passed",
        "out of date",
        "not checked",
    ]


def test_without_areas_readiness_follows_from_the_controls() -> None:
    summary = summarise(replace(sample(), areas=()))
    assert [(area.area, area.met, area.missing) for area in summary.areas][:2] == [
        ("Clause 8", 1, 2),
        ("A.4 Resources", 1, 0),
    ]


def test_the_assessment_in_force_is_the_approved_one() -> None:
    draft = replace(ASSESSMENTS[0], reference="RA-0020", revision=9, state="draft")
    assert current_assessment(replace(sample(), assessments=(draft, *ASSESSMENTS))) is ASSESSMENTS[0]
    assert current_assessment(replace(sample(), assessments=())) is None
