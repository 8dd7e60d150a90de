"""Tables of inventory imports: the run, its report row by row, and where each system came from."""

from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from governance.core.records import Base, Bound, Record
from governance.core.types import BigId, Choice, Json
from governance.systems.models import AiSystem


class ImportState(StrEnum):
    """Life of an import run."""

    READING = "reading"
    PREVIEWED = "previewed"
    IMPORTING = "importing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RowOutcome(StrEnum):
    """What an import does (or did) with a row."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


class ImportRun(Record):
    """One import of an inventory file: which file, by which mapping, with what result."""

    __tablename__ = "import_run"

    PREFIX = "IMR"
    NOUN = "import"
    PATH = "imports"
    FREE = frozenset({"counts", "job_id", "state_reason"})

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    mapping: Mapped[str] = mapped_column(String(80))
    mapping_hash: Mapped[str] = mapped_column(String(64))
    filename: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    counts: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    state_reason: Mapped[str] = mapped_column(default="")
    report_digest: Mapped[str | None] = mapped_column(String(64))
    """Binds what the preview said of every row; importing does not change it."""
    rows_digest: Mapped[str | None] = mapped_column(String(64))
    """Binds the rows whole, with what became of them; None while they are brought in."""

    __mapper_args__ = {"polymorphic_identity": "import_run"}


class ImportRow(Base):
    """The report on one row of the file; every value that could not be mapped stands in `problems` with its column."""

    __tablename__ = "import_row"
    # A hundred thousand rows are no hundred thousand events: the run binds them by their digests.
    __audited__ = False
    BOUND = Bound(
        "import_id", {"rows_digest": frozenset(), "report_digest": frozenset({"system_id", "reason"})}
    )
    __table_args__ = (Index("ix_import_row_outcome", "import_id", "outcome", "record_number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"))
    record_number: Mapped[int]
    natural_key: Mapped[str] = mapped_column(String(400))
    name: Mapped[str] = mapped_column(String(400), default="")
    outcome: Mapped[RowOutcome] = mapped_column(Choice(RowOutcome))
    reason: Mapped[str] = mapped_column(default="")
    changed_fields: Mapped[list[str]] = mapped_column(Json, default=list)
    problems: Mapped[list[dict[str, str]]] = mapped_column(Json, default=list)
    system_id: Mapped[int | None] = mapped_column(ForeignKey("ai_system.id"))


class SourceRow(Base):
    """Where a system came from: the row of the inventory as it was, and what the mapping made of it."""

    __tablename__ = "source_row"
    __table_args__ = (UniqueConstraint("source", "natural_key"),)
    OUTSIDE_CONTENT = True

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source: Mapped[str] = mapped_column(String(80))
    natural_key: Mapped[str] = mapped_column(String(400))
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"), index=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"))
    record_number: Mapped[int]
    row_hash: Mapped[str] = mapped_column(String(64), active_history=True)
    mapping_hash: Mapped[str] = mapped_column(String(64))
    raw: Mapped[dict[str, str]] = mapped_column(Json, info={"digest": True})
    mapped: Mapped[dict[str, Any]] = mapped_column(Json, info={"digest": True})
    problems: Mapped[list[dict[str, str]]] = mapped_column(Json, info={"digest": True})

    system: Mapped[AiSystem] = relationship()

    def whole(self) -> Record:
        """The system."""
        return self.system


class DeclaredClaim(Record):
    """What an imported inventory says about a system: a claim with its wording. It never passes a gate by itself."""

    __tablename__ = "declared_claim"

    PREFIX = "CLM"
    NOUN = "declared claim"
    PATH = "claims"

    id: Mapped[int] = mapped_column(ForeignKey("record.id"), primary_key=True)
    system_id: Mapped[int] = mapped_column(ForeignKey("ai_system.id"), index=True)
    topic: Mapped[str] = mapped_column(String(40))
    answer: Mapped[str] = mapped_column(String(40), active_history=True)
    wording: Mapped[str] = mapped_column(default="", active_history=True)
    methods: Mapped[list[str]] = mapped_column(Json, default=list, active_history=True)
    source: Mapped[str] = mapped_column(default="", active_history=True)

    system: Mapped[AiSystem] = relationship(foreign_keys=[system_id])

    __mapper_args__ = {"polymorphic_identity": "declared_claim"}
