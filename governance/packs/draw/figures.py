"""The pictures of a pack, drawn from the snapshot; the tables beside them carry the same numbers."""

from __future__ import annotations

from datetime import UTC
from typing import Final

import segno
from markupsafe import Markup

from governance.core.charts import Bar, Part, RiskMarker, Span, bars, ring, risk_matrix, timeline
from governance.core.hidden import visible
from governance.core.trends import Limit, Point, trend
from governance.packs.content.assurance import Consultation, RiskAssessment
from governance.packs.content.blocks import RecordBlock, Trend
from governance.packs.content.summary import Summary
from governance.packs.content.system_pack import SystemPack

_KIND: Final = {"valid": "met", "passed": "met", "withdrawn": "neutral", "not checked": "waived"}


def readiness(summary: Summary) -> str:
    """One bar per area: met, waived, missing."""
    rows = [
        Bar(
            label=visible(area.area),
            parts=(
                Part(area.met, "met", "met"),
                Part(area.waived, "waived", "waived"),
                Part(area.missing, "missing", "missing"),
            ),
            note=_counts((area.met, "met"), (area.waived, "waived"), (area.missing, "missing")),
        )
        for area in summary.areas
    ]
    desc = "; ".join(f"{row.label}: {row.note}" for row in rows)
    return bars(rows, title="Readiness by area", desc=desc, width=650, label_width=190)


def findings(summary: Summary) -> str:
    """Open findings by age, major ones apart."""
    rows = [
        Bar(
            label=age,
            parts=(Part(major, "missing", "major"), Part(other, "waived", "other")),
            note=_counts((major, "major"), (other, "other")) or "none",
        )
        for age, major, other in summary.findings_by_age
    ]
    desc = "; ".join(f"{row.label}: {row.note}" for row in rows)
    return bars(rows, title="Open findings by age", desc=desc, width=310, label_width=90)


def levels(summary: Summary) -> str:
    """Number of risks per level, after treatment."""
    rows = [
        Bar(
            label=level,
            parts=(Part(after, "missing" if level == "critical" else "met", "after treatment"),),
            note=f"{after} now, {before} before",
        )
        for level, before, after in summary.risk_levels
    ]
    desc = "; ".join(f"{row.label}: {row.note}" for row in rows)
    return bars(rows, title="Risks by level after treatment", desc=desc, width=310, label_width=60)


def red_lines(summary: Summary) -> str:
    """Share of red lines attested and in date."""
    return _share(summary.red_lines, "passed", "Red lines", "in date")


def signatures(summary: Summary) -> str:
    """Share of signatures that still hold."""
    return _share(summary.signatures, "valid", "Signatures", "valid")


def stages(pack: SystemPack) -> str:
    """The life cycle on a scale of time up to the cut-off."""
    spans = [
        Span(entry.stage, entry.entered_on, entry.left_on, dashed=entry.basis == "declared")
        for entry in pack.stages
    ]
    desc = "; ".join(f"{entry.stage} from {entry.entered_on}, {entry.basis}" for entry in pack.stages)
    until = pack.meta.as_of.astimezone(UTC).date()
    return timeline(spans, until=until, title="Stages of the life cycle", desc=desc, width=650)


def matrix(assessment: RiskAssessment) -> str:
    """The risk matrix of an assessment, or nothing when its criteria are not known."""
    if assessment.criteria is None:
        return ""
    markers = [
        RiskMarker(
            label=_number(risk.reference),
            before=(risk.inherent.likelihood, risk.inherent.severity),
            after=(risk.residual.likelihood, risk.residual.severity) if risk.residual else None,
        )
        for risk in assessment.risks
        if risk.inherent
    ]
    moves = "; ".join(
        f"{risk.reference}: {risk.inherent.level}"
        + (f" to {risk.residual.level}" if risk.residual else ", not rated after treatment")
        for risk in assessment.risks
        if risk.inherent
    )
    criteria = assessment.criteria
    return risk_matrix(
        markers,
        matrix=criteria.matrix,
        likelihood=[visible(label) for label in criteria.likelihood],
        severity=[visible(label) for label in criteria.severity],
        title=f"Risk matrix of {assessment.reference}: before and after treatment",
        desc=moves,
    )


