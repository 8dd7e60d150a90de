"""The pictures of consultations: the affected-group map and who took part. The tables beside them say the same."""

from typing import Final

from governance.consultations.affected import Map, Representativeness
from governance.core.charts import Bar, Part, bars
from governance.core.svg import ACCENT, FILLS, INK, MUTED, PAPER, circle, line, svg, text

MOST_COLUMNS: Final = 14
_LABEL, _ROW, _HEAD, _WIDTH = 210, 26, 34, 860
_LOOKS: Final = {
    "heard": (ACCENT, ACCENT),
    "long ago": (FILLS["waived"], ACCENT),
    "planned": (PAPER, ACCENT),
    "never": (PAPER, FILLS["missing"]),
}
_MARKS: Final = {"heard": "", "long ago": "", "planned": "…", "never": "×"}


def affected_map(found: Map) -> str:
    """Groups down, systems across; a mark where a system concerns a group, its look saying whether it was heard."""
    systems = found.systems[:MOST_COLUMNS]
    step = (_WIDTH - _LABEL) / max(len(systems), 1)
    body: list[str] = []
    for place, system in enumerate(systems):
        body.append(
            text(_LABEL + step * (place + 0.5), 18, system.reference, size=10, anchor="middle", fill=MUTED)
        )
    for number, group in enumerate(found.groups):
        middle = _HEAD + _ROW * number + _ROW / 2
        body.append(line(0, middle + _ROW / 2, _WIDTH, middle + _ROW / 2, stroke=FILLS["neutral"]))
        body.append(text(_LABEL - 10, middle + 4, _short(group.name), size=11, anchor="end"))
        for place, system in enumerate(systems):
            cell = group.cells.get(system.id)
            if cell is not None:
                across = _LABEL + step * (place + 0.5)
                fill, stroke = _LOOKS[cell.state]
                body.append(circle(across, middle, 7, fill, stroke, 2))
                if mark := _MARKS[cell.state]:
                    body.append(text(across, middle + 4, mark, size=11, anchor="middle", fill=INK))
    below = _HEAD + _ROW * len(found.groups) + 18
    for place, state in enumerate(_LOOKS):
        left = 12 + 130 * place
        fill, stroke = _LOOKS[state]
        body.append(circle(left, below - 4, 6, fill, stroke, 2))
        if mark := _MARKS[state]:
            body.append(text(left, below, mark, size=10, anchor="middle"))
        body.append(text(left + 12, below, state, size=10.5, fill=MUTED))
    desc = "; ".join(
        f"{group.name}: "
        + ", ".join(
            f"{system.reference} {group.cells[system.id].words}"
            for system in systems
            if system.id in group.cells
        )
        for group in found.groups
    )
    return svg(_WIDTH, below + 8, "Affected groups and who was heard", desc, body)


def took_part(found: Representativeness) -> str:
    """One bar per group: who came of the invited. Groups of fewer than five have an empty bar and words (CON-5)."""
    rows = [
        Bar(
            label=item.group,
            parts=()
            if item.is_hidden
            else (
                Part(item.took_part, "met", "took part"),
                Part(max(item.invited - item.took_part, 0), "waived", "invited only"),
            ),
            note=item.words,
        )
        for item in found.shares
    ]
    desc = "; ".join(f"{row.label}: {row.note}" for row in rows)
    return bars(rows, title="Who took part", desc=desc, width=640, label_width=210)


def _short(name: str) -> str:
    return name if len(name) <= 34 else f"{name[:33]}…"
