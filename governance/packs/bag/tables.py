"""The tables of a management-system pack as CSV files, one row at a time, for people who count things themselves."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from governance.core.hidden import visible
from governance.core.tables import guard_formula
from governance.packs.content.assurance import Audit, Finding
from governance.packs.content.summary import current_risks
from governance.packs.content.system_pack import SystemPack

COLUMNS: Final = {
    "systems": ("system", "name", "status", "stage", "tier", "owner", "purpose", "pack status", "gaps"),
    "gaps": ("system", "check", "clause", "severity", "what is missing"),
    "risks": ("system", "risk", "title", "before", "after treatment", "state", "owner"),
    "red_lines": ("system", "red line", "result", "performed on", "valid until"),
    "findings": ("system", "finding", "title", "grade", "state", "raised on", "due on"),
    "audits": ("system", "audit", "title", "state", "planned on"),
    "signatures": ("system", "signature", "subject", "meaning", "signer", "state", "signed at"),
    "evidence": ("system", "evidence", "title", "kind", "state", "sha256", "file or reason", "valid until"),
}


class Tables:
    """Open CSV files in a folder; use as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stack = ExitStack()
        self._writers: dict[str, Any] = {}

    def __enter__(self) -> Self:
        for name, columns in COLUMNS.items():
            file = self._stack.enter_context(
                (self.folder / f"{name}.csv").open("w", newline="", encoding="utf-8")
            )
            self._writers[name] = csv.writer(file, lineterminator="\n")
            self._writers[name].writerow(columns)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def add(self, part: SystemPack) -> None:
        """The rows of one system."""
        me, identity = part.identity.reference, part.identity
        tier = part.classification.tier if part.classification else ""
        about = (identity.name, identity.status, identity.stage, tier, identity.owner, identity.purpose)
        self._row("systems", me, *about, part.meta.status, len(part.gaps))
        for gap in part.gaps:
            self._row("gaps", me, gap.check_id, gap.clause, gap.severity, gap.title)
        for risk in current_risks(part):
            levels = [score.level if score else "" for score in (risk.inherent, risk.residual)]
            self._row("risks", me, risk.reference, risk.title, *levels, risk.state, risk.owner)
        for line in part.red_lines:
            self._row("red_lines", me, line.code, line.result, line.performed_on, line.valid_until)
        self.add_assurance(me, part.audits, part.findings)
        for item in part.sign_offs:
            said = (item.subject, item.meaning, item.signer, item.state, item.signed_at)
            self._row("signatures", me, item.reference, *said)
        for file in part.evidence:
            kept = (file.title, file.kind, file.state, file.sha256, file.not_embedded, file.valid_until)
            self._row("evidence", me, file.reference, *kept)

    def add_assurance(self, system: str, audits: Iterable[Audit], findings: Iterable[Finding]) -> None:
        """Audits and findings of a system, or with an empty one of the management system itself."""
        for found in findings:
            dates = (found.raised_on, found.due_on)
            self._row("findings", system, found.reference, found.title, found.grade, found.state, *dates)
        for audit in audits:
            self._row("audits", system, audit.reference, audit.title, audit.state, audit.planned_on)

    def _row(self, table: str, *cells: object) -> None:
        self._writers[table].writerow([_cell(cell) for cell in cells])


def _cell(value: object) -> str:
    return "" if value is None else guard_formula(visible(str(value)))
