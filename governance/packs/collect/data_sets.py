"""Section 9 of a pack: the data sets that the versions of a system use, with origin, rights and quality (A.7)."""

from sqlalchemy.orm import Session

from governance.core.canonical import content_hash
from governance.data_sets import queries
from governance.data_sets.models import DataSet, DataUse
from governance.packs.content.blocks import RecordBlock, Row, Table
from governance.packs.content.labels import say
from governance.packs.content.system import Fact
from governance.systems.models import AiSystem

SECTION = 9


def blocks(session: Session, system: AiSystem) -> tuple[RecordBlock, ...]:
    """One block for each data set that a version uses or used."""
    uses: dict[int, list[DataUse]] = {}
    for row in queries.of_system(session, system.id):
        uses.setdefault(row.data_set_id, []).append(row)
    return tuple(_block(rows[0].data_set, rows) for rows in uses.values())


def _block(item: DataSet, rows: list[DataUse]) -> RecordBlock:
    facts = (
        ("Purpose", item.purpose),
        ("Source", item.source),
        ("How it was acquired", item.acquired),
        ("Provenance", item.provenance),
        ("Rights basis", say(item.rights_basis) if item.rights_basis else "not recorded: a gap"),
        ("Terms of the right", item.rights_note),
        ("Personal data", say(item.personal_data)),
        ("Special-category data", say(item.special_category_data)),
        ("Quality that is required", item.quality_wanted),
        ("Quality that was found", item.quality_found),
        ("Preparation", item.preparation),
        ("Whom it represents", item.representativeness),
        ("Known gaps and bias", item.known_gaps),
        ("To be deleted after", str(item.retain_until or "")),
    )
    return RecordBlock(
        section=SECTION,
        title=item.title,
        reference=item.reference,
        state=say(item.state),
        facts=tuple(Fact(label=label, value=value) for label, value in facts if value),
        tables=(
            Table(
                caption="Used by",
                columns=("Version", "Used for", "Ended"),
                rows=tuple(
                    Row(cells=(row.version.label, say(row.role), str(row.ended_on or ""))) for row in rows
                ),
                widths=(40, 40, 20),
            ),
        ),
        content_sha256=content_hash(item.signed_content()),
    )
