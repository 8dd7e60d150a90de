"""ISO/IEC 42001 with its 38 controls as numbered in the standard, and evidence only from kinds of records that exist."""

import pytest
from pydantic import ValidationError

from governance import rooms
from governance.controls.frameworks import Framework, iso42001, iso42001_hash
from governance.core.records import Record
from governance.evidence.models import EvidenceKind

rooms.open_all()

# From the standard's table of contents, written here a second time on purpose (INV-SOA1).
GROUPS = {
    "A.2": (2, 4), "A.3": (2, 3), "A.4": (2, 6), "A.5": (2, 5), "A.6.1": (2, 3), "A.6.2": (2, 8), "A.7": (2, 6),
    "A.8": (2, 5), "A.9": (2, 4), "A.10": (2, 4),
}  # fmt: skip
CONTROLS = [
    f"{group}.{number}" for group, (first, last) in GROUPS.items() for number in range(first, last + 1)
]


def test_the_38_controls_are_those_of_annex_a_in_order():
    assert len(CONTROLS) == 38
    assert [item.id for item in iso42001().controls] == CONTROLS


def test_clauses_4_to_10_are_complete():
    found = [item.id for item in iso42001().clauses]
    assert len(found) == len(set(found)) == 32
    assert {id.split(".")[0] for id in found} == {"4", "5", "6", "7", "8", "9", "10"}


def test_every_requirement_says_what_an_auditor_wants_and_whom_it_concerns():
    for item in (*iso42001().clauses, *iso42001().controls):
        assert item.title and len(item.wanted) > 30, item.id
        assert item.level in ("organisation", "system", "both"), item.id
        assert item.concerns_systems == (item.level != "organisation")


def test_every_control_belongs_to_one_of_nine_areas():
    assert len({item.area for item in iso42001().controls}) == 9


def test_evidence_comes_from_kinds_of_records_that_exist():
    kinds = {str(mapper.polymorphic_identity) for mapper in Record.__mapper__.self_and_descendants}
    kinds |= {f"evidence:{kind.value}" for kind in EvidenceKind}
    for item in (*iso42001().clauses, *iso42001().controls):
        assert set(item.evidenced_by) <= kinds, item.id


@pytest.mark.parametrize("id", ["5.3", "6.3"])
def test_what_no_kind_of_record_shows_is_not_claimed(id):
    found = {item.id: item for item in (*iso42001().clauses, *iso42001().controls)}[id]
    assert found.evidenced_by == ()


def test_a_framework_that_lost_a_control_is_refused():
    data = iso42001().model_dump()
    data["controls"] = data["controls"][:-1]
    with pytest.raises(ValidationError, match="38 controls"):
        Framework.model_validate(data)


def test_decisions_keep_the_hash_of_the_framework():
    assert len(iso42001_hash()) == 64
