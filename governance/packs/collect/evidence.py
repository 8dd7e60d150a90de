"""The evidence index of a pack: what is attached to its records, and what they cite."""

from collections.abc import Iterable, Mapping

from sqlalchemy.orm import Session

from governance.core.records import Record
from governance.evidence import queries as evidence
from governance.evidence.models import Evidence
from governance.packs.content.assurance import EvidenceItem
from governance.packs.content.labels import say


def items(
    session: Session,
    subjects: Mapping[int, Record],
    names: Mapping[int, str],
    cited: Iterable[tuple[Evidence, str]] = (),
) -> tuple[EvidenceItem, ...]:
    """The evidence of these records, and items that are cited: pairs of an item and the reference it supports."""
    supports: dict[int, set[str]] = {}
    found: dict[int, Evidence] = {}
    for subject_id, item in evidence.of_subjects(session, set(subjects)):
        found[item.id] = item
        supports.setdefault(item.id, set()).add(subjects[subject_id].reference)
    for item, reference in cited:
        found[item.id] = item
        supports.setdefault(item.id, set()).add(reference)
    return tuple(
        EvidenceItem(
            reference=item.reference,
            title=item.title,
            kind=say(item.evidence_kind),
            state=say(item.state),
            filename=item.filename or item.url,
            sha256=item.sha256,
            size=item.size if item.sha256 else None,
            media_type=item.media_type,
            owner=names.get(item.owner_id or 0, ""),
            confidentiality=say(item.confidentiality),
            covers_from=item.covers_from,
            covers_to=item.covers_to,
            collected_on=item.collected_on,
            valid_until=item.valid_until,
            supports=tuple(sorted(supports[item.id])),
            not_embedded="" if item.sha256 else "it is a link; nothing is kept here",
        )
        for item in found.values()
    )