def took_part(item: Consultation) -> Markup:
    """Who came to a consultation, of those invited; groups of fewer than five have an empty bar (CON-5)."""
    if not any(group.took_part for group in item.groups):
        return Markup()
    rows = [
        Bar(
            label=visible(group.name),
            parts=(
                Part(group.took_part or 0, "met", "took part"),
                Part(max((group.invited or 0) - (group.took_part or 0), 0), "waived", "invited only"),
            )
            if not group.is_hidden
            else (),
            note="fewer than 5" if group.is_hidden else f"{group.took_part or 0} took part",
        )
        for group in item.groups
    ]
    desc = "; ".join(f"{row.label}: {row.note}" for row in rows)
    drawn = bars(rows, title=f"Who took part in {item.reference}", desc=desc, width=640, label_width=210)
    return Markup(drawn)  # noqa: S704 - drawn here


def blocks_by_section(pack: SystemPack) -> dict[int, list[tuple[RecordBlock, tuple[Markup, ...]]]]:
    """The records that sections print in the common shape, each with its pictures."""
    found: dict[int, list[tuple[RecordBlock, tuple[Markup, ...]]]] = {}
    for block in pack.blocks:
        drawn = [_trend(item) for item in block.trends]
        if block.marks:
            drawn.append(_marks(pack, block))
        pictures = tuple(Markup(picture) for picture in drawn if picture)  # noqa: S704 - drawn here
        found.setdefault(block.section, []).append((block, pictures))
    return found


def _trend(item: Trend) -> str:
    points = [Point(row.on, row.value, row.low, row.high, row.verdict) for row in item.points]
    limits = [Limit(row.value, visible(row.words)) for row in item.limits]
    said = "; ".join(f"{row.on}: {row.value:g}" for row in item.points)
    return trend(
        points, limits=limits, title=visible(item.title), desc=said, unit=visible(item.unit), width=640
    )


def _marks(pack: SystemPack, block: RecordBlock) -> str:
    criteria = next((item.criteria for item in pack.assessments if item.criteria), None)
    if criteria is None:
        return ""
    return risk_matrix(
        [RiskMarker(row.label, row.before, row.after) for row in block.marks],
        matrix=criteria.matrix,
        likelihood=[visible(label) for label in criteria.likelihood],
        severity=[visible(label) for label in criteria.severity],
        title=f"Harms of {block.reference} before and after measures",
        desc="; ".join(f"{row.label}: {row.before} to {row.after or row.before}" for row in block.marks),
    )


def qr(text: str, title: str) -> str:
    """A QR code as inline SVG, dark on nothing; `title` names it for screen readers."""
    return str(
        segno.make(text, error="m", micro=False).svg_inline(
            scale=3, border=0, dark="#22303a", title=title, svgclass="qr", omitsize=False
        )
    )


def _share(counts: tuple[tuple[str, int], ...], good: str, what: str, below: str) -> str:
    total = sum(count for _, count in counts)
    parts = [Part(count, _KIND.get(word, "missing"), word) for word, count in counts]
    desc = ", ".join(f"{count} {word}" for word, count in counts)
    centre = f"{dict(counts).get(good, 0)}/{total}" if total else "0"
    return ring(parts, title=what, desc=desc, centre=centre, below=below if total else "on record")


def _counts(*parts: tuple[int, str]) -> str:
    return ", ".join(f"{count} {word}" for count, word in parts if count)


def _number(reference: str) -> str:
    """The running number of a reference, short enough for a marker: RSK-0011 → 11."""
    return reference.rsplit("-", 1)[-1].lstrip("0") or "0"
