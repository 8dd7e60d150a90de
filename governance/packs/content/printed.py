"""Which records have a place of their own in a pack, so that a mention of them can be a link."""

from __future__ import annotations

from collections.abc import Iterator

from governance.packs.content.system_pack import SystemPack


def printed_references(pack: SystemPack) -> frozenset[str]:
    """The references of all records that the pack prints in their own section."""
    return frozenset(reference for reference in _references(pack) if reference)


def _references(pack: SystemPack) -> Iterator[str]:
    yield pack.identity.reference
    for assessment in pack.assessments:
        yield assessment.reference
        yield from (risk.reference for risk in assessment.risks)
    for consultation in pack.consultations:
        yield consultation.reference
        yield from (concern.reference for concern in consultation.concerns)
    for finding in pack.findings:
        yield finding.reference
        yield from (action.reference for action in finding.actions)
    for gate in pack.gates:
        yield gate.reference
        yield from (waiver.reference for waiver in gate.waivers)
    yield from (check.code for check in pack.red_lines)
    yield from (check.reference for check in pack.red_lines)
    for records in (pack.suppliers, pack.claims, pack.audits, pack.schedules, pack.sign_offs, pack.versions):
        yield from (record.reference for record in records)
    yield from (item.reference for item in pack.evidence)
