"""The component definition: the management system with its statement of applicability, and each AI system with what shows its controls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from governance.packs.bag.oscal.words import (
    Node,
    Source,
    known,
    line,
    marked,
    prop,
    props,
    responsible,
    title,
    token,
)
from governance.packs.content.blocks import RecordBlock
from governance.packs.content.system_pack import SystemPack

STATEMENT_SECTION: Final = 6
_STANDARD: Final = "ISO/IEC 42001:2023"
_APPLICABLE: Final = "applicable"


def standard(source: Source) -> Node:
    """The standard whose clauses and controls are meant; its text is not ours to give."""
    return {
        "uuid": source.id("standard", _STANDARD),
        "title": _STANDARD,
        "citation": {
            "text": f"{_STANDARD}, Information technology – Artificial intelligence – Management system"
        },
    }


def of_statement(source: Source, block: RecordBlock | None) -> Node:
    """The management system as a component; without an approved statement it implements nothing that is on record."""
    made = known(
        uuid=source.system,
        type="process-procedure",
        title=title(f"AI management system of {source.organisation}"),
        description="The management system that the pack is about, with the decisions of its statement of applicability.",
    )
    if block is None or not block.reference:
        return made | {"remarks": "No statement of applicability is approved."}
    rows = [row.cells for table in block.tables for row in table.rows]
    applied = [_decided(source, block.reference, row) for row in rows if row[2] == _APPLICABLE]
    implemented = known(
        uuid=source.id("control-implementation", block.reference),
        source=f"#{standard(source)['uuid']}",
        description=f"Controls that are applicable by {marked(block.title)} ({block.reference}), with the reason for each.",
        props=props(record=block.reference) + [_not_applied(row) for row in rows if row[2] != _APPLICABLE],
        implemented_requirements=applied,
    )
    facts = {fact.label: fact.value for fact in block.facts}
    made["props"] = props(
        record=block.reference,
        state=block.state,
        approved_on=facts.get("Approved on", ""),
        content_sha256=block.content_sha256,
    )
    return made | ({"control-implementations": [implemented]} if applied else {})


def people_of_statement(block: RecordBlock) -> Iterable[str]:
    """Who owns controls."""
    return (row.cells[5] for table in block.tables for row in table.rows if row.cells[5])


def _decided(source: Source, statement: str, row: tuple[str, ...]) -> Node:
    control, name, decision, reason, carried_out, owner = row
    return known(
        uuid=source.id("decision", f"{statement}/{control}"),
        control_id=token(control),
        description=marked(reason) or "No justification is recorded.",
        props=props(
            record=statement, requirement=control, title=name, decision=decision, implementation=carried_out
        ),
        responsible_roles=responsible(source, control_owner=owner),
    )


def _not_applied(row: tuple[str, ...]) -> Node:
    control, _, decision, reason, *_ = row
    return prop(f"{token(decision)}-control", control, reason)


def of_system(source: Source, part: SystemPack) -> Node:
    """An AI system as a component; what is shown by no record is named as such and not as implemented."""
    me, about = part.identity.reference, part.identity
    shown = [trace for trace in part.controls if trace.records]
    requirements = [
        {
            "uuid": source.id("shown", f"{me}/{trace.control}"),
            "control-id": token(trace.control),
            "description": "Shown by " + ", ".join(record.reference for record in trace.records) + ".",
            "props": props(
                requirement=trace.control,
                title=trace.title,
                record=tuple(record.reference for record in trace.records),
            ),
        }
        for trace in shown
    ]
    implemented = known(
        uuid=source.id("control-implementation", me),
        source=f"#{standard(source)['uuid']}",
        description=f"Clauses and controls that {me} answers, with the records that show it.",
        implemented_requirements=requirements,
    )
    return known(
        uuid=source.id("component", me),
        type="software",
        title=title(about.name),
        description=marked(about.purpose) or "No purpose is recorded.",
        purpose=title(about.purpose) if about.purpose.strip() else "",
        props=props(
            record=me,
            record_version=about.record_version,
            status=about.status,
            stage=about.stage,
            tier=part.classification.tier if part.classification else "",
            eu_class=part.classification.eu_class if part.classification else "",
            pack_status=part.meta.status,
            gaps=len(part.gaps),
        )
        + [prop("control-without-record", trace.control, trace.gap) for trace in part.controls if trace.gap],
        links=[{"href": f"../systems/{me}.pdf", "rel": "reference", "text": line(f"Evidence pack of {me}")}],
        responsible_roles=responsible(
            source, system_owner=about.owner, technical_owner=about.technical_owner
        ),
        control_implementations=[implemented] if requirements else [],
    )
