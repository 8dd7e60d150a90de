"""Counts over the parts of a management-system pack, taken while they pass, so that none of them is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from governance.packs.content.aims import GapCount
from governance.packs.content.blocks import RecordBlock, Row, Table
from governance.packs.content.summary import LEVELS, current_risks, red_line_state, risk_levels
from governance.packs.content.system_pack import SystemPack

_NAMED: Final = 10
_SEVERITIES: Final = {"critical": 0, "major": 1, "minor": 2}


class Tally:
    """What the index says of all systems together."""

    def __init__(self) -> None:
        self._gaps: dict[str, list[object]] = {}
        self._levels: Counter[tuple[str, str]] = Counter()
        self._red_lines: Counter[str] = Counter()
        self._gates: Counter[str] = Counter()
        self._signatures: Counter[str] = Counter()
        self._assessed = 0

    def add(self, part: SystemPack) -> None:
        """Count a part."""
        for gap in part.gaps:
            kept = self._gaps.setdefault(
                gap.check_id, [gap.clause, gap.severity, gap.title.partition(" (")[0], 0, []]
            )
            kept[3] = int(str(kept[3])) + 1
            names = kept[4]
            if isinstance(names, list) and len(names) < _NAMED:
                names.append(part.identity.reference)
        risks = current_risks(part)
        self._assessed += bool(risks)
        for level, before, after in risk_levels(risks):
            self._levels[level, "before"] += before
            self._levels[level, "after"] += after
        self._red_lines.update(red_line_state(check) for check in part.red_lines)
        self._gates.update(gate.state for gate in part.gates)
        self._signatures.update(item.state for item in part.sign_offs)

    def gaps(self) -> tuple[GapCount, ...]:
        """Every question that a system fails, gravest and most frequent first."""
        found = [
            GapCount(
                check_id=key,
                clause=str(clause),
                severity=str(severity),
                title=str(title),
                count=int(str(count)),
                systems=tuple(names) if isinstance(names, list) else (),
            )
            for key, (clause, severity, title, count, names) in self._gaps.items()
        ]
        return tuple(
            sorted(found, key=lambda item: (_SEVERITIES.get(item.severity, 3), -item.count, item.check_id))
        )

    def blocks(self, systems: int) -> tuple[RecordBlock, ...]:
        """Sections 8, 10, 11 and the signatures of 19."""
        levels = [
            (level, str(self._levels[level, "before"]), str(self._levels[level, "after"])) for level in LEVELS
        ]
        return (
            _block(
                8,
                "Risks by level",
                levels,
                ("Level", "Before", "After treatment"),
                f"{self._assessed} of {systems} systems have rated risks.",
            ),
            _block(10, "Red lines by result", _rows(self._red_lines), ("Result", "Checks"), ""),
            _block(11, "Gates by decision", _rows(self._gates), ("Decision", "Gates"), ""),
            _block(19, "Signatures by state", _rows(self._signatures), ("State", "Signatures"), ""),
        )


def _rows(counts: Counter[str]) -> list[tuple[str, ...]]:
    return [(word, str(count)) for word, count in sorted(counts.items())]


def _block(
    section: int, title: str, rows: Sequence[tuple[str, ...]], columns: tuple[str, ...], note: str
) -> RecordBlock:
    table = Table(
        caption="All systems of this pack", columns=columns, rows=tuple(Row(cells=row) for row in rows)
    )
    return RecordBlock(section=section, title=title, note=note, tables=(table,) if rows else ())
